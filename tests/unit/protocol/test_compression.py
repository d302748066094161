"""Compressed batches: rules W-7 to W-9, and bombs."""

from __future__ import annotations

import hashlib
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.codec import (
    BATCH_OVERHEAD_BYTES,
    COMPRESSED_KIND,
    ENVELOPE,
    LEAST_COMPRESSED_BYTES,
    MAX_MESSAGE_BYTES,
    CompressedBatch,
    compress,
    decode_from_agent,
    decode_from_server,
    encode,
    wire_bytes,
)
from claudios.protocol.errors import MessageInvalid, MessageTooLarge, ProtocolError
from claudios.protocol.frame import Frame, Stream
from claudios.protocol.frame import encode as encode_frame
from claudios.protocol.messages import Received
from claudios.protocol.signing import GENESIS, Batch, advance, seal, verify_batch
from tests.faults.case import Case

KEY = bytes(range(32))
AGENT = "agt_a"
MIB = 1024 * 1024
MB = 1_000_000


def signed(*payloads: bytes) -> Batch:
    """Return a batch of one frame for each payload."""
    head, frames = GENESIS, b""
    for seq, payload in enumerate(payloads, 1):
        frame = encode_frame(Frame(Stream.STDOUT, 1, seq, seq, seq, payload))
        head, frames = advance(head, frame), frames + frame
    return seal(
        KEY,
        AGENT,
        session_id="01234567-89ab-4cde-8f01-23456789abcd",
        boot=1,
        epoch=1,
        first_seq=1,
        last_seq=len(payloads),
        previous=GENESIS,
        head=head,
        frames=frames,
    )


TEXT = signed(*[b"line %d of some output\n" % n for n in range(100)])


def plain_payload(batch: Batch) -> bytes:
    return encode([batch])[ENVELOPE.size :]


def envelope(stated: int, stream: bytes) -> bytes:
    """Return a compressed batch's envelope that states `stated` bytes, whatever the stream holds."""
    return ENVELOPE.pack(COMPRESSED_KIND, 4 + len(stream)) + stated.to_bytes(4, "little") + stream


def compressed(batch: Batch) -> bytes:
    made = compress(batch)
    assert isinstance(made, CompressedBatch)
    return encode([made])


def test_a_compressed_batch_is_laid_out_as_documented() -> None:
    """W-7"""
    raw, plain = compressed(TEXT), plain_payload(TEXT)
    assert raw[:1] == b"\x03"
    assert int.from_bytes(raw[1:5], "little") == len(raw) - 5
    assert int.from_bytes(raw[5:9], "little") == len(plain)
    assert zlib.decompress(raw[9:]) == plain
    assert len(raw) < len(plain) / 3


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.integers(1, 50))
def test_what_arrives_is_the_very_batch_that_was_signed(payloads: list[bytes], times: int) -> None:
    """W-7, S-2: compression changes nothing of signature and chain."""
    batch = signed(*[payload * times for payload in payloads])
    outgoing = compress(batch)
    raw = encode([outgoing])
    (received,) = decode_from_agent(raw)
    assert received == batch
    assert isinstance(received, Batch)
    verify_batch(KEY, AGENT, received)
    assert wire_bytes(outgoing) == len(raw) <= BATCH_OVERHEAD_BYTES + len(batch.frames)


def test_what_is_small_or_does_not_shrink_travels_as_it_is() -> None:
    """O-10"""
    small = signed(b"x" * 100)
    assert len(plain_payload(small)) < LEAST_COMPRESSED_BYTES
    assert compress(small) is small
    noise = signed(b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(1000)))
    assert compress(noise) is noise


