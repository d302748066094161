"""The shim with well-behaved programs: what it records, whom it tells, and when it leaves."""

from __future__ import annotations

import os
import signal
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream, locate
from tests.helpers import fake_cli
from tests.helpers.shim import FAKE, running_shim

# Signals 32 and 33 belong to the C library; a parent such as make leaves them ignored, and no program can change that.
C_LIBRARY_SIGNALS = 0b11 << 31

pytestmark = pytest.mark.integration


def test_a_line_reaches_the_program_and_its_answer_the_spool(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", "got:"]) as shim:
        daemon = shim.attach()
        daemon.send(op="input", id="a", line="hello")
        daemon.until("taken", id="a")
        daemon.until_true(lambda: len(shim.frames()) == 4)
        streams = [(frame.stream, frame.payload) for frame in shim.frames()[1:]]
        assert streams == [
            (Stream.EVENT, b'{"event":"input","id":"a","bytes":6}'),
            (Stream.STDIN, b"hello\n"),
            (Stream.STDOUT, b"got:hello\n"),
        ]


def test_an_input_delivered_twice_is_written_once(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", ""]) as shim:
        daemon = shim.attach()
        for _ in range(2):
            daemon.send(op="input", id="a", line="hello")
            daemon.until("taken", id="a")
        daemon.send(op="input", id="b", line="last")
        daemon.until_true(lambda: shim.stream(Stream.STDOUT).endswith(b"last\n"))
        assert shim.stream(Stream.STDOUT) == b"hello\nlast\n"


def test_a_line_with_a_line_break_in_it_is_refused(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE]) as shim:
        daemon = shim.attach()
        daemon.send(op="input", id="a", line="one\ntwo")
        daemon.until("refused", id="a", code="input_invalid")
        assert shim.stream(Stream.STDIN) == b""


def test_more_input_than_a_pipe_holds_arrives_whole_and_in_order(tmp_path: Path) -> None:
    lines = [f"{n} {'z' * 700_000}" for n in range(12)]
    with running_shim(tmp_path, ["/usr/bin/head", "-n", "12"]) as shim:
        daemon = shim.attach()
        for n, line in enumerate(lines):
            daemon.send(op="input", id=str(n), line=line)
        for n in range(len(lines)):
            daemon.until("taken", id=str(n))
        daemon.until("ended")
        expected = "".join(line + "\n" for line in lines).encode()
        assert shim.stream(Stream.STDIN) == expected
        assert shim.stream(Stream.STDOUT) == expected


def test_a_flood_is_recorded_whole_and_in_full_frames(tmp_path: Path) -> None:
    total, size = 64 * 1024 * 1024, 4096
    with running_shim(tmp_path, [*FAKE, "--emit", str(total), "--line", str(size), "--at-once"]) as shim:
        shim.ended()
        frames = shim.frames()
        assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
        assert all(before.mono_ns <= after.mono_ns for before, after in pairwise(frames))
        expected = b"".join(fake_cli.line(n, size) for n in range(total // size))
        assert shim.stream(Stream.STDOUT) == expected
        assert len(frames) < 2 * total / MAX_PAYLOAD_BYTES
        assert len(list(shim.spool.iterdir())) >= 16


def test_each_frame_is_on_disk_before_the_daemon_hears_of_it(tmp_path: Path) -> None:
    with running_shim(
        tmp_path, [*FAKE, "--wait-lines", "1", "--emit", "3000000", "--line", "100", "--at-once"]
    ) as shim:
        daemon = shim.attach()
        message = daemon.until("attached")
        daemon.send(op="input", id="go", line="go")
        while message["op"] != "ended":
            received = daemon.receive()
            assert received is not None
            message = received
            (segment,) = shim.spool.iterdir()
            assert max(found.seq for found in locate(segment.read_bytes())) >= message.get("seq", 0)


def test_exit_code_and_both_streams_stand_in_the_log(tmp_path: Path) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    with running_shim(tmp_path, [sys.executable, "-c", program]) as shim:
        ended = shim.ended()
        assert (ended["exit_code"], ended["reason"]) == (7, "exited")
        assert shim.stream(Stream.STDOUT) == b"out\n"
        assert shim.stream(Stream.STDERR) == b"err\n"
        assert shim.events()[-1] == {"event": "ended", "exit_code": 7, "signal": None, "reason": "exited"}


def test_bytes_are_recorded_as_they_are(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--bad-text", "--at-once"]) as shim:
        shim.ended()
        assert shim.stream(Stream.STDOUT) == b"".join(fake_cli.BAD_TEXT)


def test_a_program_that_does_not_exist_fails_with_the_reason(tmp_path: Path) -> None:
    with running_shim(tmp_path, ["/no/such/program"]) as shim:
        shim.wait()
        failed, ended = shim.events()
        assert "Could not run /no/such/program: No such file" in failed["message"]
        assert ended["reason"] == "failed"


def test_a_directory_that_does_not_exist_fails_with_the_reason(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE], cwd="/no/such/place") as shim:
        shim.wait()
        assert "Could not enter the directory /no/such/place" in shim.events()[0]["message"]


def test_a_program_that_dies_before_its_first_output_fails_with_its_last_words(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--stderr", "bad option", "--exit", "1", "--at-once"]) as shim:
        ended = shim.ended()
        assert ended["reason"] == "failed"
        assert ended["detail"].endswith("bad option")


def test_a_program_that_says_nothing_in_time_is_ended(tmp_path: Path) -> None:
    argv = [*FAKE, "--linger", "--stderr", "still thinking"]
    with running_shim(tmp_path, argv, start_seconds=0.3, ladder=[0.0, 5.0, 5.0]) as shim:
        ended = shim.ended()
        assert ended["reason"] == "failed"
        assert "No output came within 0.3 seconds" in ended["detail"]
        assert "still thinking" in ended["detail"]


def test_the_program_gets_the_environment_and_the_marker_and_no_stray_descriptor(tmp_path: Path) -> None:
    program = (
        "import os; print(os.environ['GIVEN'], os.environ['CLAUDIOS_SESSION'], sorted(os.listdir('/proc/self/fd')))"
    )
    with running_shim(tmp_path, [sys.executable, "-c", program], {**os.environ, "GIVEN": "this"}) as shim:
        shim.ended()
        # The fourth is the directory being listed.
        assert shim.stream(Stream.STDOUT).decode() == f"this {shim.marker} ['0', '1', '2', '3']\n"


def test_the_program_starts_with_default_signals(tmp_path: Path) -> None:
    """A shell starts what runs in its background, such as a daemon, with SIGQUIT ignored."""
    before = signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    try:
        with running_shim(tmp_path, ["/bin/sh", "-c", "grep -E 'SigIgn|SigBlk' /proc/self/status"]) as shim:
            shim.ended()
    finally:
        signal.signal(signal.SIGQUIT, before)
    masks = [int(line.split()[1], 16) for line in shim.stream(Stream.STDOUT).decode().splitlines()]
    assert [mask & ~C_LIBRARY_SIGNALS for mask in masks] == [0, 0]


def test_a_newer_daemon_takes_the_place_of_the_older(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", ""]) as shim:
        older = shim.attach()
        older.until("attached")
        newer = shim.attach()
        newer.until("attached")
        assert older.receive() is None
        newer.send(op="input", id="a", line="hello")
        newer.until("taken", id="a")


def test_a_daemon_that_comes_back_learns_where_the_log_is(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", ""]) as shim:
        first = shim.attach()
        first.send(op="input", id="a", line="hello")
        first.until_true(lambda: len(shim.frames()) == 4)
        first.close()
        second = shim.attach()
        condition = second.until("attached")
        assert (condition["seq"], condition["output"], condition["state"]) == (4, 4, "running")
        second.send(op="input", id="a", line="hello")
        second.until("taken", id="a")
        second.send(op="input", id="b", line="more")
        second.until_true(lambda: shim.stream(Stream.STDOUT).endswith(b"more\n"))
        assert shim.stream(Stream.STDOUT) == b"hello\nmore\n"


def test_it_goes_on_without_a_daemon_and_leaves_when_the_log_is_complete(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--emit", "1000000", "--at-once"]) as shim:
        assert shim.wait() == 0
        assert shim.events()[-1]["event"] == "ended"
        assert not shim.socket_path.exists()


def test_it_stays_after_the_end_until_the_daemon_lets_it_go(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE], ladder=[0.0, 5.0, 5.0]) as shim:
        daemon = shim.attach()
        daemon.send(op="terminate")
        daemon.until("ended")
        daemon.send(op="attach", version=1)
        assert daemon.until("attached")["state"] == "ended"
        daemon.send(op="release")
        assert shim.wait() == 0


def test_a_later_epoch_goes_on_numbering_in_a_segment_of_its_own(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--emit", "100", "--at-once"]) as shim:
        shim.wait()
        last = shim.frames()[-1].seq
    with running_shim(tmp_path, [*FAKE, "--emit", "100", "--at-once"], epoch=2, first_seq=last + 1) as shim:
        shim.wait()
        frames = shim.frames()
        assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
        assert (shim.spool / f"{last + 1:020d}.seg").exists()


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\x02\0\0\0[]", b"\x03\0\0\0\xff\xfe\xfd"])
def test_a_daemon_that_sends_nonsense_is_let_go_and_the_next_one_served(tmp_path: Path, garbage: bytes) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", ""]) as shim:
        daemon = shim.attach()
        daemon.until("attached")
        daemon.socket.sendall(garbage)
        while daemon.receive() is not None:
            pass
        assert shim.attach().until("attached")["state"] == "running"


def test_a_daemon_that_reads_nothing_does_not_hold_up_the_program(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "done")
    flood = "import os; [os.write(1, b'x' * 100) for _ in range(100_000)]; open('done', 'w').close()"
    with running_shim(tmp_path, [sys.executable, "-c", flood]) as shim:
        shim.attach()
        (tmp_path / "done").read_bytes()


def test_a_daemon_that_asks_much_and_reads_late_gets_every_answer(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE]) as shim:
        daemon = shim.attach()
        asked = [str(n) for n in range(20_000)]

        def ask() -> None:
            for name in asked:
                daemon.send(op="input", id=name, line="hello")

        sender = threading.Thread(target=ask)
        sender.start()
        sender.join(1)
        for name in asked:
            daemon.until("taken", id=name)
        sender.join()


def test_the_socket_is_this_users_alone(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE]) as shim:
        assert shim.socket_path.stat().st_mode & 0o777 == 0o600


def test_an_idle_shim_is_small(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--echo", ""]) as shim:
        daemon = shim.attach()
        for n in range(100):
            daemon.send(op="input", id=str(n), line="hello")
        daemon.until_true(lambda: shim.stream(Stream.STDOUT) == b"hello\n" * 100)
        assert shim.memory_bytes() < 14 * 1024 * 1024
