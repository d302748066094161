"""The machine's key and what it signs (rules C-1 to C-3)."""

from __future__ import annotations

import pytest

from claudios.protocol.checkpoints import NO_CHECKPOINT, digest, fingerprint, verify_checkpoint
from claudios.protocol.errors import SignatureInvalid
from claudios.protocol.messages import Checkpoint, parse_from_agent
from claudios.protocol.signing_key import SigningKey
from tests.helpers.records import KEY, OTHER_KEY, Signer

SESSION = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"


def checkpoint() -> Checkpoint:
    return Signer("agt_a", SESSION).sign(7, bytes(range(32)))


def test_what_the_key_signed_holds_also_after_a_journey_as_json() -> None:
    message = parse_from_agent(checkpoint().model_dump_json().encode())
    assert isinstance(message, Checkpoint)
    verify_checkpoint("agt_a", message)


@pytest.mark.parametrize(
    "changed",
    [
        {"session_id": OTHER},
        {"n": 2},
        {"seq": 8},
        {"head": "00" * 32},
        {"at_ms": 1},
        {"next_ms": 1},
        {"previous": "11" * 32},
        {"final": True},
        {"key": OTHER_KEY.public},
        {"signature": "00" * 64},
    ],
)
def test_every_field_is_signed(changed: dict[str, object]) -> None:
    """C-2"""
    with pytest.raises(SignatureInvalid):
        verify_checkpoint("agt_a", checkpoint().model_copy(update=changed))


def test_a_checkpoint_of_another_agent_does_not_hold() -> None:
    with pytest.raises(SignatureInvalid):
        verify_checkpoint("agt_b", checkpoint())


def test_the_next_checkpoint_names_the_one_before() -> None:
    """C-3"""
    signer = Signer("agt_a", SESSION)
    first, second = signer.sign(1, bytes(32)), signer.sign(2, bytes(32))
    assert first.previous == NO_CHECKPOINT
    assert second.previous == digest("agt_a", first)


def test_a_fingerprint_is_short_and_tells_keys_apart() -> None:
    assert len(fingerprint(KEY.public)) == 32
    assert fingerprint(KEY.public) != fingerprint(OTHER_KEY.public)
    assert len(SigningKey(SigningKey.new_seed()).public) == 64
