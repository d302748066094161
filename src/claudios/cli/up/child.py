"""One process of `claudios up`: it is watched, restarted when it dies, and its lines are kept."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

LOG_BYTES = 5_000_000
LAST_LINES = 12
LONGEST_PAUSE_SECONDS = 30.0
SETTLED_SECONDS = 60.0
LAST_WORDS_SECONDS = 1.0
LONGEST_LINE_BYTES = 64 * 1024
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start a process. `environment` is complete; `signal_at_death` comes when the supervisor is killed."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    signal_at_death: signal.Signals


class Child:
    """A process that is kept running until `stop`. `say` tells the person, `line` shows each line it prints."""

    def __init__(self, recipe: Recipe, say: Callable[[str], None], line: Callable[[str, str], None]) -> None:
        self.recipe = recipe
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._say = say
        self._line = line
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None while it is not running."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        """Start the process."""
        await self._spawn()

    def settle(self) -> None:
        """From now on restart it when it ends; before, its end is the end of the start."""
        self._keeper = asyncio.create_task(self._keep())

    async def wait(self) -> int:
        """Wait for the end of the process as it is now, and return its exit code."""
        assert self._process is not None
        code = await self._process.wait()
        if self._reader is not None:  # a grandchild may hold the pipe open: what is in it by now is enough
            await asyncio.wait({self._reader}, timeout=LAST_WORDS_SECONDS)
        return code

    async def stop(self, number: signal.Signals, patience_seconds: float) -> None:
        """Ask the process to end and wait; kill it when it does not."""
        self.leave_to_end()
        if self.pid is None:
            return
        assert self._process is not None
        self._process.send_signal(number)
        try:
            async with asyncio.timeout(patience_seconds):
                await self.wait()
        except TimeoutError:
            self._say(f"The {self.recipe.name} did not end in {patience_seconds:.0f} s and is killed.")
            self.kill()
            await self.wait()

    def leave_to_end(self) -> None:
        """Restart it no more."""
        if self._keeper is not None:
            self._keeper.cancel()

    def kill(self) -> None:
        """End the process at once, if it is there."""
        self.leave_to_end()
        if self.pid is not None:
            assert self._process is not None
            self._process.kill()

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.recipe.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.recipe.environment,
            limit=LONGEST_LINE_BYTES,
            start_new_session=True,  # Ctrl+C at the terminal is for the supervisor, which ends them in order
            preexec_fn=_dies_with_parent(self.recipe.signal_at_death),
        )
        self._reader = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        log = KeptLog(self.recipe.log)
        try:
            while True:
                try:
                    raw = await process.stdout.readline()
                except ValueError:  # a line beyond the limit: what was read of it is dropped by the reader
                    continue
                if not raw:
                    return
                log.write(raw)
                text = raw.decode(errors="replace").rstrip("\n")
                self.last_lines.append(text)
                self._line(self.recipe.name, text)
        finally:
            log.close()

    async def _keep(self) -> None:
        failures = 0
        while True:  # until `leave_to_end` cancels it
            begun = time.monotonic()
            code = await self.wait()
            failures = 1 if time.monotonic() - begun > SETTLED_SECONDS else failures + 1
            pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (failures - 1))
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            self._say(f"The {self.recipe.name} {how}; starting it again in {pause:g} s. Its log: {self.recipe.log}")
            await asyncio.sleep(pause)
            await self._spawn()


class KeptLog:
    """A log file that is moved aside when it has grown large; one such is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()

    def write(self, raw: bytes) -> None:
        """Append to the file."""
        if self._file.tell() > LOG_BYTES:
            self._file.close()
            self._path.replace(self._path.with_suffix(".old.log"))
            self._file = self._open()
        self._file.write(raw)

    def close(self) -> None:
        self._file.close()

    def _open(self) -> FileIO:
        """Open the file to append to it; only this user may read it, also where an older version made it."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        return FileIO(descriptor, "ab")


def _dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what makes a child be signalled when this process dies, where the system can: on Linux."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def set_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before the call
            os.kill(os.getpid(), signal.SIGKILL)

    return set_signal
