"""The words of an item, as people who search would look for them; nothing of it that only the page needs."""

from __future__ import annotations

from collections.abc import Iterator

from claudios.server.projections.shapes import Json, as_object, as_text

_FIELDS: dict[str, tuple[str, ...]] = {
    "user": ("text",),
    "message": ("text", "error"),
    "thinking": ("text",),
    "request": ("title", "description", "message"),  # its input is that of the call it belongs to
    "turn": ("result",),
    "task": ("description", "summary"),
    "notice": ("text",),
    "raw": ("json",),
}


def text_of(kind: str, body: Json) -> str:
    """Return an item's words in the order they are shown, a line for each piece; empty where it has none."""
    if kind == "tool":
        pieces = [as_text(body.get("name")), *_strings(body.get("input")), as_text(body.get("input_text"))]
        pieces.append(as_text(body.get("result")))
    else:
        pieces = [as_text(body.get(field)) for field in _FIELDS.get(kind, ())]
        pieces += _strings(as_object(body.get("answers")))
    return "\n".join(piece for piece in pieces if piece)


def is_growing(body: Json) -> bool:
    """Say whether an item is still being written: it changes once more when that is over."""
    return body.get("streaming") is True


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
