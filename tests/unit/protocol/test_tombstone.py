"""What a record says of output that was removed, and every way to say it falsely (X17)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from claudios.protocol.errors import SignatureInvalid
from claudios.protocol.messages import Checkpoint
from claudios.protocol.record import Closing, RecordCheck
from claudios.protocol.signing_key import SigningKey
from claudios.protocol.tombstone import Cause, Tombstone, sign_tombstone, verify_tombstone
from tests.helpers.records import KEY, OTHER_KEY, Signer

AGENT = "agt_a"
SESSION = "00000000-0000-4000-8000-000000000001"
SERVER_KEY = SigningKey(bytes(range(2, 34)))
HEAD = bytes(range(32))
LAST = 12


def tombstone(key: SigningKey = SERVER_KEY, **changed: object) -> Tombstone:
    unsigned = Tombstone(
        session_id=SESSION,
        last_seq=LAST,
        head=HEAD.hex(),
        batches=4,
        bytes=900,
        checkpoints=3,
        removed_ms=1_800_000_000_000,
        cause=Cause.AGE,
        kept=30,
        key="0" * 64,
        signature="0" * 128,
    )
    return sign_tombstone(key, AGENT, unsigned.model_copy(update=changed))


def signed(head: bytes = HEAD, *, is_closed: bool = True) -> list[Checkpoint]:
    """Two checkpoints on the way, whose frames are gone, and the one of the end."""
    signer = Signer(AGENT, SESSION)
    return [signer.sign(5, b"a" * 32), signer.sign(9, b"b" * 32), signer.sign(LAST, head, final=is_closed)]


def check(
    stone: Tombstone, checkpoints: Sequence[Checkpoint], server_key: str | None = SERVER_KEY.public
) -> RecordCheck:
    made = RecordCheck(AGENT, [KEY.public], server_key)
    made.bury(stone)
    for each in checkpoints:
        made.checkpoint(each)
    made.finish(LAST, HEAD)
    return made


def problem(stone: Tombstone, checkpoints: Sequence[Checkpoint], server_key: str | None = SERVER_KEY.public) -> str:
    fault = check(stone, checkpoints, server_key).fault
    return "" if fault is None else fault.text


def test_a_tombstone_holds_with_the_checkpoint_of_the_end() -> None:
    """R-9"""
    found = check(tombstone(), signed())
    assert found.fault is None
    assert (found.frames, found.seq, found.head, found.signed_seq) == (0, LAST, HEAD, LAST)
    closing = found.conclude(ended_ms=1, begun_ms=0, is_reachable=True, signs=True, now_ms=1_900_000_000_000)
    assert closing is Closing.CLOSED
    assert found.fault is None


@pytest.mark.parametrize(
    "changed",
    [
        {"session_id": "00000000-0000-4000-8000-000000000002"},
        {"last_seq": 13},
        {"head": "11" * 32},
        {"batches": 5},
        {"bytes": 901},
        {"checkpoints": 2},
        {"removed_ms": 1},
        {"cause": Cause.SIZE},
        {"kept": 31},
        {"key": OTHER_KEY.public},
        {"signature": "00" * 64},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_tombstone_changed_in_any_field_does_not_hold(changed: dict[str, object]) -> None:
    """R-8"""
    stone = tombstone().model_copy(update=changed)
    with pytest.raises(SignatureInvalid):
        verify_tombstone(AGENT, stone)
    assert "changed or signed by somebody else" in problem(stone, signed(), server_key=None)


def test_a_tombstone_holds_for_its_agent_alone() -> None:
    with pytest.raises(SignatureInvalid):
        verify_tombstone("agt_b", tombstone())


def test_a_server_takes_only_its_own_tombstones() -> None:
    """R-8"""
    foreign = tombstone(SigningKey(bytes(32)))
    assert "not this server's" in problem(foreign, signed())
    assert problem(foreign, signed(), server_key=None) == ""


def test_what_the_machine_did_not_close_was_not_removed_honestly() -> None:
    """R-9"""
    assert "not closed" in problem(tombstone(), signed(is_closed=False))
    assert "not closed" in problem(tombstone(checkpoints=1), signed()[:2])
    assert "not closed" in problem(tombstone(checkpoints=1), [])


def test_a_tombstone_of_another_end_contradicts_the_machine() -> None:
    """R-9: also one that the server itself has signed."""
    assert "another chain head" in problem(tombstone(head="22" * 32), signed())
    assert "not closed" in problem(tombstone(last_seq=LAST - 1), signed()[:2])


def test_a_checkpoint_that_is_missing_among_those_of_removed_frames_is_noticed() -> None:
    first, _, last = signed()
    assert "missing" in problem(tombstone(), [first, last])
    assert "missing" in problem(tombstone(checkpoints=4), signed())


def test_a_tombstone_stands_nowhere_but_at_the_beginning() -> None:
    """R-10"""
    made = RecordCheck(AGENT, [KEY.public], SERVER_KEY.public)
    made.bury(tombstone())
    made.bury(tombstone())
    assert made.fault is not None
    assert "where frames belong" in made.fault.text


def test_a_record_without_frames_and_without_a_tombstone_was_cut() -> None:
    made = RecordCheck(AGENT, [KEY.public], SERVER_KEY.public)
    for each in signed():
        made.checkpoint(each)
    made.finish(LAST, HEAD)
    assert made.fault is not None
    assert made.fault.seq == 1
