from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claudios.agent.sessions import claim as module
from claudios.agent.sessions.claim import claim_path, take_claim
from claudios.protocol.errors import Conflict

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"


def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def registered(home: Path, pid: int) -> None:
    """Write an entry of Claude's registry of live processes."""
    entry = home / ".claude" / "sessions" / f"{pid}.json"
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_text(json.dumps({"pid": pid, "sessionId": SESSION}))


@contextmanager
def running(program: Path) -> Iterator[int]:
    """Run a program that repeats its input, and make sure that it has begun to."""
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"x")
        process.stdout.read(1)
        try:
            yield process.pid
        finally:
            process.kill()


async def test_a_claude_session_is_claimed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAVING_SECONDS", 0.05)
    claimed = await take_claim(environment(tmp_path), SESSION)
    with pytest.raises(Conflict):
        await take_claim(environment(tmp_path), SESSION)
    os.close(claimed)
    os.close(await take_claim(environment(tmp_path), SESSION))


async def test_a_claude_session_that_runs_in_a_terminal_is_not_claimed(tmp_path: Path) -> None:
    program = tmp_path / "claude"
    shutil.copy("/bin/cat", program)
    with running(program) as pid:
        registered(tmp_path, pid)
        with pytest.raises(Conflict, match=f"process {pid}"):
            await take_claim(environment(tmp_path), SESSION)
    os.close(await take_claim(environment(tmp_path), SESSION))


async def test_a_number_that_another_program_has_now_claims_nothing(tmp_path: Path) -> None:
    with running(Path("/bin/cat")) as pid:
        registered(tmp_path, pid)
        os.close(await take_claim(environment(tmp_path), SESSION))


async def test_a_broken_entry_is_passed_over(tmp_path: Path) -> None:
    registered(tmp_path, 1)
    (tmp_path / ".claude" / "sessions" / "2.json").write_text("{")
    (tmp_path / ".claude" / "sessions" / "3.json").write_text("[]")
    os.close(await take_claim(environment(tmp_path), SESSION))


def test_all_agents_of_a_user_look_at_the_same_place() -> None:
    assert claim_path({"HOME": "/h"}, SESSION) == Path(f"/h/.local/state/claudios/claude-sessions/{SESSION}.lock")
    assert claim_path({"HOME": "/h", "XDG_STATE_HOME": "/s"}, SESSION).is_relative_to("/s/claudios")
