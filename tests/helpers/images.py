"""Small real images, and where a conversation with the scripted model holds some."""

from __future__ import annotations

import json
import random
import struct
import zlib
from base64 import b64decode
from pathlib import Path


def png(width: int, height: int, *, seed: int = 0, is_plain: bool = False) -> bytes:
    """Return a PNG of coloured noise, three bytes a pixel that do not compress; or of plain lines of one colour."""
    noise = random.Random(seed)
    across, times = (1, width) if is_plain else (width, 1)
    rows = b"".join(b"\0" + noise.randbytes(across * 3) * times for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    name, payload = part
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def images_sent(bodies: Path) -> list[bytes]:
    """Return every image in the newest request that the scripted model has kept below `bodies` and that holds any."""
    for body in sorted(bodies.glob("*.json"), reverse=True):
        found = list(_images_in(json.loads(body.read_bytes())["messages"]))
        if found:
            return found
    return []


def _images_in(value: object) -> list[bytes]:
    if isinstance(value, list):
        return [found for entry in value for found in _images_in(entry)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "image":
        return [b64decode(value["source"]["data"])]
    return _images_in(list(value.values()))
