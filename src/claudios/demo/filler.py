"""Text in pieces: as it stands, at a reading pace, or as much filler as asked for."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator

PIECE_CHARACTERS = 24
READING_PACE_SECONDS = 0.03
SENTENCE = "The quick brown fox jumps over the lazy dog. "
SENTENCE_BEYOND_ASCII = "Zażółć gęślą jaźń — 日本語テキスト 🙂. "
LINE_CHARACTERS = 400
WORD = re.compile(r"\s*\S+\s*")


async def pieces(text: str) -> AsyncIterator[str]:
    """Yield a text at once, in small pieces."""
    for start in range(0, len(text), PIECE_CHARACTERS):
        yield text[start : start + PIECE_CHARACTERS]
        await asyncio.sleep(0)


async def words(text: str) -> AsyncIterator[str]:
    """Yield a text word by word, as fast as one reads along."""
    for word in WORD.findall(text):
        yield word
        await asyncio.sleep(READING_PACE_SECONDS)


async def filler(
    characters: int, *, rate: float = 0, chunk: int = 100, beyond_ascii: bool = False
) -> AsyncIterator[str]:
    """Yield exactly so many characters in pieces of `chunk`, `rate` of them a second (0: at once)."""
    sentence = SENTENCE_BEYOND_ASCII if beyond_ascii else SENTENCE
    pool = sentence * (chunk // len(sentence) + 2)
    sent = in_line = 0
    begun = time.monotonic()
    while sent < characters:
        size = min(chunk, characters - sent)
        start = sent % len(sentence)
        piece = pool[start : start + size]
        in_line += size
        if in_line > LINE_CHARACTERS and size > 2:
            piece, in_line = piece[:-2] + ".\n", 0
        sent += size
        yield piece
        await asyncio.sleep(max(0.0, begun + sent / rate - time.monotonic()) if rate else 0)
