"""The shim with a program on a terminal: what is typed, what is painted, and how it ends. Rules V-1 to V-4."""

from __future__ import annotations

import base64
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from claudios.protocol.frame import Stream
from tests.helpers.shim import FAKE, Daemon, RunningShim, running_shim

pytestmark = pytest.mark.integration

SIZE = {"columns": 90, "rows": 20}
LADDER = [0.0, 3.0, 2.0]
PLAIN = [sys.executable, "-I", "-S", "-u", "-c"]
REPEATS = """
import os
print("ready")
while True:
    read = os.read(0, 65536)
    os.write(1, b"<" + read + b">")
"""
TELLS_ITS_SIZE = """
import os, signal
def tell(*_): print("size", *os.get_terminal_size())
signal.signal(signal.SIGWINCH, tell)
tell()
while True: signal.pause()
"""
TELLS_WHAT_IT_GOT = """
import os, select, signal
def tell(*_): print("got", os.read(0, 100) if select.select([0], [], [], 0)[0] else b"")
signal.signal(signal.SIGUSR1, tell)
print("ready")
while True: signal.pause()
"""
COUNTS = """
import os, sys
print("ready")
left = int(sys.argv[1])
while left: left -= len(os.read(0, 65536))
print("got all")
"""


def on_terminal(directory: Path, argv: Sequence[str], **launch: Any) -> AbstractContextManager[RunningShim]:
    return running_shim(directory, argv, **{"terminal": SIZE, "ladder": LADDER, **launch})


def type_keys(daemon: Daemon, identity: str, typed: bytes) -> None:
    daemon.send(op="keys", id=identity, data=base64.b64encode(typed).decode())


def shows(shim: RunningShim, daemon: Daemon, painted: bytes) -> None:
    """Wait until this is on the screen."""
    daemon.until_true(lambda: painted in shim.stream(Stream.PTY))


def events(shim: RunningShim, name: str) -> list[Mapping[str, Any]]:
    return [event for event in shim.events() if event["event"] == name]


def test_what_is_painted_stands_in_the_log_as_it_is_and_the_size_at_its_start(tmp_path: Path) -> None:
    """V-1"""
    program = "import os, sys; os.write(1, b'\\x1b[2J\\xff out'); os.write(2, b' err')"
    with on_terminal(tmp_path, [*PLAIN, program]) as shim:
        ended = shim.ended()
        assert (ended["exit_code"], ended["reason"]) == (0, "exited")
        assert shim.stream(Stream.PTY) == b"\x1b[2J\xff out err"
        assert (shim.stream(Stream.STDOUT), shim.stream(Stream.STDERR)) == (b"", b"")
        started = shim.events()[0]
        assert {name: started[name] for name in SIZE} == SIZE


def test_it_is_the_controlling_terminal_of_a_session_of_its_own(tmp_path: Path) -> None:
    program = (
        "import os; own = os.getpid() == os.getsid(0) == os.tcgetpgrp(0);"
        "print(own, os.ttyname(0) == os.ttyname(1) == os.ttyname(2), os.open('/dev/tty', os.O_RDWR) > 2,"
        "sorted(os.listdir('/proc/self/fd')))"
    )
    with on_terminal(tmp_path, [*PLAIN, program]) as shim:
        shim.ended()
        # The third is the terminal once more, the fourth the directory being listed.
        assert shim.stream(Stream.PTY) == b"True True True ['0', '1', '2', '3', '4']\r\n"


