"""What a session leaves on disk besides its spool, and how such files are written.

start.json   the StartSession body, until Claude has been given all of its inputs; then it is not needed
launch.json  what its shim is to do, and for which epoch
shim.lock    locked while a shim lives, and holds its process id
shim.log     what a shim had to complain of
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from claudios.agent.durable import sync_directory, write_private
from claudios.protocol.messages import StartSession


@dataclass(frozen=True, slots=True)
class SessionFiles:
    """The files of the session whose directory this is."""

    directory: Path

    @property
    def launch(self) -> Path:
        return self.directory / "launch.json"

    @property
    def lock(self) -> Path:
        return self.directory / "shim.pid"

    @property
    def log(self) -> Path:
        return self.directory / "shim.log"

    @property
    def _start(self) -> Path:
        return self.directory / "start.json"

    def save_start(self, body: StartSession) -> None:
        """Keep a start durably until `forget_start`."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._start, body.model_dump_json().encode())
        sync_directory(self.directory.parent)

    def read_start(self) -> StartSession | None:
        """Return the start that is not finished; None without one."""
        try:
            return StartSession.model_validate_json(self._start.read_bytes())
        except FileNotFoundError:
            return None

    def started_ns(self) -> int:
        """Return when the start that is not finished was asked for, in nanoseconds."""
        return self._start.stat().st_mtime_ns

    def forget_start(self) -> None:
        self._start.unlink(missing_ok=True)

    def read_launch(self) -> tuple[int, str] | None:
        """Return the epoch and socket path of the newest launch; None when there was none."""
        try:
            raw = json.loads(self.launch.read_bytes())
        except FileNotFoundError:
            return None
        return int(raw["epoch"]), str(raw["socket"])

    def remove(self) -> None:
        """Remove everything; what tells of a start goes first, so that half a removal starts nothing."""
        self.forget_start()
        self.launch.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)  # its shim, on the way out, removes its socket itself
