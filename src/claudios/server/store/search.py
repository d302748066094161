"""What people find: the words of every item, and of every title, as they are compared (search/terms.py).

`item_texts` holds them on either database. What finds three characters in a row in them is a table of FTS5 that
triggers keep beside it, or an index of pg_trgm; the rest of a match is compared here, so both databases find the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Integer, Row, Select, and_, column, func, or_, select, table, text

from claudios.protocol.messages import SessionState
from claudios.server.projections.readable import text_of
from claudios.server.search.terms import encoded, grams
from claudios.server.store.indexing import KEY_BITS, MAX_MS, TITLE_NO, UNSEEN
from claudios.server.store.tables import agents, index_places, item_texts, items, members, projects, sessions

RANKED_CHARACTERS = 4_000
"""Of a text: where it stands among others depends on its beginning."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks for. Times are those of the items; costs those of their sessions."""

    terms: tuple[str, ...]
    project_id: str | None = None
    agent_id: str | None = None
    state: SessionState | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    min_cost_usd: float | None = None
    max_cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The beginning of a text that was found; the newest has the highest key, the title of a session TITLE_NO."""

    key: int
    session_id: str
    no: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A match with what people are shown of it."""

    key: int
    session_id: str
    session_title: str
    project_id: str
    project_name: str
    agent_id: str
    agent_name: str
    state: SessionState
    cost_usd: float | None
    no: int
    kind: str
    at_ms: int
    text: str


def unseen(connection: Connection, user_id: str) -> int:
    """Return how many sessions of a person's projects have still to be indexed for the first time."""
    found = (
        select(func.count())
        .select_from(index_places)
        .join(sessions, sessions.c.id == index_places.c.session_id)
        .join(members, members.c.project_id == sessions.c.project_id)
    )
    mine = found.where(text("is_behind"), index_places.c.seq == UNSEEN, _is_mine(user_id))
    return connection.execute(mine).scalar() or 0


def find(connection: Connection, user_id: str, wanted: Wanted, *, up_to: int | None, limit: int) -> list[Match]:
    """Return what a person may see of what they look for, newest first, from key `up_to` downwards."""
    words = [encoded(term) for term in wanted.terms]
    on_sqlite = connection.dialect.name == "sqlite"
    query = _from_index(words) if on_sqlite else _from_texts()
    query = query.where(
        _is_mine(user_id),
        members.c.project_id == sessions.c.project_id,
        item_texts.c.session_id == sessions.c.id,
        _is_valid(),
        *_filters(wanted),
        *(
            func.instr(item_texts.c.text, word) > 0 if on_sqlite else item_texts.c.text.contains(word, autoescape=True)
            for word in words
        ),
    )
    if up_to is not None:
        query = query.where(item_texts.c.id <= up_to)
    key = _grams.c.rowid if on_sqlite else item_texts.c.id
    return [_match(row) for row in connection.execute(query.order_by(key.desc()).limit(limit))]


def sources(connection: Connection, user_id: str, keys: Sequence[int]) -> dict[int, Source]:
    """Return what a person is shown of these matches, by key; what was removed meanwhile is left out."""
    found = connection.execute(
        select(
            item_texts.c.id.label("key"),
            item_texts.c.session_id,
            item_texts.c.no,
            sessions.c.title.label("session_title"),
            sessions.c.project_id,
            projects.c.name.label("project_name"),
            sessions.c.agent_id,
            agents.c.name.label("agent_name"),
            sessions.c.state,
            sessions.c.cost_usd,
            sessions.c.created_ms,
            items.c.kind,
            items.c.at_ms,
            items.c.body,
        )
        .join(sessions, sessions.c.id == item_texts.c.session_id)
        .join(projects, projects.c.id == sessions.c.project_id)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .join(
            items,
            and_(items.c.session_id == item_texts.c.session_id, items.c.no == item_texts.c.no),
            isouter=True,
        )
        .join(members, members.c.project_id == sessions.c.project_id)
        .join(index_places, _is_valid())
        .where(item_texts.c.id.in_(keys), _is_mine(user_id))
    )
    return {row.key: _source(row) for row in found if row.body is not None or row.no == TITLE_NO}


def _is_valid() -> ColumnElement[bool]:
    """Say whether a text is of the generation of its session, or a title."""
    return and_(
        index_places.c.session_id == item_texts.c.session_id,
        or_(item_texts.c.generation == index_places.c.generation, item_texts.c.no == TITLE_NO),
    )


def _is_mine(user_id: str) -> ColumnElement[bool]:
    return members.c.user_id == user_id


_grams = table("item_grams", column("item_grams"), column("rowid", Integer))
_MATCH = (
    item_texts.c.id,
    item_texts.c.session_id,
    item_texts.c.no,
    item_texts.c.kind,
    func.substr(item_texts.c.text, 1, RANKED_CHARACTERS).label("text"),
)


def _from_texts() -> Select[*tuple[Any, ...]]:
    return select(*_MATCH).select_from(item_texts, sessions, members, index_places)


def _from_index(words: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Begin with the index, which the sum has SQLite do: it would rather begin with the sessions."""
    parts = [gram for word in words for gram in grams(word)]
    asked = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in dict.fromkeys(parts))
    return (
        select(*_MATCH)
        .select_from(_grams, item_texts, sessions, members, index_places)
        .where(_grams.c.item_grams.op("MATCH")(asked), _grams.c.rowid + 0 == item_texts.c.id)
    )


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.project_id is not None:
        asked.append(sessions.c.project_id == wanted.project_id)
    if wanted.agent_id is not None:
        asked.append(sessions.c.agent_id == wanted.agent_id)
    if wanted.state is not None:
        asked.append(sessions.c.state == wanted.state.value)
    if wanted.since_ms is not None:
        asked.append(item_texts.c.id >= min(wanted.since_ms, MAX_MS) << KEY_BITS)
    if wanted.until_ms is not None:
        asked.append(item_texts.c.id < (min(wanted.until_ms, MAX_MS) + 1) << KEY_BITS)
    if wanted.min_cost_usd is not None:
        asked.append(sessions.c.cost_usd >= wanted.min_cost_usd)
    if wanted.max_cost_usd is not None:
        asked.append(func.coalesce(sessions.c.cost_usd, 0) <= wanted.max_cost_usd)
    return asked


def _match(row: Row[*tuple[Any, ...]]) -> Match:
    return Match(row.id, row.session_id, row.no, row.kind, row.text)


def _source(row: Row[*tuple[Any, ...]]) -> Source:
    is_title = row.no == TITLE_NO
    return Source(
        key=row.key,
        session_id=row.session_id,
        session_title=row.session_title,
        project_id=row.project_id,
        project_name=row.project_name,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        state=SessionState(row.state),
        cost_usd=row.cost_usd,
        no=row.no,
        kind="title" if is_title else row.kind,
        at_ms=row.created_ms if is_title else row.at_ms,
        text=row.session_title if is_title else text_of(row.kind, orjson.loads(row.body)),
    )
