from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudios.shim import processes
from claudios.shim.processes import MARKER, descendants, marked, signal_all

SPREAD = """
import os, subprocess, sys
waiting = [sys.executable, "-S", "-c", "print(flush=True); input()"]
child = subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()  # its environment is shown only once the new program is in place
print(os.getpid(), child.pid, flush=True)
input()
"""


@pytest.fixture(params=["proc", "ps"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Where the answers come from: /proc, or `ps` as on a system that has none."""
    if request.param == "ps":
        monkeypatch.setattr(processes, "_PROC", str(tmp_path))
    return str(request.param)


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A parent and its child in a session of its own, both marked."""
    environment = {**os.environ, MARKER: "family:1"}
    argv = [sys.executable, "-S", "-c", SPREAD]
    with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        parent, child = map(int, process.stdout.readline().split())
        yield parent, child
        process.kill()


def test_descendants_are_found_though_they_have_left_the_session(source: str, family: tuple[int, int]) -> None:
    parent, child = family
    assert {parent, child} <= descendants(os.getpid())
    assert descendants(parent) == {child}
    assert parent not in descendants(child)


def test_the_marked_are_found_by_their_environment(source: str, family: tuple[int, int]) -> None:
    assert marked("family:1") == set(family)
    assert marked("family:11") == set()
    assert marked("family") == set()


def test_a_zombie_is_not_counted(source: str) -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process.pid not in descendants(os.getpid())


def test_a_signal_to_a_process_that_is_gone_is_no_error() -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    signal_all({process.pid}, signal.SIGTERM)
