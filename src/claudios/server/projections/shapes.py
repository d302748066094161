"""What the CLI's JSON holds, read without trusting it, and cut to what people can look at.

The protocol of the CLI is no stable contract: every value is looked at before it is used, and what has another shape
than expected counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

Json = dict[str, object]

_CUT = re.compile(r"… \[\d+ more characters\]\Z|\A… \d+ more entries\Z")
MAX_TEXT = 4 * 1024 * 1024
MAX_RESULT = 64 * 1024
MAX_STRING = 64 * 1024
MAX_RAW = 16 * 1024
MAX_NOTICE_TEXT = 4000
MAX_NAME = 256
MAX_ENTRIES = 2_000
MAX_DEPTH = 40
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(line: bytes) -> Json | None:
    """Return the JSON object of a line, or None. Invalid UTF-8 and lone surrogates are replaced."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = _repaired(line)
    return value if isinstance(value, dict) else None


def as_object(value: object) -> Json:
    """Return an object, empty when it is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return a list, empty when it is none."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a string, empty when it is none."""
    return value if isinstance(value, str) else ""


def as_text_or_none(value: object) -> str | None:
    """Return a string, or None for anything else and for an empty one."""
    return value if isinstance(value, str) and value else None


def as_name(value: object) -> str:
    """Return a short string that any database takes: an id, a mode, a model. Empty when it is none."""
    return value[:MAX_NAME].replace("\0", "") if isinstance(value, str) else ""


def as_name_or_none(value: object) -> str | None:
    """Return a name, or None for anything else and for an empty one."""
    return as_name(value) or None


def as_count(value: object) -> int:
    """Return a whole number that is not negative, 0 when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0


def as_number(value: object) -> float | None:
    """Return a number as float, or None."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def clipped(text: str, most: int) -> str:
    """Return at most `most` characters, and say so when that is not all."""
    return text if len(text) <= most else f"{text[:most]}… [{len(text) - most} more characters]"


def bounded(value: object, most: int = MAX_STRING, depth: int = MAX_DEPTH) -> object:
    """Return JSON with long strings, long lists and deep nesting cut, each saying so."""
    if isinstance(value, str):
        return clipped(value, most)
    if isinstance(value, dict):
        if depth == 0:
            return {"…": f"{len(value)} more entries"}
        kept = {key: bounded(entry, most, depth - 1) for key, entry in list(value.items())[:MAX_ENTRIES]}
        return kept if len(value) <= MAX_ENTRIES else kept | {"…": f"{len(value) - MAX_ENTRIES} more entries"}
    if isinstance(value, list):
        if depth == 0:
            return [f"… {len(value)} more entries"]
        entries = [bounded(entry, most, depth - 1) for entry in value[:MAX_ENTRIES]]
        return entries if len(value) <= MAX_ENTRIES else [*entries, f"… {len(value) - MAX_ENTRIES} more entries"]
    return value


def is_whole(value: object) -> bool:
    """Say whether nothing of JSON was cut by `bounded`."""
    if isinstance(value, str):
        return _CUT.search(value) is None
    if isinstance(value, dict):
        return "…" not in value and all(map(is_whole, value.values()))
    return not isinstance(value, list) or all(map(is_whole, value))


def bounded_object(value: object, most: int = MAX_STRING) -> Json:
    """Return an object cut to what is worth showing, empty when it is none."""
    return as_object(bounded(as_object(value), most))


def raw(value: Mapping[str, object]) -> str:
    """Return JSON as text to look at, cut to MAX_RAW characters."""
    return clipped(orjson.dumps(bounded(dict(value), MAX_RAW)).decode(), MAX_RAW)


def _repaired(line: bytes) -> object:
    """Read a line that is JSON but for bytes that are no characters."""
    import json

    if not _LONE_SURROGATE.search(line):
        try:
            line.decode()
        except UnicodeDecodeError:
            pass
        else:
            return None
    try:
        loose = json.loads(line.decode(errors="replace"))
        return orjson.loads(json.dumps(loose, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
