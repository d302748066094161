"""The transcript as numbered items, and what changed in it since somebody last asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from claudios.server.projections.shapes import MAX_TEXT, Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as it stands: what is stored and shown."""

    no: int
    kind: str
    body: Json
    created_seq: int
    updated_seq: int
    at_ms: int
    parent: str | None


@dataclass(frozen=True, slots=True)
class Upsert:
    """The item is new, or changed as a whole."""

    item: Entry


@dataclass(frozen=True, slots=True)
class Append:
    """Text was added at the end of `body[field]` of item `no`."""

    no: int
    field: str
    text: str


Change = Upsert | Append


class Item:
    """A piece of the transcript that may still change. Text that grows is kept in pieces until it is looked at."""

    __slots__ = ("_body", "_field", "_length", "_pieces", "at_ms", "created_seq", "kind", "no", "parent", "updated_seq")

    def __init__(self, no: int, kind: str, body: Json, seq: int, at_ms: int, parent: str | None) -> None:
        self.no = no
        self.kind = kind
        self.created_seq = seq
        self.updated_seq = seq
        self.at_ms = at_ms
        self.parent = parent
        self._body = body
        self._field = ""
        self._pieces: list[str] = []
        self._length = 0

    @classmethod
    def of(cls, entry: Entry) -> Item:
        """Return an item that goes on from where it was stored."""
        item = cls(entry.no, entry.kind, dict(entry.body), entry.created_seq, entry.at_ms, entry.parent)
        item.updated_seq = entry.updated_seq
        return item

    @property
    def body(self) -> Json:
        if self._pieces:
            self._body[self._field] = str(self._body.get(self._field, "")) + "".join(self._pieces)
            self._pieces.clear()
        return self._body

    def entry(self) -> Entry:
        """Return the item as it stands."""
        return Entry(self.no, self.kind, dict(self.body), self.created_seq, self.updated_seq, self.at_ms, self.parent)

    def grow(self, field: str, text: str) -> bool:
        """Add text to a field; say whether it was taken: beyond MAX_TEXT nothing is."""
        if field != self._field:
            self._length = len(str(self.body.get(field, "")))
            self._field = field
        if self._length >= MAX_TEXT:
            return False
        self._length += len(text)
        self._pieces.append(text)
        return True

    def replace(self, **fields: object) -> None:
        """Set fields of the body."""
        self.body.update(fields)
        self._field = ""


class Sheet:
    """The items of one session: adds and changes them at the position the fold has reached.

    `open` holds those that may still change. A closed one is dropped once it was handed out.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.at_ms = 0
        self.last_no = 0
        self.open: dict[int, Item] = {}
        self._changed: dict[int, tuple[Item, list[tuple[str, str]] | None]] = {}
        self._dirty: dict[int, Item] = {}

    def add(self, kind: str, body: Json, *, parent: str | None = None, stays_open: bool = False) -> Item:
        """Append an item."""
        self.last_no += 1
        item = Item(self.last_no, kind, body, self.seq, self.at_ms, parent)
        if stays_open:
            self.open[item.no] = item
        self._touch(item)
        return item

    def change(self, item: Item, **fields: object) -> None:
        """Set fields of an item's body."""
        item.replace(**fields)
        item.updated_seq = self.seq
        self._touch(item)

    def append(self, item: Item, field: str, text: str) -> None:
        """Add text at the end of a field."""
        if not text or not item.grow(field, text):
            return
        item.updated_seq = self.seq
        self._dirty[item.no] = item
        known = self._changed.get(item.no)
        if known is None:
            self._changed[item.no] = (item, [(field, text)])
        elif known[1] is not None:
            known[1].append((field, text))

    def close(self, item: Item) -> None:
        """Let go of an item that changes no more."""
        self.open.pop(item.no, None)

    def changes(self) -> list[Change]:
        """Return what changed since the last call, each item once."""
        changed, self._changed = self._changed, {}
        return [change for item, grown in changed.values() for change in _changes(item, grown)]

    def dirty(self) -> list[Entry]:
        """Return the items that changed since the last call, as they stand."""
        dirty, self._dirty = self._dirty, {}
        return [item.entry() for item in dirty.values()]

    def forget_changes(self) -> None:
        """Drop what changed."""
        self._changed.clear()

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty)

    def reopen(self, entries: Iterable[Entry]) -> None:
        """Take items up again that were open at a checkpoint."""
        self.open = {entry.no: Item.of(entry) for entry in entries}

    def _touch(self, item: Item) -> None:
        self._changed[item.no] = (item, None)
        self._dirty[item.no] = item


def _changes(item: Item, grown: list[tuple[str, str]] | None) -> list[Change]:
    if grown is None:
        return [Upsert(item.entry())]
    fields: dict[str, list[str]] = {}
    for field, text in grown:
        fields.setdefault(field, []).append(text)
    return [Append(item.no, field, "".join(texts)) for field, texts in fields.items()]
