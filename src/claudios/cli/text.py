"""Texts for a terminal: made harmless, measured in cells, and quantities as people read them."""

from __future__ import annotations

import re
import time
from unicodedata import combining, east_asian_width

# C0 and C1 controls but for newline and tab; marks that turn the direction of writing; what has no width, save joiners
# outside ASCII, where scripts and emoji need them; line separators; tags; half surrogates.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def harmless(text: str) -> str:
    """Return `text` with everything that could command a terminal replaced by a visible sign."""
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return `text` harmless and on one line."""
    return harmless(" ".join(text.split()))


def cells(text: str) -> int:
    """Return how many cells of a terminal a harmless text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def fit(text: str, width: int) -> str:
    """Return `text` cut to `width` cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for each in text:
        used += cells(each)
        if used > width - 1:
            break
        kept.append(each)
    return "".join(kept) + "…"


def age(since_ms: int, now_ms: int | None = None) -> str:
    """Return how long ago a time is, in its largest unit: 4s, 12m, 3h, 9d."""
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    seconds = max(0, now - since_ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def cost(usd: float | None) -> str:
    """Return an amount of dollars, with more digits where it is small."""
    if usd is None:
        return ""
    return f"${usd:.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"


def size(count: int) -> str:
    """Return a number of bytes in its largest decimal unit."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: 1 session, 2 sessions."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
