"""How far the server has a log, on disk: what is read back after whatever befell the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claudios.agent.output.cursor import SLOT_BYTES, CursorFile

HEADS = [bytes([number]) * 32 for number in range(6)]


def saved(path: Path, *seqs: int) -> CursorFile:
    cursor = CursorFile(path)
    for seq in seqs:
        cursor.save(seq, HEADS[seq])
    return cursor


def test_where_nothing_was_saved_nothing_is_read(tmp_path: Path) -> None:
    assert CursorFile(tmp_path / "cursor").read() is None


def test_what_was_saved_last_is_read_by_another_process(tmp_path: Path) -> None:
    for last in range(1, 6):
        saved(tmp_path / str(last), *range(1, last + 1))
        assert CursorFile(tmp_path / str(last)).read() == (last, HEADS[last])


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_slot_that_was_torn_leaves_the_one_before_it(tmp_path: Path, last: int, is_restarted: bool) -> None:
    path = tmp_path / "cursor"
    cursor = saved(path, *range(1, last + 1))
    before = path.read_bytes()
    if is_restarted:
        cursor = CursorFile(path)
        assert cursor.read() == (last, HEADS[last])
    cursor.save(last + 1, HEADS[last + 1])
    after = path.read_bytes()
    (torn,) = {at // SLOT_BYTES for at in range(2 * SLOT_BYTES) if after[at] != before[at]}  # one slot was written
    for length in range(1, SLOT_BYTES):
        half = after[: torn * SLOT_BYTES + length] + before[torn * SLOT_BYTES + length :]
        path.write_bytes(half)
        assert CursorFile(path).read() in ((last, HEADS[last]), (last + 1, HEADS[last + 1]))


def test_after_a_torn_slot_the_whole_one_is_not_the_one_written_next(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    saved(path, 1, 2, 3)
    slots = [path.read_bytes()[:SLOT_BYTES], path.read_bytes()[SLOT_BYTES:]]
    for whole in (0, 1):
        torn = [slot if number == whole else b"x" * SLOT_BYTES for number, slot in enumerate(slots)]
        path.write_bytes(b"".join(torn))
        cursor = CursorFile(path)
        assert cursor.read() is not None
        cursor.save(5, HEADS[5])
        raw = path.read_bytes()
        assert raw[whole * SLOT_BYTES :][:SLOT_BYTES] == slots[whole]
        assert CursorFile(path).read() == (5, HEADS[5])


def test_with_both_slots_damaged_nothing_is_known_and_saving_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    path.write_bytes(b"x" * 2 * SLOT_BYTES)
    cursor = CursorFile(path)
    assert cursor.read() is None
    cursor.save(4, HEADS[4])
    assert CursorFile(path).read() == (4, HEADS[4])


def test_what_an_earlier_version_wrote_is_read_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    path.write_text(json.dumps({"seq": 2, "head": HEADS[2].hex()}))
    cursor = CursorFile(path)
    assert cursor.read() == (2, HEADS[2])
    cursor.save(3, HEADS[3])
    assert path.stat().st_size == 2 * SLOT_BYTES
    assert CursorFile(path).read() == (3, HEADS[3])


def test_saving_again_and_again_takes_no_more_room(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    cursor = saved(path, 1)
    before = path.stat()
    for seq in (2, 3, 4):
        cursor.save(seq, HEADS[seq])
    after = path.stat()
    assert (after.st_ino, after.st_size, after.st_blocks) == (before.st_ino, before.st_size, before.st_blocks)
