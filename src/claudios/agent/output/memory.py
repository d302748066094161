"""What this machine has last signed of each session, on disk: one small file a session, which outlives the session.

A session may be resumed long after its directory is gone. Its checkpoints then go on from here, whatever the server
says: a server that forgot some of them cannot have their numbers given away a second time.
"""

from __future__ import annotations

from pathlib import Path

from claudios.agent.durable import write_private
from claudios.protocol.messages import Checkpoint

MAX_REMEMBERED = 10_000
"""Sessions whose last checkpoint is kept. A session that was forgotten gets no further checkpoints if it is resumed."""


class CheckpointMemory:
    """The files in `directory`; reading and writing wait for the disk."""

    def __init__(self, directory: Path) -> None:
        """Make the directory, and forget the oldest sessions beyond MAX_REMEMBERED."""
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = sorted(directory.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for path in kept[:-MAX_REMEMBERED]:
            path.unlink()

    def read(self, session_id: str) -> Checkpoint | None:
        """Return the newest checkpoint of a session. Raises OSError, or ValueError for a damaged file."""
        try:
            return Checkpoint.model_validate_json(self._path(session_id).read_bytes())
        except FileNotFoundError:
            return None

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint durably in the place of the one before it. Raises OSError."""
        write_private(self._path(checkpoint.session_id), checkpoint.model_dump_json().encode())

    def _path(self, session_id: str) -> Path:
        return self._directory / f"{session_id}.json"
