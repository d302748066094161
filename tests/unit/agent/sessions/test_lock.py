from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from claudios.agent.sessions import lock


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    held = lock.take(path)
    assert held is not None
    assert lock.take(path) is None
    assert lock.is_held(path)
    os.close(held)
    assert not lock.is_held(path)


def test_a_lock_lives_on_in_a_process_that_inherits_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = lock.take(path)
    assert held is not None
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE, stdout=held) as heir:
        os.close(held)
        assert lock.is_held(path)
        heir.kill()
        heir.wait()
        assert not lock.is_held(path)


async def test_a_holder_that_is_leaving_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = lock.take(path)
    assert held is not None
    assert await lock.take_within(path, 0.05) is None
    assert not await lock.is_free_within(path, 0.05)
    os.close(held)
    assert await lock.is_free_within(path, 0.05)
    taken = await lock.take_within(path, 0.05)
    assert taken is not None
    os.close(taken)


async def test_a_file_that_does_not_exist_is_free(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path / "lock")
    assert await lock.is_free_within(tmp_path / "lock", 0.05)


def test_a_lock_is_removed_only_while_nobody_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = lock.take(path)
    assert held is not None
    lock.unlink(path)
    assert path.exists()
    os.close(held)
    lock.unlink(path)
    assert not path.exists()


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    old = lock.take(path)
    assert old is not None
    path.unlink()
    fresh = lock.take(path)
    assert fresh is not None
    assert os.path.samestat(os.fstat(fresh), path.stat())
    os.close(old)
    os.close(fresh)
