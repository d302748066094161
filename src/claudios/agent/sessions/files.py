"""What a session leaves on disk besides its spool and the cursor in it.

start.json   the start and when it was asked for, until Claude has been given all of its inputs
launch.json  what its shim is to do, and for which epoch
shim.pid     locked while a shim lives, and holds its process id
shim.log     what a shim had to complain of
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from claudios.agent.durable import sync_directory, write_private
from claudios.agent.sessions import lock
from claudios.protocol.fields import Model
from claudios.protocol.messages import Input, StartSession
from claudios.protocol.terminal import TerminalSize


class WaitingStart(Model):
    """A start that is not finished, and when it was asked for, in nanoseconds: the queue's order."""

    asked_ns: int
    body: StartSession

    def with_input(self, given: Input) -> WaitingStart:
        """Return the start with one more input; with no more when it has that one."""
        if given.id in [known.id for known in self.body.inputs]:
            return self
        body = self.body.model_copy(update={"inputs": (*self.body.inputs, given)})
        return self.model_copy(update={"body": body})


class Launched(Model):
    """What a daemon wants to know of a launch file: the epoch, the shim's socket, the lock on the Claude session.

    `terminal` is the size with which a session in a terminal began.
    """

    epoch: int
    socket: str
    claim: str
    terminal: TerminalSize | None = None


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

    def save_start(self, waiting: WaitingStart) -> None:
        """Keep a start durably until `forget_start`."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._start, waiting.model_dump_json().encode())
        sync_directory(self.directory.parent)

    def read_start(self) -> WaitingStart | None:
        """Return the start that is not finished; None without one."""
        try:
            return WaitingStart.model_validate_json(self._start.read_bytes())
        except FileNotFoundError:
            return None

    def forget_start(self) -> None:
        self._start.unlink(missing_ok=True)

    def read_launch(self) -> Launched | None:
        """Return what the newest shim was told; None when there was none."""
        try:
            return Launched.model_validate_json(self.launch.read_bytes())
        except FileNotFoundError:
            return None

    def launched_ns(self) -> int:
        """Return when the newest shim was told what to do, in nanoseconds of the wall clock; 0 when there was none."""
        try:
            return self.launch.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def remove(self) -> None:
        """Remove everything; what tells of a start goes first, so that half a removal starts nothing."""
        launched = self.read_launch()
        if launched is not None:
            lock.unlink(Path(launched.claim))
        self.forget_start()
        self.launch.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)  # its shim, on the way out, removes its socket itself
