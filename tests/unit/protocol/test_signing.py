"""Chain and signatures: rules F-2 and S-1 to S-6."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.codec import decode_from_agent, encode
from claudios.protocol.errors import ChainBroken, ClaudiosError, FrameInvalid, MessageInvalid, SignatureInvalid
from claudios.protocol.frame import Frame, Stream
from claudios.protocol.frame import encode as encode_frame
from claudios.protocol.signing import (
    GENESIS,
    Batch,
    advance,
    canonical_batch,
    chain_of,
    seal,
    sign_ask,
    sign_instruction,
    sign_typed,
    verify_batch,
)

KEY = bytes(range(32))
AGENT = "agt_aaaaaaaaaaaaaaaaaaaa"
SESSION = "01234567-89ab-4cde-8f01-23456789abcd"


def frames_of(payloads: Sequence[bytes], first_seq: int = 1, epoch: int = 1) -> list[bytes]:
    return [
        encode_frame(Frame(Stream.STDOUT, epoch, seq, 0, 0, payload)) for seq, payload in enumerate(payloads, first_seq)
    ]


def batch_of(payloads: Sequence[bytes], *, first_seq: int = 1, epoch: int = 1, previous: bytes = GENESIS) -> Batch:
    encoded = frames_of(payloads, first_seq, epoch)
    head = previous
    for frame in encoded:
        head = advance(head, frame)
    return seal(
        KEY,
        AGENT,
        session_id=SESSION,
        boot=3,
        epoch=epoch,
        first_seq=first_seq,
        last_seq=first_seq + len(payloads) - 1,
        previous=previous,
        head=head,
        frames=b"".join(encoded),
    )


def receive(raw: bytes) -> None:
    (received,) = decode_from_agent(raw)
    assert isinstance(received, Batch)
    verify_batch(KEY, AGENT, received)


def test_the_chain_head_is_a_hash_over_the_head_before_and_the_frames_hash() -> None:
    """S-1"""
    first, second = frames_of([b"a", b"b"])
    one = hashlib.sha256(bytes(32) + hashlib.sha256(first).digest()).digest()
    two = hashlib.sha256(one + hashlib.sha256(second).digest()).digest()
    assert chain_of(first + second, GENESIS, 1, 1, 2) == two


def test_a_batch_is_signed_over_the_documented_bytes() -> None:
    """S-2: against bytes put together by hand."""
    batch = batch_of([b"a"])
    by_hand = (
        b"claudios batch v1\0"
        + (24).to_bytes(2, "little")
        + AGENT.encode()
        + (3).to_bytes(8, "little")
        + bytes.fromhex(SESSION.replace("-", ""))
        + (1).to_bytes(4, "little")
        + (1).to_bytes(8, "little")
        + (1).to_bytes(8, "little")
        + bytes(32)
        + batch.head
    )
    assert canonical_batch(AGENT, batch) == by_hand
    assert batch.signature == hmac.new(KEY, by_hand, "sha256").digest()


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 2**40), st.integers(1, 100))
def test_what_is_sealed_verifies_also_after_the_wire(payloads: list[bytes], first_seq: int, epoch: int) -> None:
    """S-3"""
    batch = batch_of(payloads, first_seq=first_seq, epoch=epoch, previous=bytes([7]) * 32)
    verify_batch(KEY, AGENT, batch)
    receive(encode([batch]))


@pytest.mark.fault("X1")
def test_every_changed_bit_of_a_batch_is_refused() -> None:
    """S-4: each bit of header and frames in turn."""
    raw = encode([batch_of([b"hello", b"world"])])
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ClaudiosError):
            receive(bytes(changed))


@pytest.mark.parametrize(
    "tampered",
    [
        frames_of([b"a", b"b"]),  # one missing at the end
        frames_of([b"a", b"b", b"c", b"d"]),  # one too many
        frames_of([b"a"]) + frames_of([b"c"], 3) + frames_of([b"b"], 2),  # swapped
        frames_of([b"a"]) + frames_of([b"b"], 2, epoch=2) + frames_of([b"c"], 3),  # of another process
        frames_of([b"a", b"b", b"X"]),  # resealed by somebody who has no key
        [],
    ],
)
def test_other_frames_under_a_good_signature_are_refused(tampered: list[bytes]) -> None:
    """S-3"""
    batch = replace(batch_of([b"a", b"b", b"c"]), frames=b"".join(tampered))
    with pytest.raises(ChainBroken):
        verify_batch(KEY, AGENT, batch)


def test_a_number_used_twice_or_left_out_breaks_the_chain() -> None:
    """F-2"""
    for second in (1, 3):
        with pytest.raises(ChainBroken):
            chain_of(b"".join(frames_of([b"a"]) + frames_of([b"b"], second)), GENESIS, 1, 1, 2)


@pytest.mark.parametrize(("behind", "last_seq"), [(b"", 3), (b"", 1), (b"C", 2), (b"CF\1\0", 2)])
def test_a_batch_holds_exactly_the_frames_it_names(behind: bytes, last_seq: int) -> None:
    """S-3"""
    frames = b"".join(frames_of([b"one", b"two"]))
    assert chain_of(frames, GENESIS, 1, 1, 2)
    with pytest.raises(ChainBroken, match="The batch ends at frame 2"):
        chain_of(frames + behind, GENESIS, 1, 1, last_seq)


def test_a_damaged_frame_under_a_good_signature_is_refused() -> None:
    """S-4"""
    batch = batch_of([b"abc"])
    damaged = bytearray(batch.frames)
    damaged[-1] ^= 1
    with pytest.raises(FrameInvalid):
        verify_batch(KEY, AGENT, replace(batch, frames=bytes(damaged)))


@pytest.mark.parametrize(
    "changed",
    [
        {"session_id": "ffffffff-89ab-4cde-8f01-23456789abcd"},
        {"boot": 4},
        {"epoch": 2},
        {"first_seq": 2},
        {"last_seq": 2},
        {"previous": bytes([1]) * 32},
        {"head": bytes([1]) * 32},
        {"signature": bytes(32)},
        {"signature": b""},
    ],
)
def test_a_signature_holds_for_its_own_place_only(changed: dict[str, object]) -> None:
    """S-6: a batch replayed elsewhere, or for another registration."""
    with pytest.raises(SignatureInvalid):
        verify_batch(KEY, AGENT, replace(batch_of([b"a"]), **changed))  # type: ignore[arg-type]


def test_a_signature_of_another_key_or_another_agent_is_refused() -> None:
    """S-6"""
    for key, agent in ((bytes(32), AGENT), (KEY, "agt_bbbbbbbbbbbbbbbbbbbb")):
        with pytest.raises(SignatureInvalid):
            verify_batch(key, agent, batch_of([b"a"]))


def test_an_instruction_is_signed_over_the_documented_bytes() -> None:
    """S-5: against bytes put together by hand."""
    by_hand = b"claudios instruction v1\0"
    for text in (AGENT, "id-1", "command"):
        by_hand += len(text).to_bytes(2, "little") + text.encode()
    by_hand += b"".join(number.to_bytes(8, "little") for number in (9, 10, 11))
    by_hand += hashlib.sha256("{“body”}".encode()).digest()
    signed = sign_instruction(
        KEY, AGENT, iseq=9, instruction_id="id-1", kind="command", body="{“body”}", issued_ms=10, expires_ms=11
    )
    assert signed == hmac.new(KEY, by_hand, "sha256").digest()


INSTRUCTION: dict[str, object] = {
    "iseq": 1,
    "instruction_id": "a",
    "kind": "command",
    "body": "{}",
    "issued_ms": 2,
    "expires_ms": 3,
}


@pytest.mark.fault("X19")
@pytest.mark.parametrize(
    "changed",
    [
        {"iseq": 2},
        {"instruction_id": "b"},
        {"instruction_id": "ac", "kind": "ommand"},  # the same letters, cut elsewhere
        {"kind": "start_session"},
        {"body": "{ }"},
        {"issued_ms": 4},
        {"expires_ms": 4},
    ],
)
def test_every_field_of_an_instruction_is_signed(changed: dict[str, object]) -> None:
    """S-5, S-6"""
    original = sign_instruction(KEY, AGENT, **INSTRUCTION)  # type: ignore[arg-type]
    assert sign_instruction(KEY, AGENT, **{**INSTRUCTION, **changed}) != original  # type: ignore[arg-type]
    assert sign_instruction(KEY, AGENT[:-1] + "b", **INSTRUCTION) != original  # type: ignore[arg-type]


def test_an_identifier_that_no_length_could_tell_is_refused() -> None:
    """S-5"""
    with pytest.raises(MessageInvalid):
        sign_instruction(KEY, "a" * 65_536, **INSTRUCTION)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["key", "agent", "boot", "n", "session_id", "body"])
def test_a_typed_message_signed_for_anything_else_does_not_hold(part: str) -> None:
    """S-6, S-7."""
    said = {"boot": 3, "n": 7, "session_id": SESSION, "body": "{}"}
    right = sign_typed(KEY, AGENT, **said)  # type: ignore[arg-type]
    other = {"boot": 4, "n": 8, "session_id": SESSION.replace("0", "1"), "body": "{ }"}
    key, agent = (bytes(32) if part == "key" else KEY), ("agt_b" if part == "agent" else AGENT)
    changed = {**said, **({part: other[part]} if part in other else {})}
    assert sign_typed(key, agent, **changed) != right  # type: ignore[arg-type]


def test_a_typed_message_is_signed_over_the_bytes_that_the_rule_names() -> None:
    """S-7."""
    canonical = (
        b"claudios typed v1\0"
        + len(AGENT).to_bytes(2, "little")
        + AGENT.encode()
        + (3).to_bytes(8, "little")
        + (7).to_bytes(8, "little")
        + bytes.fromhex(SESSION.replace("-", ""))
        + hashlib.sha256(b"{}").digest()
    )
    signature = sign_typed(KEY, AGENT, boot=3, n=7, session_id=SESSION, body="{}")
    assert signature == hmac.digest(KEY, canonical, "sha256")


@pytest.mark.parametrize("part", ["key", "agent", "boot", "n", "ask_id", "kind", "body"])
def test_a_question_signed_for_anything_else_does_not_hold(part: str) -> None:
    """S-6, S-8."""
    said = {"boot": 3, "n": 7, "ask_id": "q", "kind": "read_file", "body": "{}"}
    right = sign_ask(KEY, AGENT, **said)  # type: ignore[arg-type]
    other = {"boot": 4, "n": 8, "ask_id": "r", "kind": "write_file", "body": "{ }"}
    key, agent = (bytes(32) if part == "key" else KEY), ("agt_b" if part == "agent" else AGENT)
    changed = {**said, **({part: other[part]} if part in other else {})}
    assert sign_ask(key, agent, **changed) != right  # type: ignore[arg-type]


def test_a_question_is_signed_over_the_bytes_that_the_rule_names() -> None:
    """S-8."""
    named = b"".join(len(text).to_bytes(2, "little") + text.encode() for text in (AGENT, "q", "read_file"))
    numbers = (3).to_bytes(8, "little") + (7).to_bytes(8, "little")
    canonical = b"claudios ask v1\0" + named + numbers + hashlib.sha256(b"{}").digest()
    signature = sign_ask(KEY, AGENT, boot=3, n=7, ask_id="q", kind="read_file", body="{}")
    assert signature == hmac.digest(KEY, canonical, "sha256")
