"""What Claude's registry says of a program."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from claudios.agent.sessions.activity import Activity, changes, read_activity


def tell(configuration: Path, pid: int, **fields: object) -> None:
    (configuration / "sessions").mkdir(exist_ok=True)
    (configuration / "sessions" / f"{pid}.json").write_text(json.dumps({"pid": pid, "sessionId": "s", **fields}))


def test_the_status_of_the_program_is_read_and_of_no_other(tmp_path: Path) -> None:
    """V-4"""
    assert read_activity(tmp_path, 7) is None
    tell(tmp_path, 8, status="busy")
    assert read_activity(tmp_path, 7) is None
    tell(tmp_path, 7, status="waiting", waitingFor="permission prompt")
    assert read_activity(tmp_path, 7) == Activity("waiting", "permission prompt")
    tell(tmp_path, 7, status="idle")
    assert read_activity(tmp_path, 7) == Activity("idle")


async def test_a_script_in_claudes_place_is_what_it_has_started(tmp_path: Path) -> None:
    """V-4: `claude` may be a script that runs the CLI and waits for it."""
    runs = "tail -f /dev/null & echo $!; wait"
    script = await asyncio.create_subprocess_exec("/bin/sh", "-c", runs, stdout=asyncio.subprocess.PIPE)
    assert script.stdout is not None
    below = int(await script.stdout.readline())
    try:
        tell(tmp_path, os.getpid(), status="busy")
        tell(tmp_path, below, status="idle")
        told = changes(tmp_path, script.pid, look_seconds=0.01)
        async with asyncio.timeout(60):
            assert await anext(told) == Activity("idle")
            tell(tmp_path, below, status="busy")
            assert await anext(told) == Activity("busy")
        await told.aclose()
    finally:
        os.kill(below, signal.SIGKILL)
        await script.wait()


@pytest.mark.parametrize("stale", ["the script", "another process of it"])
async def test_what_killed_programs_left_does_not_hide_what_a_script_has_started(tmp_path: Path, stale: str) -> None:
    """V-4: the first prompt was never typed, where a process below the script had the number of an earlier Claude."""
    runs = "tail -f /dev/null & echo $!; tail -f /dev/null & echo $!; wait"
    script = await asyncio.create_subprocess_exec("/bin/sh", "-c", runs, stdout=asyncio.subprocess.PIPE)
    assert script.stdout is not None
    other, below = sorted([int(await script.stdout.readline()) for _ in range(2)])
    old = script.pid if stale == "the script" else other
    try:
        tell(tmp_path, old, status="busy")
        os.utime(tmp_path / "sessions" / f"{old}.json", ns=(1, 1))
        tell(tmp_path, below, status="idle")
        told = changes(tmp_path, script.pid, 2, look_seconds=0.01)
        async with asyncio.timeout(20):
            assert await anext(told) == Activity("idle")
        await told.aclose()
    finally:
        for pid in (other, below):
            os.kill(pid, signal.SIGKILL)
        await script.wait()


@pytest.mark.parametrize("content", ["", '{"status": "bu', "[]", "{}", '{"status": 7}', "\x00"])
def test_what_is_being_written_or_of_another_version_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "7.json").write_text(content)
    assert read_activity(tmp_path, 7) is None


def test_a_long_text_is_cut_and_a_strange_reason_left_out(tmp_path: Path) -> None:
    tell(tmp_path, 7, status="x" * 9000, waitingFor=["a"])
    assert read_activity(tmp_path, 7) == Activity("x" * 256)


async def test_what_a_killed_program_of_the_same_number_left_is_not_told(tmp_path: Path) -> None:
    """V-4: the first prompt was typed before Claude was ready, since a file of before a power cut said that it was."""
    tell(tmp_path, 7, status="idle")
    file = tmp_path / "sessions/7.json"
    started_ns = file.stat().st_mtime_ns
    os.utime(file, ns=(started_ns - 1, started_ns - 1))
    assert read_activity(tmp_path, 7) == Activity("idle")
    assert read_activity(tmp_path, 7, started_ns) is None
    tell(tmp_path, 7, status="busy")
    told = changes(tmp_path, 7, started_ns, look_seconds=0.0)
    assert await anext(told) == Activity("busy")
    await told.aclose()


async def test_only_changes_are_told(tmp_path: Path) -> None:
    """V-4"""
    told = changes(tmp_path, 7, look_seconds=0.0)
    for state in ("idle", "busy", "idle"):
        tell(tmp_path, 7, status=state)
        assert await anext(told) == Activity(state)
    await told.aclose()
