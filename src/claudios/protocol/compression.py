"""Bytes made smaller for a slow link, and back again within a bound that is known before anything is expanded.

Both are zlib (RFC 1950), which is in the standard library of every agent and server. Pure.
"""

from __future__ import annotations

import zlib

from claudios.protocol.errors import MessageInvalid

LEVEL = 1
"""The fastest. Level 6 makes text about a tenth smaller, for several times the processor time."""

_DAMAGED = "A compressed batch cannot be expanded to what it says it holds. Nothing of the message was taken."


def compress(*parts: bytes | memoryview) -> bytes:
    """Return the parts, joined, as one zlib stream."""
    making = zlib.compressobj(LEVEL)
    return b"".join([*(making.compress(part) for part in parts), making.flush()])


def expand(stream: memoryview, plain_bytes: int) -> bytes:
    """Return the `plain_bytes` that a zlib stream holds, never making more than one byte beyond.

    Raises MessageInvalid unless the stream is whole, ends with its last byte, and holds exactly that many.
    """
    making = zlib.decompressobj()
    try:
        plain = making.decompress(stream, plain_bytes + 1)
    except zlib.error as damaged:
        raise MessageInvalid(_DAMAGED) from damaged
    if len(plain) != plain_bytes or not making.eof or making.unused_data:
        raise MessageInvalid(_DAMAGED)
    return plain
