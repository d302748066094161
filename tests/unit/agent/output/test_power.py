"""What is certain on the disk at the moment it is relied on: a loss of power right then takes none of it."""

from __future__ import annotations

import os
import random
from pathlib import Path

from claudios.agent.instructions.journal import Journal
from claudios.agent.output.spool import Spool
from claudios.agent.sessions.aftermath import recover
from claudios.protocol.frame import Stream
from claudios.protocol.signing import GENESIS
from claudios.shim.spool import SpoolWriter
from claudios.shim.syncer import Syncer
from tests.helpers.power_loss import SEGMENT_BYTES, SESSION, Tape, disk_after, frames_of, taped

ENDED = {"event": "ended", "reason": "lost"}


def certain(tape: Tape) -> dict[str, bytes]:
    """Return the files that a loss of power now would leave at the least."""
    return disk_after(tape, len(tape.operations), None)


def written(directory: Path, count: int = 3) -> Spool:
    """Return the spool of a writer that brought `count` frames to the disk and is dead."""
    spool = Spool(directory / SESSION, SESSION)
    spool.save_cursor()
    writer = SpoolWriter(str(spool.path), 1, 1, SEGMENT_BYTES)
    writer.append([(Stream.STDOUT, random.Random(seq).randbytes(100)) for seq in range(count)])
    writer.close()
    return spool


def test_a_new_segment_is_found_with_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        written(tmp_path)
    assert sorted(frames_of(certain(tape))) == [1, 2, 3]


def test_what_is_added_for_a_dead_writer_is_certain_once_its_number_is_told(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        spool = written(tmp_path)
        spool.append_events(1, [ENDED])
    assert spool.head_seq == 4
    assert sorted(frames_of(certain(tape))) == [1, 2, 3, 4]


def test_so_it_is_in_a_segment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        spool = written(tmp_path)
        spool.append_events(2, [ENDED])
    assert sorted(frames_of(certain(tape))) == [1, 2, 3, 4]


def test_an_end_that_was_moved_has_its_new_name(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        spool = written(tmp_path)
        spool.append_events(1, [ENDED])
        spool.move_closing(7, GENESIS)
    assert 8 in frames_of(certain(tape))


def test_what_a_recovery_unlinks_does_not_come_back(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        spool = written(tmp_path)
        spool.skip_to(9, GENESIS)
        spool.save_cursor()
        spool.recover()
    assert frames_of(certain(tape)) == {}


def test_a_tail_that_was_cut_from_the_journal_does_not_come_back(tmp_path: Path) -> None:
    with taped(tmp_path) as tape:
        journal = Journal(tmp_path / "journal")
        journal.rewrite([b"line 1"])
        file = os.open(tmp_path / "journal", os.O_WRONLY | os.O_APPEND)
        os.write(file, b"a torn li")
        os.fsync(file)
        os.close(file)
        journal.close()
        Journal(tmp_path / "journal").close()
    (content,) = certain(tape).values()
    assert content.endswith(b"line 1\n")


def test_a_rewritten_journal_is_whole_and_in_its_place(tmp_path: Path) -> None:
    with taped(tmp_path) as tape:
        journal = Journal(tmp_path / "journal")
        journal.rewrite([b"line 1", b"line 2"])
        journal.close()
    assert certain(tape) == {str(tmp_path / "journal"): (tmp_path / "journal").read_bytes()}


def test_what_a_disk_lost_is_brought_to_it_before_the_log_goes_on(tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    with taped(tmp_path) as tape:
        spool = Spool(tmp_path / SESSION, SESSION)
        writer = SpoolWriter(str(spool.path), 1, 1, SEGMENT_BYTES)
        writer.append([(Stream.STDOUT, b"one")])
        writer._syncer.finish()
        writer._syncer = Syncer()
        writer._syncer.problem = OSError("the disk lost what it had taken")
        writer.try_disk()
    assert sorted(frames_of(certain(tape))) == [1]
    writer.close()


def test_all_inputs_that_are_still_told_of_are_found_whatever_came_after_them(tmp_path: Path) -> None:
    """Only the newest segment was asked: an input before much output counted as one that was never taken."""
    (tmp_path / SESSION).mkdir()
    spool = Spool(tmp_path / SESSION, SESSION)
    writer = SpoolWriter(str(spool.path), 1, 1, SEGMENT_BYTES)
    writer.append([(Stream.EVENT, b'{"event":"input","id":"first","bytes":1}')])
    for _ in range(2 * SEGMENT_BYTES // 400):
        writer.append([(Stream.STDOUT, bytes(400))])
    writer.append([(Stream.EVENT, b'{"event":"input","id":"second","bytes":1}')])
    writer.close()
    assert len(list(spool.path.iterdir())) > 1
    found = recover(spool)
    assert found is not None
    assert found.taken == {"first", "second"}
