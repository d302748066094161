"""The shim with programs that misbehave, disks that are full, and its own death."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from pathlib import Path

import pytest

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.shim.processes import marked
from tests.helpers import fake_cli
from tests.helpers.shim import FAKE, RunningShim, running_shim

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
END = '{"type":"control_request","request_id":"end","request":{"subtype":"end_session"}}'
OBEYS_NOTHING = ["--ignore", "SIGINT,SIGTERM", "--linger"]
SPEAK_FIRST = ["--emit", "10", "--line", "10"]

IMPOLITE = [*FAKE, "--initialize", "--impolite", *SPEAK_FIRST]
OBEYS_END_OF_INPUT = [*IMPOLITE, "--ignore", "SIGINT,SIGTERM"]
OBEYS_SIGINT = ["/bin/sh", "-c", "trap '' TERM; echo hello; exec tail -f /dev/null"]
OBEYS_SIGTERM = [*IMPOLITE, "--ignore", "SIGINT", "--linger"]


def children_of(shim: RunningShim) -> list[int]:
    """Return the ids of the children that the fake CLI printed."""
    lines = shim.stream(Stream.STDOUT).split(b"\n")
    return [int(line.split()[1]) for line in lines if line.startswith(b"child ")]


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is not ours."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([watched], [], [], 10)[0], f"process {pid} lives"
    os.close(watched)


def test_a_polite_request_is_enough_for_a_polite_program(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--initialize", *SPEAK_FIRST], polite_end=END) as shim:
        daemon = shim.attach()
        daemon.send(op="terminate")
        ended = daemon.until("ended")
        assert (ended["reason"], ended["exit_code"]) == ("terminated", 0)
        assert shim.stream(Stream.STDIN) == END.encode() + b"\n"


@pytest.mark.parametrize(
    ("argv", "ladder", "exit_code", "number"),
    [
        (OBEYS_END_OF_INPUT, [0.2, 30.0, 30.0], 0, None),
        (OBEYS_SIGINT, [0.2, 30.0, 30.0], None, signal.SIGINT),
        (OBEYS_SIGTERM, [0.2, 0.2, 30.0], None, signal.SIGTERM),
        ([*IMPOLITE, *OBEYS_NOTHING], [0.2, 0.2, 0.2], None, signal.SIGKILL),
    ],
)
def test_the_ladder_goes_as_far_as_it_must(
    tmp_path: Path, argv: list[str], ladder: list[float], exit_code: int | None, number: int | None
) -> None:
    with running_shim(tmp_path, argv, polite_end=END, ladder=ladder) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: bool(shim.stream(Stream.STDOUT)))
        daemon.send(op="terminate")
        ended = daemon.until("ended")
        assert (ended["reason"], ended["exit_code"], ended["signal"]) == ("terminated", exit_code, number)


def test_an_interrupt_reaches_the_program_alone(tmp_path: Path) -> None:
    with running_shim(tmp_path, OBEYS_SIGINT) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: bool(shim.stream(Stream.STDOUT)))
        daemon.send(op="interrupt")
        ended = daemon.until("ended")
        assert (ended["reason"], ended["signal"]) == ("exited", signal.SIGINT)


def test_no_more_input_is_taken_once_the_end_has_begun(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, *OBEYS_NOTHING], ladder=[0.3, 0.1, 0.1]) as shim:
        daemon = shim.attach()
        daemon.send(op="terminate")
        daemon.send(op="input", id="late", line="hello")
        daemon.until("refused", id="late", code="session_lost")


def test_a_sigterm_to_the_shim_ends_its_program_by_the_ladder(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--initialize", *SPEAK_FIRST], polite_end=END) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: bool(shim.stream(Stream.STDOUT)))
        shim.process.terminate()
        assert daemon.until("ended")["exit_code"] == 0


def test_children_in_sessions_of_their_own_end_with_a_program_that_exits(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--children", "3", "--at-once"]) as shim:
        shim.ended()
        assert len(children_of(shim)) == 3
        assert not marked(shim.marker)
        for child in children_of(shim):
            wait_until_gone(child)


def test_children_in_sessions_of_their_own_end_with_a_program_that_is_killed(tmp_path: Path) -> None:
    argv = [*FAKE, "--children", "3", *OBEYS_NOTHING]
    with running_shim(tmp_path, argv, ladder=[0.0, 0.1, 0.1]) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: len(children_of(shim)) == 3)
        daemon.send(op="terminate")
        assert daemon.until("ended")["signal"] == signal.SIGKILL
        for child in children_of(shim):
            wait_until_gone(child)


def test_a_child_that_hides_its_environment_and_ignores_sigterm_is_swept_too(tmp_path: Path) -> None:
    hidden = 'trap "" TERM; echo child $$; exec sleep 1000'
    program = f"setsid env -i /bin/sh -c '{hidden}' & read line"
    with running_shim(tmp_path, ["/bin/sh", "-c", program]) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: bool(children_of(shim)))
        daemon.send(op="input", id="a", line="go")
        daemon.until("ended")
        (child,) = children_of(shim)
        wait_until_gone(child)


def test_the_last_output_is_recorded_though_a_child_keeps_the_pipe_open(tmp_path: Path) -> None:
    argv = [*FAKE, "--children", "1", "--children-keep-output", "--emit", "500000", "--at-once"]
    with running_shim(tmp_path, argv) as shim:
        shim.ended()
        printed = shim.stream(Stream.STDOUT).partition(b"\n")[2]
        assert printed == b"".join(fake_cli.line(n, 80) for n in range(len(printed) // 80))
        assert len(printed) >= 500_000


def test_a_stranger_that_keeps_the_pipe_open_delays_the_end_no_longer_than_the_drain(tmp_path: Path) -> None:
    """A descriptor passed to a process outside the session keeps the pipe open for ever."""
    os.mkfifo(tmp_path / "path")
    program = "import os; os.write(1, b'x'); open('path', 'w').write(f'/proc/{os.getpid()}/fd/1'); input()"
    with running_shim(tmp_path, [sys.executable, "-c", program]) as shim:
        daemon = shim.attach()
        with open((tmp_path / "path").read_text(), "wb"):  # noqa: PTH123  it is held, not used
            daemon.send(op="input", id="a", line="go")
            assert daemon.until("ended")["exit_code"] == 0


def test_a_line_of_100_mb_costs_the_shim_no_memory(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, "--wait-lines", "1", "--huge", str(100 * MIB), "--at-once"]) as shim:
        daemon = shim.attach()
        daemon.send(op="input", id="go", line="go")
        daemon.until("ended")
        assert shim.memory_bytes() < 16 * MIB
        size = sum(len(frame.payload) for frame in shim.frames() if frame.stream is Stream.STDOUT)
        assert size == 100 * MIB + 1
        assert all(len(frame.payload) <= MAX_PAYLOAD_BYTES for frame in shim.frames())


def test_a_large_input_is_not_kept_in_memory(tmp_path: Path) -> None:
    sizes = [4, 8, 2, 8, 1]
    with running_shim(tmp_path, ["/bin/sh", "-c", "head -n 5 > /dev/null; echo done; exec tail -f /dev/null"]) as shim:
        daemon = shim.attach()
        for n, size in enumerate(sizes):
            daemon.send(op="input", id=str(n), line="z" * size * MIB)
            daemon.until("taken", id=str(n))
        daemon.until_true(lambda: shim.stream(Stream.STDOUT) == b"done\n")
        assert shim.memory_bytes() < 100 * MIB
        assert shim.memory_bytes("VmRSS") < 14 * MIB


def test_input_that_nobody_reads_is_bounded(tmp_path: Path) -> None:
    with running_shim(tmp_path, ["/bin/sh", "-c", "tail -f /dev/null"]) as shim:
        daemon = shim.attach()
        for n in range(6):
            daemon.send(op="input", id=str(n), line="z" * 8 * MIB)
        answers = [daemon.until_answer() for _ in range(6)]
        assert answers == ["taken"] * 4 + ["refused"] * 2


def test_a_killed_shim_takes_its_program_with_it(tmp_path: Path) -> None:
    with running_shim(tmp_path, [*FAKE, *OBEYS_NOTHING, *SPEAK_FIRST]) as shim:
        shim.attach().until_true(lambda: bool(shim.stream(Stream.STDOUT)))
        child = shim.child()
        shim.process.kill()
        shim.process.wait()
        wait_until_gone(child)


def test_a_full_disk_pauses_the_program_and_nothing_is_lost_when_space_returns(tmp_path: Path) -> None:
    total, size = 2_000_000, 100
    limit = 1_000_003
    with running_shim(tmp_path, [*FAKE, "--wait-lines", "1", "--emit", str(total), "--line", str(size)]) as shim:
        daemon = shim.attach()
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        daemon.send(op="input", id="go", line="go")
        daemon.until_true(lambda: bool((tmp_path / "shim.log").read_text()))
        assert shim.stream(Stream.STDOUT), "what was read before stands on the disk, whole"
        daemon.send(op="input", id="late", line="hello")
        daemon.until("refused", id="late", code="spool_full")
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        expected = b"".join(fake_cli.line(n, size) for n in range(total // size))
        daemon.until_true(lambda: len(shim.stream(Stream.STDOUT)) == total)
        assert shim.stream(Stream.STDOUT) == expected
        daemon.send(op="input", id="late", line="hello")
        daemon.until("taken", id="late")


def test_input_that_the_log_has_no_room_for_does_not_reach_the_program(tmp_path: Path) -> None:
    """What was written and stands nowhere would be written again."""
    with running_shim(tmp_path, [*FAKE, "--echo", "got:"]) as shim:
        daemon = shim.attach()
        daemon.until_true(lambda: bool(shim.frames()))
        limit = max(path.stat().st_size for path in tmp_path.rglob("*.seg"))
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        daemon.send(op="input", id="early", line="early")
        daemon.until("refused", id="early", code="spool_full")
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        daemon.until("space", space="room")
        daemon.send(op="input", id="late", line="late")
        daemon.until_true(lambda: shim.stream(Stream.STDOUT).endswith(b"got:late\n"))
        assert shim.stream(Stream.STDOUT) == b"got:late\n"


def test_a_program_that_exits_while_the_disk_is_full_loses_nothing(tmp_path: Path) -> None:
    total, size = 2_000_000, 100
    argv = [*FAKE, "--wait-lines", "1", "--emit", str(total), "--line", str(size), "--at-once"]
    with running_shim(tmp_path, argv) as shim:
        daemon = shim.attach()
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (1_200_000, resource.RLIM_INFINITY))
        daemon.send(op="input", id="go", line="go")
        daemon.until_true(lambda: bool((tmp_path / "shim.log").read_text()))
        wait_until_gone(shim.child())  # the rest fits into its pipe
        resource.prlimit(shim.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert daemon.until("ended")["exit_code"] == 0
        assert shim.stream(Stream.STDOUT) == b"".join(fake_cli.line(n, size) for n in range(total // size))
