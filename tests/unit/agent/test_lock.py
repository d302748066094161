"""One daemon per state directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claudios.agent.lock import StateLock
from claudios.protocol.errors import AlreadyRunning


def test_a_second_daemon_is_refused_and_told_who_came_first(tmp_path: Path) -> None:
    first = StateLock(tmp_path / "state")
    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}, since 2\d\d\d-"):
        StateLock(tmp_path / "state")
    first.release()
    StateLock(tmp_path / "state").release()


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    StateLock(tmp_path / "a" / "state").release()
    assert (tmp_path / "a" / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "state" / "lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_left_behind_by_a_dead_daemon_is_none(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1 2020-01-01 00:00:00\n")
    StateLock(tmp_path).release()
