"""An asciicast that may be played in one's own terminal: `asciinema play` writes a session's output there as it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from claudios.cli.escapes import Escapes


def playable(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of an asciicast, of whose output only what draws is left."""
    escapes = Escapes()
    for line in _lines(pieces):
        entry = json.loads(line)
        if isinstance(entry, list) and entry[1] == "o":
            entry[2] = escapes.feed(entry[2].encode()).decode()
            yield json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        else:
            yield line + b"\n"


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    begun = b""
    for piece in pieces:
        *whole, begun = (begun + piece).split(b"\n")
        yield from whole
    if begun:
        yield begun
