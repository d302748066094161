"""A process of `claudios up`: its lines, its end, its restart."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil

from claudios.cli.up import child as children
from claudios.cli.up.child import Child, KeptLog, Recipe


class Kept:
    """What a child said, and an event for each thing."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def say(self, text: str) -> None:
        self.said.append(text)

    def line(self, name: str, text: str) -> None:
        self.lines.put_nowait(text)


def make(tmp_path: Path, program: str, kept: Kept) -> Child:
    argv = [sys.executable, "-u", "-c", program]
    return Child(Recipe("server", argv, dict(os.environ), tmp_path / "server.log", signal.SIGKILL), kept.say, kept.line)


async def test_lines_are_kept_in_its_log_and_shown(tmp_path: Path) -> None:
    kept = Kept()
    child = make(tmp_path, "print('one'); print('two')", kept)
    await child.start()
    assert await child.wait() == 0
    assert [kept.lines.get_nowait(), kept.lines.get_nowait()] == ["one", "two"]
    assert (tmp_path / "server.log").read_text() == "one\ntwo\n"
    assert list(child.last_lines) == ["one", "two"]


async def test_a_line_longer_than_any_bound_does_not_stop_the_reading(tmp_path: Path) -> None:
    kept = Kept()
    child = make(tmp_path, f"print('x' * {children.LONGEST_LINE_BYTES * 5}); print('after')", kept)
    await child.start()
    assert await child.wait() == 0
    assert child.last_lines[-1] == "after"


async def test_a_child_that_dies_is_started_again_and_says_so(tmp_path: Path) -> None:
    kept = Kept()
    child = make(tmp_path, "import os, sys; print(os.getpid()); sys.stdin.close(); import time; time.sleep(600)", kept)
    await child.start()
    first = int(await kept.lines.get())
    child.settle()
    os.kill(first, signal.SIGKILL)
    second = int(await kept.lines.get())
    assert second != first
    assert "killed by SIGKILL" in kept.said[0]
    await child.stop(signal.SIGTERM, 10)
    assert not psutil.pid_exists(second)


async def test_a_child_that_is_stopped_stays_stopped(tmp_path: Path) -> None:
    kept = Kept()
    child = make(tmp_path, "print('up'); import time; time.sleep(600)", kept)
    await child.start()
    await kept.lines.get()
    child.settle()
    await child.stop(signal.SIGTERM, 10)
    assert child.pid is None
    assert kept.said == []


async def test_a_child_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    kept = Kept()
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)"
    child = make(tmp_path, program, kept)
    await child.start()
    await kept.lines.get()
    await child.stop(signal.SIGTERM, 0.05)
    assert child.pid is None
    assert "killed" in kept.said[0]


def test_no_child_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor = f"""
import asyncio, os, signal, sys
from pathlib import Path
from claudios.cli.up.child import Child, Recipe
async def main():
    argv = [sys.executable, "-u", "-c", "import os, time; print(os.getpid()); time.sleep(600)"]
    lines = asyncio.Queue()
    recipe = Recipe("server", argv, dict(os.environ), Path({str(tmp_path / "log")!r}), signal.SIGKILL)
    child = Child(recipe, print, lambda name, line: lines.put_nowait(line))
    await child.start()
    print(await lines.get(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", supervisor], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    try:
        psutil.Process(pid).wait(timeout=10)
    except psutil.NoSuchProcess:
        return
    assert not psutil.pid_exists(pid)


def test_a_log_that_has_grown_large_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    log = KeptLog(path)
    log.write(b"x" * (children.LOG_BYTES + 1))
    log.write(b"new\n")
    log.close()
    assert path.read_bytes() == b"new\n"
    assert path.with_suffix(".old.log").stat().st_size == children.LOG_BYTES + 1


def test_a_log_is_this_users_alone_also_where_an_older_version_made_it(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text("old\n")
    path.chmod(0o644)
    KeptLog(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
