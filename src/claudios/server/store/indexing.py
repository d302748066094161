"""Keeping the search index: how far it is with each session, and what is put into it and goes, a piece at a time.

A change of items only notes that there is one. A piece is read and encoded on a snapshot (`next_piece`), and put in a
short transaction (`keep`) that makes sure that the place is still the same. Texts of an earlier generation of a session
are found no more, and are deleted in pieces too. The key of a text begins with its time, so that the order of keys is
the order of time.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select, text, update

from claudios.server.projections.readable import is_growing, text_of
from claudios.server.search.terms import encoded
from claudios.server.store.tables import index_places, item_texts, items, sessions

PIECE_CHARACTERS = 8 * 1024
"""About so much text is indexed, or deleted, in a transaction: others wait for it."""
PIECE_ITEMS = 16
MOST_CHARACTERS = 256 * 1024
"""Of one item: what comes after is not found."""
TITLE_NO = 0
TITLE_GENERATION = 0
UNSEEN = -1
"""The place of a session that was never indexed, or is to be indexed anew."""
KEY_BITS = 20
"""Of a key, below its time."""
MAX_MS = 2**42 - 1

_NO_BITS = 10
_MAX_NO = 2**31 - 1
_ITEM = select(items).where(items.c.session_id == bindparam("session"), items.c.no == bindparam("number"))


class Behind(NamedTuple):
    """A session whose index is perhaps behind its items, and the number of its newest frame."""

    session_id: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class Place:
    """How far the index of a session is: at item `no` of those that frame `seq` changed, of its generation."""

    seq: int
    no: int
    generation: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What comes next for the index of a session: outdated texts that go, or items whose texts are put."""

    session_id: str
    begin: Place
    end: Place
    outdated: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    texts: tuple[tuple[int, str, int, str], ...] = ()


def behind(connection: Connection, limit: int, after: str = "") -> list[Behind]:
    """Return sessions whose index is perhaps behind their items, in the order of their ids, after one."""
    found = connection.execute(
        select(index_places.c.session_id, sessions.c.last_seq)
        .join(sessions, sessions.c.id == index_places.c.session_id)
        .where(text("is_behind"), index_places.c.session_id > after)
        .order_by(index_places.c.session_id)
        .limit(limit)
    )
    return [Behind(row.session_id, row.last_seq) for row in found]


def begin(connection: Connection, session_id: str) -> None:
    """Have a new session be indexed."""
    connection.execute(insert(index_places).values(session_id=session_id))


def note_change(connection: Connection, session_id: str) -> None:
    """Have the items of a session be looked at that changed; writes nothing where that is noted already."""
    connection.execute(
        update(index_places)
        .where(index_places.c.session_id == session_id, index_places.c.is_behind.is_(False))
        .values(is_behind=True)
    )


def next_piece(connection: Connection, session_id: str) -> Piece | None:
    """Return what comes next for a session's index, as this snapshot has it; None where the session is gone."""
    place = _place(connection, session_id)
    if place is None:
        return None
    outdated = _outdated(connection, session_id, place.generation)
    if outdated:
        return Piece(session_id, place, place, outdated=outdated)
    changed = select(items.c.no, items.c.updated_seq).where(items.c.session_id == session_id, _is_after(place))
    coming = connection.execute(changed.order_by(items.c.updated_seq, items.c.no).limit(PIECE_ITEMS)).all()
    numbers: list[int] = []
    texts: list[tuple[int, str, int, str]] = []
    characters, end = 0, replace(place, seq=max(place.seq, 0))
    for row in coming:
        if characters >= PIECE_CHARACTERS:
            break
        item = connection.execute(_ITEM, {"session": session_id, "number": row.no}).one()
        body = orjson.loads(item.body)
        words = "" if is_growing(body) else encoded(text_of(item.kind, body)[:MOST_CHARACTERS])
        if words:
            texts.append((row.no, item.kind, item.at_ms, words))
        numbers.append(row.no)
        characters += len(item.body)
        end = replace(end, seq=row.updated_seq, no=row.no)
    return Piece(session_id, place, end, numbers=tuple(numbers), texts=tuple(texts))