@given(st.integers(0, 8 * len(compressed(TEXT)) - 1))
def test_with_any_bit_flipped_it_is_refused_or_the_very_same_batch(bit: int) -> None:
    """W-9, S-4"""
    raw = bytearray(compressed(TEXT))
    raw[bit // 8] ^= 1 << bit % 8
    try:
        received = decode_from_agent(bytes(raw))
        for message in received:
            assert isinstance(message, Batch)
            verify_batch(KEY, AGENT, message)
    except ProtocolError:
        return
    assert received == [TEXT]


@given(st.integers(0, len(compressed(TEXT)) - 1), st.binary(min_size=1, max_size=40), st.integers(0, 40))
def test_with_bytes_put_in_or_taken_out_it_is_refused_or_the_very_same_batch(
    place: int, put: bytes, taken: int
) -> None:
    """W-9, S-4: the envelope's own length is right, so that the stream is what is looked at."""
    stream = bytearray(compressed(TEXT)[9:])
    stream[place : place + taken] = put
    try:
        assert decode_from_agent(envelope(len(plain_payload(TEXT)), bytes(stream))) == [TEXT]
    except ProtocolError:
        return


def gzipped(plain: bytes) -> bytes:
    making = zlib.compressobj(wbits=31)
    return making.compress(plain) + making.flush()


def raw_deflate(plain: bytes) -> bytes:
    making = zlib.compressobj(wbits=-15)
    return making.compress(plain) + making.flush()


def with_dictionary(plain: bytes) -> bytes:
    making = zlib.compressobj(zdict=b"line of some output\n")
    return making.compress(plain) + making.flush()


def without_end(plain: bytes) -> bytes:
    making = zlib.compressobj()
    return making.compress(plain) + making.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.fault("X4")
@pytest.mark.parametrize(
    "stream",
    [
        lambda plain: zlib.compress(plain) + b"\0",
        lambda plain: zlib.compress(plain) * 2,
        lambda plain: zlib.compress(plain)[:-1],
        lambda plain: zlib.compress(plain)[:-4] + bytes(4),
        lambda plain: zlib.compress(plain[:-1]),
        lambda plain: zlib.compress(plain + b"\0"),
        lambda plain: zlib.compress(plain + bytes(100 * MIB)),
        without_end,
        with_dictionary,
        gzipped,
        raw_deflate,
        lambda plain: plain,
        lambda _: b"",
    ],
)
def test_a_stream_that_is_not_exactly_one_whole_batch_spoils_the_run(stream: object) -> None:
    """W-9, W-3"""
    assert callable(stream)
    plain = plain_payload(TEXT)
    with pytest.raises(MessageInvalid):
        decode_from_agent(encode([Received(iseq=1)]) + envelope(len(plain), stream(plain)))


@pytest.mark.parametrize("raw", [b"\x03\0\0\0\0", b"\x03\x03\0\0\0\0\0\0", envelope(0, zlib.compress(b""))])
def test_a_compressed_batch_without_its_header_is_refused(raw: bytes) -> None:
    """W-7, W-2"""
    with pytest.raises(MessageInvalid):
        decode_from_agent(raw)


@pytest.mark.fault("X4")
@pytest.mark.parametrize("held", [100_000, MB, 10 * MB, 100 * MB])
@pytest.mark.parametrize("stated", [200, 4 * MIB - 5, 4 * MIB, 100 * MB, 2**32 - 1, None])
def test_a_bomb_is_refused_within_what_a_message_may_cost(case: Case, held: int, stated: int | None) -> None:
    """W-8, W-9: none makes more than the 4 MiB that any message may hold, whatever it says and holds."""
    raw = envelope(held if stated is None else stated, zlib.compress(bytes(held), 9))
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode_from_agent(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The buffer of the output grows by doubling up to its bound, and is then cut to what is in it.
    assert peak < 2 * MAX_MESSAGE_BYTES + MIB
    case.did(1)


@pytest.mark.fault("X4")
def test_what_says_that_it_is_too_large_is_not_even_looked_into() -> None:
    """W-8: the stream is none, and that is not what it is refused for."""
    with pytest.raises(MessageTooLarge):
        decode_from_agent(envelope(MAX_MESSAGE_BYTES - ENVELOPE.size + 1, b"no zlib"))
    with pytest.raises(MessageInvalid):
        decode_from_agent(envelope(MAX_MESSAGE_BYTES - ENVELOPE.size, b"no zlib"))


@pytest.mark.fault("X4")
def test_many_small_envelopes_are_counted_together() -> None:
    """W-8: each is innocent, and the first is whole; nothing of the run is taken, or expanded."""
    one = signed(*[bytes(60_000)] * 17)
    assert len(compressed(one)) < 10_000
    assert len(decode_from_agent(compressed(one) * 4)) == 4
    many = compressed(one) * 5
    tracemalloc.start()
    try:
        with pytest.raises(MessageTooLarge):
            decode_from_agent(many)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MIB // 4


def test_what_counts_for_the_limit_is_everything_expanded() -> None:
    """W-8: plain and compressed envelopes together."""
    rest = MAX_MESSAGE_BYTES - ENVELOPE.size - len(plain_payload(TEXT))
    filler = b"\x01" + (rest - ENVELOPE.size).to_bytes(4, "little")
    message = b'{"type":"received","iseq":1}'
    fits = filler + message + b" " * (rest - ENVELOPE.size - len(message))
    assert decode_from_agent(fits + compressed(TEXT)) == [Received(iseq=1), TEXT]
    longer = b"\x01" + (rest - ENVELOPE.size + 1).to_bytes(4, "little") + fits[ENVELOPE.size :] + b" "
    with pytest.raises(MessageTooLarge):
        decode_from_agent(longer + compressed(TEXT))


def test_a_server_sends_no_compressed_batches_and_none_is_expanded() -> None:
    """W-10"""
    for raw in (compressed(TEXT), envelope(100, b"no zlib")):
        with pytest.raises(MessageInvalid, match="A server sends no batches"):
            decode_from_server(raw)
