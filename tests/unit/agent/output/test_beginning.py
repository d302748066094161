"""What stands in a log before its first process is there as a whole, or not at all (F-8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from claudios.agent.output.beginning import DRAFT, write_beginning
from claudios.agent.output.spool import Spool
from claudios.agent.sessions.aftermath import IMPORTED, close_log, recover
from claudios.protocol.errors import Conflict
from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.protocol.messages import EndReason
from tests.helpers.sessions import frames_of

EVENT = {"event": IMPORTED, "conversation": "x"}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, str(uuid4()))


def test_lines_become_frames_behind_their_event_however_long_they_are(spool: Spool) -> None:
    lines = [b"a\n", b"b" * (2 * MAX_PAYLOAD_BYTES) + b"\n", b"c\n"]
    spool.grow(write_beginning(spool.path, 1, 1, EVENT, lines))
    first, *others = frames_of(spool)
    assert first.stream is Stream.EVENT
    assert {frame.stream for frame in others} == {Stream.TRANSCRIPT}
    assert b"".join(frame.payload for frame in others) == b"".join(lines)
    assert [frame.seq for frame in (first, *others)] == list(range(1, spool.head_seq + 1))


def test_what_breaks_off_leaves_nothing(spool: Spool) -> None:
    def lines() -> Iterator[bytes]:
        yield b"x" * MAX_PAYLOAD_BYTES
        raise Conflict("too much")

    with pytest.raises(Conflict):
        write_beginning(spool.path, 1, 1, EVENT, lines())
    assert list(spool.path.iterdir()) == []
    assert recover(spool) is None


def test_a_daemon_that_was_killed_in_the_middle_of_it_leaves_nothing_that_counts(spool: Spool) -> None:
    broken_off = spool.path / f"{1:020d}{DRAFT}"
    broken_off.write_bytes(b"half a conversation" * 1000)
    again = Spool(spool.path.parent, spool.session_id)
    assert recover(again) is None
    assert (again.head_seq, again.size_bytes) == (0, 0)
    again.grow(write_beginning(again.path, 1, 1, EVENT, [b"said\n"]))
    assert [frame.payload for frame in frames_of(again)][1:] == [b"said\n"]
    assert again.size_bytes < 1000, "nothing of the half one is left in it"
    assert not broken_off.exists()


def test_a_daemon_that_died_behind_it_begins_the_process_and_not_the_import_again(spool: Spool) -> None:
    last = write_beginning(spool.path, 1, 1, EVENT, [b"said\n"])
    again = Spool(spool.path.parent, spool.session_id)
    assert recover(again) is None, "the first process has not begun"
    assert again.head_seq == last
    close_log(again, 1, EndReason.FAILED, "no")
    assert [frame.stream for frame in frames_of(again)][-2:] == [Stream.EVENT, Stream.EVENT]
