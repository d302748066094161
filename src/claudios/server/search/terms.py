"""What is looked for, and the form in which text is compared with it.

A term is found wherever its characters stand together, in whatever case, so that a part of an identifier finds it. The
index knows texts by each three characters in a row, in an alphabet of its own: in scripts that put no spaces between
words a mark stands around each character, so that a single one makes three.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from claudios.protocol.errors import InputInvalid

GRAM = 3
MARK = "\x01"
MAX_TERMS = 10
MAX_TERM = 200
TOO_SHORT = "Name at least three letters that stand together: shorter words are in nearly every text."
TOO_MANY = f"Search for at most {MAX_TERMS} words of {MAX_TERM} letters."

_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""Thai, Lao, Burmese, Khmer, kana, Han and Hangul."""
_SPACE = re.compile(r"\s+")
_QUERY = re.compile(r'"([^"]*)"?|(\S+?)(?=["\s]|\Z)')


def shown(text: str) -> str:
    """Return text in which what looks the same is the same."""
    return unicodedata.normalize("NFC", text)


def encoded(text: str) -> str:
    """Return text as it is compared: without case, each space the same, and marked where words are not spaced."""
    plain = _SPACE.sub(" ", shown(text).replace("\0", " ").replace(MARK, " ").lower()).strip()
    return _UNSPACED.sub(rf"{MARK}\1{MARK}", plain).replace(MARK + MARK, MARK)


def terms_of(query: str) -> tuple[str, ...]:
    """Return the words of a query, and what stands in quotes as a whole; all are to be found.

    Raises InputInvalid where none has the three letters that an index needs, or there are too many.
    """
    found = [" ".join((quoted or plain).split()) for quoted, plain in _QUERY.findall(shown(query))]
    terms = tuple(dict.fromkeys(term for term in found if encoded(term)))
    if not any(len(encoded(term)) >= GRAM for term in terms):
        raise InputInvalid(TOO_SHORT, "q")
    if len(terms) > MAX_TERMS or any(len(term) > MAX_TERM for term in terms):
        raise InputInvalid(TOO_MANY, "q")
    return terms


def grams(term: str) -> list[str]:
    """Return each three characters in a row of an encoded term, once."""
    return list(dict.fromkeys(term[at : at + GRAM] for at in range(len(term) - GRAM + 1)))


def pattern(terms: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of these terms in text as it is shown, the longest first."""
    longest = sorted(terms, key=len, reverse=True)
    return re.compile("|".join(r"\s+".join(map(re.escape, term.split())) for term in longest), re.IGNORECASE)
