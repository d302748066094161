"""A shim as its daemon sees it: started with a launch file, spoken to over its socket, read from its spool."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import Any

from claudios import shim
from claudios.protocol.frame import Frame, Stream, decode, locate
from tests.helpers import fake_cli

PATIENCE_SECONDS = 60.0
PROGRAM = Path(shim.__file__).with_name("__main__.py")
FAKE = (sys.executable, "-S", "-E", fake_cli.__file__)

_LENGTH = Struct("<I")


class Daemon:
    """One connection to a shim's socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect(str(path))
        self._read = b""
        self.send(op="attach", version=1)

    def send(self, **message: object) -> None:
        raw = json.dumps(message).encode()
        self.socket.sendall(_LENGTH.pack(len(raw)) + raw)

    def receive(self) -> dict[str, Any] | None:
        """Return the next envelope, None at the end."""
        while len(self._read) < 4 or len(self._read) < 4 + _LENGTH.unpack_from(self._read)[0]:
            read = self.socket.recv(1 << 16)
            if not read:
                return None
            self._read += read
        end = 4 + _LENGTH.unpack_from(self._read)[0]
        message, self._read = json.loads(self._read[4:end]), self._read[end:]
        assert isinstance(message, dict)
        return message

    def until(self, op: str, **fields: object) -> dict[str, Any]:
        """Return the next envelope with this op and these fields."""
        while (message := self.receive()) is not None:
            if message["op"] == op and fields.items() <= message.items():
                return message
        raise AssertionError(f"the shim left without saying {op} {fields}")

    def until_answer(self) -> str:
        """Return what becomes of the oldest unanswered input: taken or refused."""
        while (message := self.receive()) is not None:
            if message["op"] in ("taken", "refused"):
                return str(message["op"])
        raise AssertionError("the shim left without an answer")

    def until_true(self, holds: Callable[[], bool]) -> None:
        """Wait until something that the shim announces makes `holds` true."""
        while not holds():
            assert self.receive() is not None, "the shim left before that"

    def close(self) -> None:
        self.socket.close()


class RunningShim:
    """A shim process in `directory`."""

    def __init__(self, directory: Path, argv: Sequence[str], environment: Mapping[str, str], **launch: object) -> None:
        self._daemons: list[Daemon] = []
        self.directory = directory
        self.socket_path = directory / "socket"
        self.spool = directory / "spool"
        self.spool.mkdir(exist_ok=True)
        fields: dict[str, object] = {
            "argv": list(argv),
            "cwd": str(directory),
            "epoch": 1,
            "first_seq": 1,
            "ladder": [3.0, 3.0, 2.0],
            "marker": f"{directory.name}:1",
            "polite_end": "",
            "socket": str(self.socket_path),
            "spool": str(self.spool),
            "start_seconds": 30.0,
            **launch,
        }
        self.marker = str(fields["marker"])
        launch_file = directory / "launch.json"
        launch_file.write_text(json.dumps(fields))
        command = [sys.executable, "-I", "-S", str(PROGRAM), str(launch_file)]
        with (directory / "shim.pid").open("w+") as lock, (directory / "shim.log").open("w") as log:
            self.process = subprocess.Popen(
                command,
                stdin=lock,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[log.fileno()],  # a claim of the daemon's, which is the shim's to hold and nobody else's
                start_new_session=True,
                env=dict(environment),
            )
        assert self.process.stdout is not None
        with self.process.stdout as ready:
            assert ready.read(1) == b"\n", (directory / "shim.log").read_text()

    def attach(self) -> Daemon:
        self._daemons.append(Daemon(self.socket_path))
        return self._daemons[-1]

    def close(self) -> None:
        """Kill the shim, and so its program, where it still lives."""
        for daemon in self._daemons:
            daemon.close()
        self.process.kill()
        self.process.wait()

    def frames(self) -> list[Frame]:
        """Return all whole frames on disk, checked."""
        raw = b"".join(path.read_bytes() for path in sorted(self.spool.glob("*.seg")))
        return decode(raw[: max((found.end for found in locate(raw)), default=0)])

    def stream(self, stream: Stream) -> bytes:
        return b"".join(frame.payload for frame in self.frames() if frame.stream is stream)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(frame.payload) for frame in self.frames() if frame.stream is Stream.EVENT]

    def memory_bytes(self, field: str = "VmHWM") -> int:
        """Return the most memory the shim has had, or with VmRSS what it has now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field} for process {self.process.pid}")

    def child(self) -> int:
        """Return the program's process id."""
        return int(self.events()[0]["pid"])

    def wait(self) -> int:
        """Wait until it has left, which it does when its log is complete and no daemon is attached."""
        return self.process.wait(PATIENCE_SECONDS)

    def ended(self) -> dict[str, Any]:
        """Wait until it has left by itself; return what its log says of the end, with the failure as `detail`."""
        assert self.wait() == 0, (self.directory / "shim.log").read_text()
        *_, before, ended = [{}, *self.events()]
        assert ended["event"] == "ended"
        return {**ended, "detail": before.get("message")}


@contextmanager
def running_shim(
    directory: Path, argv: Sequence[str], environment: Mapping[str, str] | None = None, **launch: object
) -> Iterator[RunningShim]:
    """Run a shim until the end of the block."""
    directory.mkdir(exist_ok=True)
    running = RunningShim(directory, argv, os.environ if environment is None else environment, **launch)
    try:
        yield running
    finally:
        running.close()
