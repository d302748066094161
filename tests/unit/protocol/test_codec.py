"""Messages as bytes: rules W-1 to W-5."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.codec import (
    BATCH_OVERHEAD_BYTES,
    MAX_MESSAGE_BYTES,
    decode_from_agent,
    decode_from_server,
    encode,
)
from claudios.protocol.errors import MessageInvalid, MessageTooLarge, ProtocolError, VersionUnsupported
from claudios.protocol.messages import Ack, AgentMessage, Bye, Outcome, Received, Report, Tune
from claudios.protocol.signing import Batch

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"
BATCH = Batch(SESSION, 1, 2, 3, 4, bytes([5]) * 32, bytes([6]) * 32, bytes([7]) * 32, b"frames")
BATCHES = st.builds(
    Batch,
    session_id=st.uuids().map(str),
    epoch=st.integers(0, 2**32 - 1),
    first_seq=st.integers(0, 2**64 - 1),
    last_seq=st.integers(0, 2**64 - 1),
    boot=st.integers(0, 2**64 - 1),
    previous=st.binary(min_size=32, max_size=32),
    head=st.binary(min_size=32, max_size=32),
    signature=st.binary(min_size=32, max_size=32),
    frames=st.binary(max_size=100),
)
MESSAGES: st.SearchStrategy[AgentMessage | Batch] = st.one_of(
    BATCHES,
    st.builds(Received, iseq=st.integers(0, 2**60)),
    st.builds(
        Report, instruction_id=st.text(max_size=20), outcome=st.sampled_from(Outcome), message=st.text(max_size=50)
    ),
)


def test_an_envelope_is_laid_out_as_documented() -> None:
    """W-1: kind, length, payload, back to back."""
    raw = encode([Received(iseq=7), Received(iseq=8)])
    one = b'{"type":"received","iseq":7}'
    assert raw[: 5 + len(one)] == b"\x01" + len(one).to_bytes(4, "little") + one
    assert raw[5 + len(one) :][:1] == b"\x01"


def test_a_batch_is_laid_out_as_documented() -> None:
    """W-2"""
    raw = encode([BATCH])
    assert raw.hex() == (
        "02" + (141 + 6).to_bytes(4, "little").hex() + "01" + SESSION.replace("-", "") + "01000000"
        "0200000000000000"
        + "0300000000000000"
        + "0400000000000000"
        + "05" * 32
        + "06" * 32
        + "07" * 32
        + b"frames".hex()
    )
    assert len(raw) == BATCH_OVERHEAD_BYTES + 6


@given(st.lists(MESSAGES, max_size=5))
def test_messages_and_batches_survive_the_round_trip_in_order(messages: Sequence[AgentMessage | Batch]) -> None:
    """W-1"""
    assert decode_from_agent(encode(messages)) == list(messages)


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.data())
def test_a_cut_run_is_refused_unless_it_is_cut_between_envelopes(
    messages: Sequence[AgentMessage | Batch], data: st.DataObject
) -> None:
    """W-3"""
    raw = encode(messages)
    ends = [len(encode(messages[:n])) for n in range(len(messages) + 1)]
    cut = data.draw(st.integers(0, len(raw)))
    if cut in ends:
        assert decode_from_agent(raw[:cut]) == list(messages[: ends.index(cut)])
    else:
        with pytest.raises(MessageInvalid):
            decode_from_agent(raw[:cut])


@pytest.mark.parametrize(
    "bad",
    [
        b"\x04\x00\x00\x00\x00",  # unknown kind
        b"\x01\x02\x00\x00\x00[]",
        b"\x01\x00\x00\x00\x00",
        b"\x02\x01\x00\x00\x00\x01",  # a batch shorter than its header
        b"\x01",
    ],
)
def test_one_bad_envelope_spoils_the_run(bad: bytes) -> None:
    """W-3: what stands before it is not acted on either."""
    with pytest.raises(MessageInvalid):
        decode_from_agent(encode([Received(iseq=1)]) + bad)


def test_a_batch_of_a_later_version_says_so() -> None:
    """W-2"""
    raw = bytearray(encode([BATCH]))
    raw[5] = 2
    with pytest.raises(VersionUnsupported):
        decode_from_agent(bytes(raw))


def test_a_run_over_the_limit_is_refused_unread() -> None:
    """W-4"""
    with pytest.raises(MessageTooLarge):
        decode_from_agent(b"\xff" * (MAX_MESSAGE_BYTES + 1))


def test_an_announced_length_beyond_the_run_allocates_nothing() -> None:
    """W-4"""
    with pytest.raises(MessageInvalid):
        decode_from_agent(b"\x01\xff\xff\xff\xff{}")


def test_absent_fields_are_left_out() -> None:
    """W-5"""
    raw = encode([Bye(code="shutdown", message="m")])
    assert json.loads(raw[5:]) == {"type": "bye", "code": "shutdown", "message": "m"}


def test_a_server_speaks_its_own_messages_and_sends_no_batches() -> None:
    """W-5"""
    said = [Ack(session_id=SESSION, seq=1), Tune(watched=(SESSION,))]
    assert decode_from_server(encode(said)) == said
    for foreign in (encode([BATCH]), encode([Received(iseq=1)])):
        with pytest.raises(MessageInvalid):
            decode_from_server(foreign)


@pytest.mark.fault("X5")
@given(st.binary(max_size=400))
def test_no_bytes_make_the_decoder_fail_in_another_way(raw: bytes) -> None:
    """W-3"""
    for decode in (decode_from_agent, decode_from_server):
        with contextlib.suppress(ProtocolError):
            decode(raw)
