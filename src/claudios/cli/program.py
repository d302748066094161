"""What a person types to run this program: its name where PATH leads to it, and its path elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

NAME = "claudios"
# The name where a command line begins with it: after a backtick or a colon, or at the start.
_COMMAND = re.compile(r"(?<=`)claudios(?= )|(?<=: )claudios(?= )|^claudios(?= )")


def program() -> str:
    """Return the name, or the path as it is shortest from here, of the program that runs now."""
    called = Path(sys.argv[0])
    if called.name != NAME or shutil.which(NAME) is not None:
        return NAME
    absolute = Path(os.path.abspath(called))  # noqa: PTH100  resolve() would follow links, away from what was typed
    here = Path.cwd()
    is_below = here != here.parent and absolute.is_relative_to(here)
    return str(absolute.relative_to(here)) if is_below else str(absolute)


def as_typed(text: str) -> str:
    """Return `text` with the commands in it as they work here."""
    return _COMMAND.sub(lambda _: program(), text)
