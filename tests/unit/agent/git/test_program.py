"""When the agent stops, git ends with it: politely where it does, and by force where it does not."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from claudios.agent.git.program import Git, GitFailed
from tests.helpers.patience import PATIENCE_SECONDS

POLITE = "trap 'echo ended >> {told}; exit 1' TERM"
STUBBORN = "trap '' TERM"
DONE = "trap 'echo done; exit 0' TERM"


def slow(directory: Path, trap: str) -> tuple[Git, Path]:
    """Return a git that is at its work until it is ended, and where it tells of itself."""
    told, program = directory / "told", directory / "bin/git"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\ncase "$*" in *config*) exit 0 ;; esac\n'
        f"{trap.format(told=told)}\necho $$ >> {told}\nwhile :; do sleep 0.05; done\n"
    )
    program.chmod(0o755)
    return Git({"PATH": f"{program.parent}:{os.environ['PATH']}"}), told


def until_begun(told: Path, run: Future[Any]) -> int:
    """Return the number of the process of a run that has begun."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (told.exists() and told.read_text().endswith("\n")):
        assert time.monotonic() < until
        assert not run.done(), run.result()
    return int(told.read_text())


@pytest.mark.parametrize("trap", [POLITE, STUBBORN])
def test_what_runs_when_it_is_closed_ends_long_before_its_time(tmp_path: Path, trap: str) -> None:
    git, told = slow(tmp_path, trap)
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(git.act, tmp_path, "reset", "--hard", seconds=PATIENCE_SECONDS * 10)
        pid = until_begun(told, run)
        git.close(0.1 if trap == STUBBORN else PATIENCE_SECONDS)
        with pytest.raises(GitFailed, match="agent stops"):
            run.result(PATIENCE_SECONDS)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert told.read_text().endswith("ended\n") == (trap == POLITE), "it had its time to remove its locks"
    told.unlink()
    with pytest.raises(GitFailed, match="agent stops"):
        git.act(tmp_path, "reset", "--hard")
    assert not told.exists(), "nothing is begun any more"


def test_what_was_done_all_the_same_is_no_failure(tmp_path: Path) -> None:
    git, told = slow(tmp_path, DONE)
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(git.act, tmp_path, "reset", "--hard", seconds=PATIENCE_SECONDS * 10)
        until_begun(told, run)
        git.close(PATIENCE_SECONDS)
        assert run.result(PATIENCE_SECONDS) == "done"
