"""A record as a file: whole, or refused with the reason (R-6, R-7)."""

from __future__ import annotations

import pytest

from claudios.client.record import Checked, check_record
from claudios.protocol.codec import COMPRESSED_KIND, ENVELOPE, JSON_KIND, MAX_MESSAGE_BYTES, encode
from claudios.protocol.errors import MessageInvalid
from claudios.protocol.messages import Checkpoint, SessionState
from claudios.protocol.record_file import MAGIC, RecordEnd, RecordHeader, read
from claudios.protocol.signing import Batch
from tests.helpers.records import KEY
from tests.unit.protocol.test_record import AGENT, LAST, SESSION, log, signed

OTHER_SESSION = "00000000-0000-4000-8000-000000000002"
BATCHES, CHECKPOINTS = log(), signed(log())
END = RecordEnd(batches=len(BATCHES), checkpoints=len(CHECKPOINTS))


def header() -> RecordHeader:
    return RecordHeader(
        session_id=SESSION,
        title="",
        agent_id=AGENT,
        agent_name="agent",
        project_name="project",
        state=SessionState.ENDED,
        created_ms=1,
        ended_ms=2,
        last_seq=LAST,
        head=BATCHES[-1].head.hex(),
        keys=(KEY.public,),
        signs=True,
        agent_online=False,
        exported_ms=3,
    )


def parts() -> list[Batch | Checkpoint]:
    """Return each checkpoint before the batch that holds its frame, those of the end after the last."""
    found: list[Batch | Checkpoint] = []
    for checkpoint, batch in zip(CHECKPOINTS, BATCHES, strict=False):
        found += (checkpoint, batch)
    return [*found, *CHECKPOINTS[len(BATCHES) :]]


def record(*more: Batch | Checkpoint, end: RecordEnd = END) -> bytes:
    return MAGIC + encode([header(), *parts(), *more, end])


def checked(raw: bytes) -> Checked:
    return check_record([raw])


def test_a_whole_record_is_read_and_holds_in_pieces_of_any_size() -> None:
    raw = record()
    for size in (1, 7, len(raw)):
        pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
        assert list(read(pieces)) == [header(), *parts(), END]
    assert checked(raw).found.verified


def test_what_does_not_begin_as_a_record_is_none() -> None:
    with pytest.raises(MessageInvalid, match="no record"):
        list(read([record().replace(b"record 1", b"record 2", 1)]))


def test_a_part_that_says_it_is_too_long_is_refused_unread() -> None:
    with pytest.raises(MessageInvalid, match="longer than any may be"):
        list(read([MAGIC, ENVELOPE.pack(JSON_KIND, MAX_MESSAGE_BYTES + 1)]))


def test_a_part_of_an_unknown_kind_is_refused() -> None:
    stated = END.model_dump_json().encode()
    with pytest.raises(MessageInvalid, match="unknown kind"):
        list(read([MAGIC, ENVELOPE.pack(COMPRESSED_KIND, len(stated)), stated]))


def test_a_record_that_was_cut_anywhere_is_refused() -> None:
    raw = record()
    for length in range(0, len(raw), 13):
        with pytest.raises(MessageInvalid, match="ends in the middle"):
            list(read([raw[:length]]))


def test_what_follows_the_end_is_refused() -> None:
    for raw in (record() + b"\0", record() + encode([END])):
        with pytest.raises(MessageInvalid, match="follows the end"):
            list(read([raw]))


def test_an_end_that_counts_other_parts_is_refused() -> None:
    for end in (END.model_copy(update={"batches": 9}), END.model_copy(update={"checkpoints": 9})):
        assert "was put together" in (checked(record(end=end)).found.problem or "")


@pytest.mark.parametrize("place", [1, 2], ids=["checkpoint", "batch"])
def test_a_part_of_another_session_is_refused(place: int) -> None:
    """Its signature is checked afterwards, and says the same of a batch only to who holds the agent's key."""
    raw = record()
    mine, other = SESSION.encode(), OTHER_SESSION.encode()
    if place == 2:
        mine, other = bytes.fromhex(SESSION.replace("-", "")), bytes.fromhex(OTHER_SESSION.replace("-", ""))
        first = raw.index(mine)
    else:
        first = raw.index(mine, raw.index(mine) + 1)
    changed = raw[:first] + other + raw[first + len(mine) :]
    assert "another session" in (checked(changed).found.problem or "")
