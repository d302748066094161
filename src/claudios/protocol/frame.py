"""The frame: one numbered piece of a session's output, and its bytes on disk and wire.

    offset  size  field
         0     2  magic    "CF"
         2     1  version  1
         3     1  flags    0 (reserved)
         4     1  stream   1 stdin, 2 stdout, 3 stderr, 4 pty, 5 event, 6 transcript
         5     3  zero
         8     4  epoch    which process of the session, from 1
        12     8  seq      from 1, contiguous in a session over all epochs
        20     8  mono_ns  monotonic clock of the machine, nanoseconds
        28     8  wall_ms  wall clock of the machine, Unix milliseconds
        36     4  length   of the payload, at most 65,536
        40     4  crc      CRC-32 of bytes 0 to 39 and the payload
        44     …  payload  raw bytes exactly as read

All numbers are little-endian. The shim imports this module with `python -S`, so it leans on a few cheap modules
of the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from zlib import crc32

from claudios.protocol.errors import FrameInvalid

MAGIC = b"CF"
VERSION = 1
MAX_PAYLOAD_BYTES = 65_536

_FIELDS = Struct("<2sBBB3xIQQQI")
_CRC = Struct("<I")
HEADER_BYTES = _FIELDS.size + _CRC.size


class Stream(IntEnum):
    """Where a frame's bytes come from. `EVENT` frames hold one JSON object written by the shim itself.

    `TRANSCRIPT` is what Claude itself kept of a conversation that was held before the session, line by line.
    """

    STDIN = 1
    STDOUT = 2
    STDERR = 3
    PTY = 4
    EVENT = 5
    TRANSCRIPT = 6


class Frame:
    """One numbered piece of output; immutable by convention (a plain class: the shim must start in 10 MB)."""

    __slots__ = ("epoch", "mono_ns", "payload", "seq", "stream", "wall_ms")

    def __init__(self, stream: Stream, epoch: int, seq: int, mono_ns: int, wall_ms: int, payload: bytes) -> None:
        self.stream = stream
        self.epoch = epoch
        self.seq = seq
        self.mono_ns = mono_ns
        self.wall_ms = wall_ms
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and encode(self) == encode(other)

    def __hash__(self) -> int:
        return hash((self.epoch, self.seq))

    def __repr__(self) -> str:
        return f"Frame({self.stream.name.lower()} {self.epoch}:{self.seq} {len(self.payload)} bytes)"


def encode(frame: Frame) -> bytes:
    """Return the frame's bytes: header, checksum, payload. Raises FrameInvalid for a payload over the limit."""
    return encode_header(frame.stream, frame.epoch, frame.seq, frame.mono_ns, frame.wall_ms, frame.payload) + bytes(
        frame.payload
    )


def encode_header(
    stream: Stream, epoch: int, seq: int, mono_ns: int, wall_ms: int, payload: bytes | memoryview
) -> bytes:
    """Return the 44 bytes that go before `payload`. Raises FrameInvalid for a payload over the limit."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise FrameInvalid(f"A frame carries at most {MAX_PAYLOAD_BYTES} bytes, not {len(payload)}. Cut it.")
    fields = _FIELDS.pack(MAGIC, VERSION, 0, stream, epoch, seq, mono_ns, wall_ms, len(payload))
    return fields + _CRC.pack(crc32(payload, crc32(fields)))


class Located:
    """Where one encoded frame lies in a buffer: `start` to `end`, and the header's fields."""

    __slots__ = ("end", "epoch", "mono_ns", "seq", "start", "stream", "wall_ms")

    def __init__(self, start: int, end: int, stream: Stream, epoch: int, seq: int, mono_ns: int, wall_ms: int) -> None:
        self.start = start
        self.end = end
        self.stream = stream
        self.epoch = epoch
        self.seq = seq
        self.mono_ns = mono_ns
        self.wall_ms = wall_ms


def locate(buffer: bytes | bytearray | memoryview, start: int = 0) -> Iterator[Located]:
    """Yield each whole frame of `buffer` from `start`; stop before an incomplete one.

    Raises FrameInvalid at the first whole frame whose magic, version, stream, length or checksum is wrong.
    The payload of a located frame is `buffer[located.start + HEADER_BYTES : located.end]`.
    """
    view = memoryview(buffer)
    size = len(view)
    while size - start >= HEADER_BYTES:
        magic, version, flags, stream, epoch, seq, mono_ns, wall_ms, length = _FIELDS.unpack_from(view, start)
        if magic != MAGIC or version != VERSION or flags or length > MAX_PAYLOAD_BYTES or stream not in _STREAMS:
            raise FrameInvalid(f"No frame starts at byte {start}. The bytes before it are intact.")
        end = start + HEADER_BYTES + length
        if end > size:
            return
        body = start + _FIELDS.size
        (crc,) = _CRC.unpack_from(view, body)
        if crc32(view[start + HEADER_BYTES : end], crc32(view[start:body])) != crc:
            raise FrameInvalid(f"The frame at byte {start} fails its checksum. The bytes before it are intact.")
        yield Located(start, end, _STREAMS[stream], epoch, seq, mono_ns, wall_ms)
        start = end


def decode(buffer: bytes | bytearray | memoryview) -> list[Frame]:
    """Return the frames of a buffer that holds whole frames only. Raises FrameInvalid otherwise."""
    view = memoryview(buffer)
    frames = []
    end = 0
    for found in locate(view):
        payload = bytes(view[found.start + HEADER_BYTES : found.end])
        frames.append(Frame(found.stream, found.epoch, found.seq, found.mono_ns, found.wall_ms, payload))
        end = found.end
    if end != len(view):
        raise FrameInvalid(f"The last frame is cut: {len(view) - end} bytes are left over. Read the rest first.")
    return frames


_STREAMS = {int(stream): stream for stream in Stream}
