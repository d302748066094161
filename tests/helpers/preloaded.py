"""Servers that are forked from a process which has the server's modules already, and need not import them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["claudios.server.__main__", "claudios.server.serving", "uvloop"])


class PreloadedServer:
    """A running `python -m claudios.server`, with those methods of Popen that tests call."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path) -> None:
        """Start it; what it writes is added to `log`."""
        self._process = _FORKING.Process(
            target=_run, args=(tuple(arguments), dict(environment), directory, log), daemon=True
        )
        self._process.start()

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Signal it, if it runs."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Wait until it is gone, and return its exit code. Raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"the server did not end within {timeout} s")
        return self._process.exitcode


def _run(arguments: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path) -> None:
    """Be that server: its environment, its directory, its log and nothing of who forked."""
    from claudios.server.__main__ import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(main(arguments))
