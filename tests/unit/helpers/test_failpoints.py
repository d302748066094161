"""Failpoints do what they are told, where they are told; a mistyped one would test nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.failpoints import Failpoint, parse, points

ROOT = Path(__file__).parents[3]


def listening(failpoints: str, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which failpoints are listened for."""
    listens = f"import sys; from tests.faults.failpoints import listen, parse; listen(parse({failpoints!r}))"
    argv = [sys.executable, "-c", f"{listens}\n{program}"]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_each_half_has_points() -> None:
    assert set(points().values()) == {"agent", "server"}


def test_several_are_read() -> None:
    assert parse("inbox.taken=kill:3,dispatch.begun@abc=fail") == [
        Failpoint("inbox.taken", None, "kill", 3),
        Failpoint("dispatch.begun", "abc", "fail", 1),
    ]


@pytest.mark.parametrize("text", ["inbox.token=kill", "inbox.taken", "inbox.taken=explode", "inbox.taken=kill:0"])
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no failpoint"):
        parse(text)


def test_a_process_is_killed_at_its_third_time_there() -> None:
    program = "for n in range(5): print(n, flush=True); sys.audit('claudios.inbox.taken')"
    ended = listening("inbox.taken=kill:3", program)
    assert (ended.returncode, ended.stdout.split()) == (-9, ["0", "1", "2"])


def test_only_the_named_session_fails() -> None:
    program = "for session in 'ba': sys.audit('claudios.dispatch.begun', session, 'i'); print(session, flush=True)"
    ended = listening("dispatch.begun@a=fail", program)
    assert (ended.returncode, ended.stdout.split()) == (1, ["b"])
    assert "a failpoint" in ended.stderr
