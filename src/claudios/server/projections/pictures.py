"""Images in messages: where each is in the log, and its bytes taken out of the line again.

An item holds no image, only its place: the frame and offset at which its line begins, and its number in that line.
Only an image whose data is in the line is one; what merely names an address is never fetched.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from claudios.protocol.images import MEDIA_TYPES, media_type_of
from claudios.server.projections.shapes import Json, as_list, as_object, as_text

MAX_PICTURES = 64


@dataclass(frozen=True, slots=True)
class LineStart:
    """Where a line begins: frame `seq`, `offset` bytes into its payload."""

    seq: int
    offset: int


def is_picture(block: Json) -> bool:
    """Say whether a block of a message is an image with its data."""
    source = as_object(block.get("source"))
    is_data = block.get("type") == "image" and source.get("type") == "base64"
    return is_data and as_text(source.get("media_type")) in MEDIA_TYPES and bool(as_text(source.get("data")))


def images_of(content: object) -> int:
    """Return how many images a message's content has itself, also those that cannot be shown."""
    return sum(as_object(block).get("type") == "image" for block in as_list(content))


def places_of(message: Json, holder: object, start: LineStart) -> list[Json]:
    """Return the places of the images that a message has in `holder`: the message itself, or one of its results."""
    found = (number for number, (within, _) in enumerate(_pictures(message)) if holder is message or within is holder)
    return [{"seq": start.seq, "offset": start.offset, "number": number} for number in islice(found, MAX_PICTURES)]


def picture(message: Json, number: int) -> tuple[str, bytes] | None:
    """Return media type and bytes of an image of a message; None where there is no such one."""
    for at, (_, block) in enumerate(_pictures(message)):
        if at == number:
            try:
                raw = b64decode(as_text(as_object(block.get("source")).get("data")), validate=True)
            except (binascii.Error, ValueError):
                return None
            kind = media_type_of(raw)
            return None if kind is None else (kind, raw)
    return None


def _pictures(message: Json) -> Iterator[tuple[Json, Json]]:
    """Yield each image with the block that holds it, in order; one of the message itself is held by itself."""
    for entry in as_list(as_object(message.get("message")).get("content")):
        block = as_object(entry)
        if is_picture(block):
            yield block, block
        elif block.get("type") == "tool_result":
            for inner in as_list(block.get("content")):
                if is_picture(as_object(inner)):
                    yield block, as_object(inner)