def test_keys_reach_the_program_as_they_are_and_without_an_echo(tmp_path: Path) -> None:
    """V-2: also those that a terminal else takes for itself, and without an end of a line."""
    typed = b"a\x03\x04\x1a\x1c\x11\x13\x7f\r\n\x15\x16\xff\x00b"
    with on_terminal(tmp_path, [*PLAIN, REPEATS]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        type_keys(daemon, "u.1", typed)
        daemon.until("taken", id="u.1")
        shows(shim, daemon, b"b>")
        assert shim.stream(Stream.PTY) == b"ready\r\n<" + typed.replace(b"\n", b"\r\n") + b">"
        assert shim.stream(Stream.STDIN) == typed


def test_a_long_line_is_not_cut(tmp_path: Path) -> None:
    """V-2: a terminal that gathers lines drops what is beyond 4,096 bytes."""
    typed = b"x" * 10_000 + b"\r"
    with on_terminal(tmp_path, [*PLAIN, COUNTS, str(len(typed))]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        type_keys(daemon, "u.1", typed)
        shows(shim, daemon, b"got all")


def test_more_keys_than_a_terminal_holds_arrive_when_the_program_reads(tmp_path: Path) -> None:
    """V-2"""
    os.mkfifo(tmp_path / "read")
    waits = COUNTS.replace('print("ready")', 'open("read").read()')
    typed = b"y" * 65_536
    with on_terminal(tmp_path, [*PLAIN, waits, str(20 * len(typed))]) as shim:
        daemon = shim.attach()
        for n in range(20):
            type_keys(daemon, f"u.{n}", typed)
            daemon.until("taken", id=f"u.{n}")
        (tmp_path / "read").write_bytes(b"")
        shows(shim, daemon, b"got all")
        assert shim.stream(Stream.STDIN) == 20 * typed


def test_keys_are_in_the_log_before_the_program_has_them_and_once_per_id(tmp_path: Path) -> None:
    """V-2, L-17"""
    with on_terminal(tmp_path, [*PLAIN, REPEATS]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        for _ in range(2):
            type_keys(daemon, "u.1", b"abc")
            daemon.until("taken", id="u.1")
        type_keys(daemon, "u.2", b"d")
        shows(shim, daemon, b"d>")
        told = [(frame.stream, frame.payload) for frame in shim.frames() if frame.stream is not Stream.PTY]
        assert told[1:3] == [(Stream.EVENT, b'{"event":"input","id":"u.1","bytes":3}'), (Stream.STDIN, b"abc")]
        assert shim.stream(Stream.STDIN) == b"abcd"
        assert [(event["id"], event["bytes"]) for event in events(shim, "input")] == [("u.1", 3), ("u.2", 1)]


def test_an_older_daemons_keys_are_known_to_the_next(tmp_path: Path) -> None:
    """V-2"""
    with on_terminal(tmp_path, [*PLAIN, REPEATS]) as shim:
        for identity in ("u.1", "u.1", "u.2"):
            daemon = shim.attach()
            type_keys(daemon, identity, identity.encode())
            daemon.until("taken", id=identity)
        assert shim.stream(Stream.STDIN) == b"u.1u.2"


def test_keys_are_refused_once_it_is_to_end_and_do_not_reach_the_program(tmp_path: Path) -> None:
    """V-2, L-17"""
    with on_terminal(tmp_path, [*PLAIN, TELLS_WHAT_IT_GOT], ladder=[30.0, 30.0, 30.0]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        daemon.send(op="terminate")
        type_keys(daemon, "u.1", b"abc")
        daemon.until("refused", id="u.1", code="session_lost")
        os.kill(shim.child(), signal.SIGUSR1)
        shows(shim, daemon, b"got b''")
        assert shim.stream(Stream.STDIN) == b""
        assert events(shim, "input") == []


def test_keys_of_a_program_without_a_terminal_are_refused(tmp_path: Path) -> None:
    """V-2: half a line would join the next one."""
    with running_shim(tmp_path, [*FAKE, "--echo", "got:"]) as shim:
        daemon = shim.attach()
        for typed in (b"abc", b"one\ntwo\n", b""):
            type_keys(daemon, "u.1", typed)
            daemon.until("refused", id="u.1", code="input_invalid")
        daemon.send(op="resize", columns=10, rows=10)
        daemon.send(op="input", id="a", line="hello")
        daemon.until_true(lambda: b"got:hello\n" in shim.stream(Stream.STDOUT))
        assert events(shim, "resized") == []


def test_the_program_hears_of_another_size_after_the_log_does_and_of_the_same_never(tmp_path: Path) -> None:
    """V-3"""
    with on_terminal(tmp_path, [*PLAIN, TELLS_ITS_SIZE]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"size 90 20\r\n")
        for columns, rows in ((90, 20), (60, 15), (60, 15), (0, 15), (70_000, 15)):
            daemon.send(op="resize", columns=columns, rows=rows)
        shows(shim, daemon, b"size 60 15\r\n")
        daemon.send(op="resize", columns=61, rows=15)
        shows(shim, daemon, b"size 61 15\r\n")
        assert [(event["columns"], event["rows"]) for event in events(shim, "resized")] == [(60, 15), (61, 15)]
        order = [stream for stream, _ in groupby(frame.stream for frame in shim.frames()[1:])]
        assert order == [Stream.PTY, Stream.EVENT, Stream.PTY, Stream.EVENT, Stream.PTY]


def test_what_it_is_at_stands_in_the_log_once(tmp_path: Path) -> None:
    """V-4"""
    with on_terminal(tmp_path, [*PLAIN, REPEATS]) as shim:
        for state, reason in (("busy", None), ("waiting", "permission prompt"), ("waiting", "permission prompt")):
            daemon = shim.attach()
            daemon.send(op="activity", state=state, reason=reason)
            daemon.send(op="activity", state=state, reason=reason)
            type_keys(daemon, f"after {state}", b"k")
            daemon.until("taken")
        assert [(event["state"], event["reason"]) for event in events(shim, "activity")] == [
            ("busy", None),
            ("waiting", "permission prompt"),
        ]


@pytest.mark.parametrize(
    ("program", "exit_code", "number"),
    [
        ("raise SystemExit(7)", 7, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None, signal.SIGKILL),
    ],
    ids=["exit code", "signal"],
)
def test_the_end_of_the_program_is_the_end_of_the_terminal(
    tmp_path: Path, program: str, exit_code: int | None, number: int | None
) -> None:
    """V-1"""
    with on_terminal(tmp_path, [*PLAIN, f"print('x' * 9000); {program}"]) as shim:
        ended = shim.ended()
        assert (ended["exit_code"], ended["signal"], ended["reason"]) == (exit_code, number, "exited")
        assert shim.stream(Stream.PTY) == b"x" * 9000 + b"\r\n"


def test_a_program_that_lets_its_terminal_go_is_typed_to_no_more_and_lives(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "done")
    closes = "import os; print('ready'); os.read(0, 1); [os.close(n) for n in range(3)]; open('done').read()"
    with on_terminal(tmp_path, [*PLAIN, closes]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        type_keys(daemon, "u.1", b"k")
        (tmp_path / "done").write_bytes(b"")
        assert daemon.until("ended")["exit_code"] == 0


def test_a_terminated_program_gets_sigint_at_once(tmp_path: Path) -> None:
    says = "import signal\ntry: print('ready'); signal.pause()\nexcept KeyboardInterrupt: print('bye')"
    with on_terminal(tmp_path, [*PLAIN, says]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        daemon.send(op="terminate")
        ended = daemon.until("ended")
        assert (ended["exit_code"], ended["reason"]) == (0, "terminated")
        assert shim.stream(Stream.PTY).endswith(b"bye\r\n")


def test_a_program_that_hears_no_signal_and_keeps_its_terminal_is_killed_with_its_children(tmp_path: Path) -> None:
    with on_terminal(
        tmp_path,
        [*FAKE, "--emit", "10", "--ignore", "SIGINT,SIGTERM,SIGHUP", "--linger", "--children", "2"],
        ladder=[0.0, 0.1, 0.1],
    ) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"0 ")
        daemon.send(op="terminate")
        assert daemon.until("ended")["signal"] == signal.SIGKILL


def test_a_program_that_runs_out_of_room_gets_the_key_that_interrupts_it(tmp_path: Path) -> None:
    """V-2: a key, and not a line."""
    floods = """
import os, select, sys
line = b"z" * 1000
while True:
    os.write(1, line)
    if select.select([0], [], [], 0)[0]:
        sys.exit(27 if os.read(0, 10) == b"\\x1b" else 1)
"""
    with on_terminal(tmp_path, [*PLAIN, floods], interrupt="\x1b", spool_max_bytes=4 * 1024 * 1024) as shim:
        assert shim.ended()["exit_code"] == 27
        assert shim.stream(Stream.STDIN) == b"\x1b"


def test_a_program_that_does_not_exist_fails_with_the_reason(tmp_path: Path) -> None:
    with on_terminal(tmp_path, ["/no/such/program"]) as shim:
        shim.wait()
        failed, _ = shim.events()
        assert "Could not run /no/such/program: No such file" in failed["message"]


def test_an_idle_shim_with_a_terminal_is_small(tmp_path: Path) -> None:
    with on_terminal(tmp_path, [*PLAIN, REPEATS]) as shim:
        daemon = shim.attach()
        shows(shim, daemon, b"ready")
        for n in range(100):
            type_keys(daemon, str(n), b"k")
        daemon.until("taken", id="99")
        assert shim.memory_bytes() < 14 * 1024 * 1024
