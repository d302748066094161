"""What the server asks about the files of this machine: answered as far as the machine's policy allows."""

from __future__ import annotations

from functools import partial

from claudios.agent.asked import Answering, answering
from claudios.agent.config import Settings
from claudios.agent.files.directories import list_directory
from claudios.agent.files.places import Places, own_paths
from claudios.agent.files.reading import read_file
from claudios.agent.files.uploads import Uploads
from claudios.protocol.asking import LIST_DIRECTORY, READ_FILE, WRITE_FILE

__all__ = ["files_of"]


def files_of(settings: Settings) -> Answering:
    """Return what answers questions about files."""
    places = Places(settings.policy, own_paths(settings))
    return dict(
        [
            answering(LIST_DIRECTORY, partial(list_directory, places)),
            answering(READ_FILE, partial(read_file, places)),
            answering(WRITE_FILE, Uploads(places).write),
        ]
    )