def keep(connection: Connection, piece: Piece) -> bool:
    """Put a piece into the index, unless the place has changed since; say whether the index is level then.

    What was removed meanwhile, folded anew, or indexed by another server, is thus never put. That nothing changed
    behind its end is read in this transaction: a change that commits beside it has one of the two begin again.
    """
    mine = piece.session_id
    place = _place(connection, mine)
    if place != piece.begin:
        return place is None
    if piece.outdated:
        connection.execute(
            delete(item_texts).where(
                item_texts.c.id.in_(piece.outdated),
                item_texts.c.session_id == mine,
                item_texts.c.generation < place.generation,
            )
        )
        return False
    if place.seq == UNSEEN:
        session = connection.execute(select(sessions.c.title, sessions.c.created_ms).where(sessions.c.id == mine)).one()
        put_title(connection, mine, session.title, session.created_ms)
    if piece.numbers:
        connection.execute(delete(item_texts).where(_is_of(mine, place.generation), item_texts.c.no.in_(piece.numbers)))
    _insert(connection, mine, place.generation, piece.texts)
    more = select(items.c.no).where(items.c.session_id == mine, _is_after(piece.end)).limit(1)
    is_level = connection.execute(more).first() is None
    connection.execute(
        update(index_places)
        .where(index_places.c.session_id == mine)
        .values(seq=piece.end.seq, no=piece.end.no, is_behind=not is_level)
    )
    return is_level


def put_title(connection: Connection, session_id: str, title: str, created_ms: int) -> None:
    """Have a session be found by its title."""
    connection.execute(delete(item_texts).where(_is_of(session_id, TITLE_GENERATION), item_texts.c.no == TITLE_NO))
    words = encoded(title)
    if words:
        _insert(connection, session_id, TITLE_GENERATION, [(TITLE_NO, "title", created_ms, words)])


def begin_anew(connection: Connection, session_id: str) -> None:
    """Have a session's items be found no more, and be indexed again; their texts are deleted later, in pieces."""
    connection.execute(
        update(index_places)
        .where(index_places.c.session_id == session_id)
        .values(seq=UNSEEN, no=0, generation=index_places.c.generation + 1, is_behind=True)
    )


def forget_outdated(connection: Connection, session_id: str) -> bool:
    """Delete a piece of the texts that are found no more; say whether that was all."""
    place = _place(connection, session_id)
    outdated = () if place is None else _outdated(connection, session_id, place.generation)
    connection.execute(delete(item_texts).where(item_texts.c.id.in_(outdated)))
    return not outdated


def forget_items(connection: Connection, session_id: str, seq: int) -> None:
    """Have a session's items up to frame `seq` be found no more, nor indexed; their texts are deleted in pieces."""
    begin_anew(connection, session_id)
    connection.execute(update(index_places).where(index_places.c.session_id == session_id).values(seq=seq, no=_MAX_NO))


def _place(connection: Connection, session_id: str) -> Place | None:
    row = connection.execute(
        select(index_places.c.seq, index_places.c.no, index_places.c.generation).where(
            index_places.c.session_id == session_id
        )
    ).first()
    return None if row is None else Place(row.seq, row.no, row.generation)


def _outdated(connection: Connection, session_id: str, generation: int) -> tuple[int, ...]:
    """Return the keys of a piece of the texts that are of an earlier generation."""
    found = connection.execute(
        select(item_texts.c.id, func.length(item_texts.c.text).label("size"))
        .where(
            item_texts.c.session_id == session_id,
            item_texts.c.generation < generation,
            item_texts.c.no != TITLE_NO,
        )
        .limit(PIECE_ITEMS)
    )
    keys: list[int] = []
    characters = 0
    for row in found:
        if characters >= PIECE_CHARACTERS:
            break
        keys.append(row.id)
        characters += row.size
    return tuple(keys)


def _insert(
    connection: Connection, session_id: str, generation: int, texts: Sequence[tuple[int, str, int, str]]
) -> None:
    if not texts:
        return
    wanted = [_key(session_id, no, at_ms) for no, _, at_ms, _ in texts]
    used = set(connection.execute(select(item_texts.c.id).where(item_texts.c.id.in_(wanted))).scalars())
    rows = []
    for key, (no, kind, _, words) in zip(wanted, texts, strict=True):
        while key in used:  # another session has it: of those in the same millisecond, about one in a thousand
            key += 1
            if connection.execute(select(item_texts.c.id).where(item_texts.c.id == key)).first() is not None:
                used.add(key)
        used.add(key)
        rows.append(
            {"id": key, "session_id": session_id, "generation": generation, "no": no, "kind": kind, "text": words}
        )
    connection.execute(insert(item_texts), rows)


def _key(session_id: str, no: int, at_ms: int) -> int:
    """Return the key of a text: its time, something of its session, and the end of its number, for the order."""
    spread = (zlib.crc32(session_id.encode()) << _NO_BITS | no % (1 << _NO_BITS)) & ((1 << KEY_BITS) - 1)
    return (min(max(at_ms, 0), MAX_MS) << KEY_BITS) | spread


def _is_after(place: Place) -> ColumnElement[bool]:
    seq = items.c.updated_seq
    return and_(seq >= place.seq, or_(seq > place.seq, items.c.no > place.no))


def _is_of(session_id: str, generation: int) -> ColumnElement[bool]:
    return and_(item_texts.c.session_id == session_id, item_texts.c.generation == generation)
