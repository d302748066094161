"""One `claudios up` per user."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from claudios.cli.up.lock import Running, UpLock, running
from claudios.protocol.errors import AlreadyRunning

NOTE = Running(pid=7, port=3000, url="http://127.0.0.1:3000", is_demo=True, is_ready=True)


def test_the_second_finds_what_the_first_noted(tmp_path: Path) -> None:
    lock = UpLock(tmp_path / "up.lock")
    assert running(tmp_path / "up.lock") is None
    lock.note(NOTE)
    with pytest.raises(AlreadyRunning):
        UpLock(tmp_path / "up.lock")
    assert running(tmp_path / "up.lock") == NOTE


def test_after_the_first_has_ended_there_is_nothing(tmp_path: Path) -> None:
    lock = UpLock(tmp_path / "up.lock")
    lock.note(NOTE)
    lock.release()
    assert running(tmp_path / "up.lock") is None
    UpLock(tmp_path / "up.lock").release()


def test_a_first_that_was_killed_blocks_nobody(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from claudios.cli.up.lock import *;"
        "lock = UpLock(Path(sys.argv[1])); lock.note(Running(1, 2, 'http://x', False, True));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "up.lock")], check=False)
    assert running(tmp_path / "up.lock") is None
    UpLock(tmp_path / "up.lock").release()
