"""The stretch of a text that shows why it was found, and how well it fits what was looked for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from claudios.protocol.fields import Model
from claudios.server.search.terms import encoded, pattern

BEFORE, LENGTH = 60, 240
NEAR = 120
_KIND: dict[str, float] = {"title": 2.0, "user": 0.8, "message": 0.6, "turn": 0.4, "task": 0.3, "thinking": 0.2}


class Piece(Model):
    """A piece of an excerpt; `is_hit` where it is what was looked for."""

    text: str
    is_hit: bool


def excerpt(text: str, terms: Sequence[str]) -> tuple[Piece, ...]:
    """Return the stretch around the first hit, on one line, in pieces; their texts together are the stretch."""
    wanted = pattern(terms)
    first = wanted.search(text)
    start = max(0, (first.start() if first else 0) - BEFORE)
    if start:  # begin with a whole word, if there is one
        space = re.compile(r"\s").search(text, start, first.start() if first else start)
        start = space.end() if space else start
    stretch = " ".join(text[start : start + LENGTH].split())
    shown = f"{'…' if start else ''}{stretch}{'…' if start + LENGTH < len(text) else ''}"
    pieces: list[Piece] = []
    at = 0
    for hit in wanted.finditer(shown):
        if hit.start() > at:
            pieces.append(Piece(text=shown[at : hit.start()], is_hit=False))
        pieces.append(Piece(text=hit.group(), is_hit=True))
        at = hit.end()
    if at < len(shown):
        pieces.append(Piece(text=shown[at:], is_hit=False))
    return tuple(pieces)


def fit(kind: str, text: str, terms: Sequence[str]) -> float:
    """Say how well an encoded text fits (higher is better): whole words, their number and nearness, and who speaks."""
    score = _KIND.get(kind, 0.0) - 0.3 * math.log10(1 + len(text) / 500)
    places = []
    for term in map(encoded, terms):
        places.append(text.find(term))
        inside = re.escape(term)
        whole = len(re.findall(rf"(?<![^\W_]){inside}(?![^\W_])", text))
        begun = whole or len(re.findall(rf"(?<![^\W_]){inside}", text))
        score += 1.5 if whole else 0.7 if begun else 0.0
        score += 0.3 * math.log1p(whole or begun)
    if len(places) > 1 and min(places) >= 0 and max(places) - min(places) <= NEAR:
        score += 1.0
    return score
