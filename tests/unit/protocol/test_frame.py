"""The frame codec: rules F-1 to F-5."""

from __future__ import annotations

import contextlib
import json
from binascii import crc32
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.errors import FrameInvalid
from claudios.protocol.frame import HEADER_BYTES, MAX_PAYLOAD_BYTES, Frame, Stream, decode, encode, locate

U32, U64 = 2**32 - 1, 2**64 - 1
FRAMES = st.builds(
    Frame,
    stream=st.sampled_from(Stream),
    epoch=st.integers(1, U32),
    seq=st.integers(1, U64),
    mono_ns=st.integers(0, U64),
    wall_ms=st.integers(0, U64),
    payload=st.binary(max_size=200),
)


def test_a_frame_is_laid_out_as_documented() -> None:
    """F-1: every field at its offset, checked against bytes written out by hand."""
    raw = encode(Frame(Stream.STDERR, 2, 3, 4, 5, b"hi"))
    assert raw[:40].hex() == (
        "4346"  # magic
        "01"  # version
        "00"  # flags
        "03"  # stream
        "000000"
        "02000000"  # epoch
        "0300000000000000"  # seq
        "0400000000000000"  # mono_ns
        "0500000000000000"  # wall_ms
        "02000000"  # length
    )
    assert raw[40:44] == crc32(raw[:40] + b"hi").to_bytes(4, "little")
    assert raw[44:] == b"hi"
    assert len(raw) == HEADER_BYTES + 2


@given(FRAMES)
def test_a_frame_survives_the_round_trip(frame: Frame) -> None:
    """F-1"""
    assert decode(encode(frame)) == [frame]


def test_a_payload_over_the_limit_is_refused_by_its_writer_and_its_reader() -> None:
    """F-1"""
    largest = encode(Frame(Stream.STDOUT, 1, 1, 0, 0, bytes(MAX_PAYLOAD_BYTES)))
    assert len(decode(largest)[0].payload) == MAX_PAYLOAD_BYTES
    with pytest.raises(FrameInvalid):
        encode(Frame(Stream.STDOUT, 1, 1, 0, 0, bytes(MAX_PAYLOAD_BYTES + 1)))
    over = bytearray(largest + b"\0")
    over[36:40] = (MAX_PAYLOAD_BYTES + 1).to_bytes(4, "little")
    with pytest.raises(FrameInvalid):
        list(locate(over))


@given(st.lists(FRAMES, max_size=4), st.data())
def test_wherever_a_run_is_cut_every_whole_frame_before_is_read_and_none_after(
    frames: Sequence[Frame], data: st.DataObject
) -> None:
    """F-3"""
    pieces = [encode(frame) for frame in frames]
    run = b"".join(pieces)
    cut = data.draw(st.integers(0, len(run)))
    found = list(locate(run[:cut]))
    ends = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces))]
    assert [located.end for located in found] == [end for end in ends if end <= cut]
    assert [located.seq for located in found] == [frame.seq for frame in frames[: len(found)]]


@given(FRAMES, FRAMES, st.data())
def test_every_changed_bit_is_refused_and_the_frame_before_stays_intact(
    before: Frame, frame: Frame, data: st.DataObject
) -> None:
    """F-4"""
    first, raw = encode(before), bytearray(encode(frame))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FrameInvalid):
        decode(first + raw)
    reader = locate(first + raw)
    assert next(reader).seq == before.seq


def test_a_frame_of_a_later_version_an_unknown_stream_or_with_flags_is_refused() -> None:
    """F-4: also where a program with other ideas has written a matching checksum."""
    for offset, value in ((2, 2), (3, 1), (4, 9)):
        raw = bytearray(encode(Frame(Stream.STDOUT, 1, 1, 0, 0, b"x")))
        raw[offset] = value
        with pytest.raises(FrameInvalid):
            decode(raw)


def test_what_is_left_over_after_the_last_frame_is_refused() -> None:
    """F-3: `decode` takes whole frames only."""
    with pytest.raises(FrameInvalid, match="1 bytes are left over"):
        decode(encode(Frame(Stream.STDOUT, 1, 1, 0, 0, b"x")) + b"C")


@pytest.mark.fault("X5")
@given(st.binary(max_size=300))
def test_no_input_makes_the_reader_fail_in_another_way(raw: bytes) -> None:
    """F-4"""
    with contextlib.suppress(FrameInvalid):
        decode(raw)


def test_an_event_frame_carries_one_json_object() -> None:
    """F-5"""
    frame = decode(encode(Frame(Stream.EVENT, 1, 1, 0, 0, b'{"event":"started","pid":7}')))[0]
    assert frame.stream is Stream.EVENT
    assert json.loads(frame.payload) == {"event": "started", "pid": 7}
    assert repr(frame) == "Frame(event 1:1 27 bytes)"
