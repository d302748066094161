"""Patches: what changed in a session's transcript, encoded once for all its viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from claudios.server.projections.items import Append, Change, Entry, Upsert


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes that lead to `position`; `text` is the message, ready to send."""

    session_id: str
    position: int
    changes: tuple[Change, ...]
    text: str


def patch(session_id: str, position: int, changes: Sequence[Change]) -> Patch:
    """Return the patch of these changes."""
    message = {
        "type": "patch",
        "session_id": session_id,
        "position": position,
        "changes": [_told(change) for change in changes],
    }
    return Patch(session_id, position, tuple(changes), orjson.dumps(message).decode())


def merged(patches: Sequence[Patch]) -> Patch:
    """Return one patch with the effect of several consecutive ones, each item named once a field."""
    if len(patches) == 1:
        return patches[0]
    whole: dict[int, Entry] = {}
    grown: dict[tuple[int, str], list[str]] = {}
    for one in patches:
        for change in one.changes:
            if isinstance(change, Upsert):
                whole[change.item.no] = change.item
                for key in [key for key in grown if key[0] == change.item.no]:
                    del grown[key]
            elif change.no in whole:
                whole[change.no] = _longer(whole[change.no], change)
            else:
                grown.setdefault((change.no, change.field), []).append(change.text)
    changes: list[Change] = [Upsert(entry) for entry in whole.values()]
    changes += [Append(no, field, "".join(texts)) for (no, field), texts in grown.items()]
    return patch(patches[-1].session_id, patches[-1].position, changes)


def _longer(entry: Entry, change: Append) -> Entry:
    return replace(entry, body=entry.body | {change.field: f"{entry.body.get(change.field) or ''}{change.text}"})


def _told(change: Change) -> dict[str, object]:
    if isinstance(change, Upsert):
        return {"op": "upsert", "item": change.item}
    return {"op": "append", "no": change.no, "field": change.field, "text": change.text}
