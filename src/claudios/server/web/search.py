"""Search in the transcripts of all sessions that one may see."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from claudios.protocol.errors import InputInvalid
from claudios.protocol.fields import Model
from claudios.protocol.messages import SessionState
from claudios.server.search.excerpt import Piece, excerpt, fit
from claudios.server.search.terms import shown, terms_of
from claudios.server.store import search
from claudios.server.store.deadline import within
from claudios.server.store.search import Match, Source, Wanted
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import TimeMs
from claudios.server.web.parts import WithParts
from claudios.server.web.routing import api_router

router = api_router("transcripts")

MOST_SECONDS = 5.0
"""The database gives up a search that takes longer."""
TOO_SLOW = "This search takes too long. Add a longer or a rarer word, or narrow it to a project or a time."
COMPARED = 200
"""Matches, the newest ones, of which the best are shown first."""
BUSY = "Several searches of yours are still waiting. Wait for one of them."

Cost = Annotated[float, Query(ge=0, le=1e9, allow_inf_nan=False)]


class SearchOrder(StrEnum):
    """What comes first: what fits best, of the newest matches, or what is newest."""

    BEST = "best"
    NEWEST = "newest"


class Hit(Model):
    """An item that was found, and the stretch of it that shows why. Where `no` is 0 it is the session's title."""

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
    excerpt: tuple[Piece, ...]


class Results(Model):
    """Hits in order; `next` asks for those after them, null where there are none.

    Where `is_cut` older matches were not compared. So many sessions are still `unread`, and not found at all.
    """

    hits: tuple[Hit, ...]
    next: str | None
    is_cut: bool
    unread: int


@router.get("/search", operation_id="search")
async def search_items(
    parts: WithParts,
    caller: SignedIn,
    q: Annotated[str, Query(min_length=1, max_length=1000)],
    project_id: Annotated[str | None, Query(max_length=64)] = None,
    agent_id: Annotated[str | None, Query(max_length=64)] = None,
    state: SessionState | None = None,
    since_ms: Annotated[TimeMs | None, Query()] = None,
    until_ms: Annotated[TimeMs | None, Query()] = None,
    min_cost_usd: Cost | None = None,
    max_cost_usd: Cost | None = None,
    order: SearchOrder = SearchOrder.BEST,
    after: Annotated[str | None, Query(max_length=64, pattern=r"^\d{1,19}(-\d{1,4})?$")] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> Results:
    """Find all words of `q`, each anywhere in a word and in any case, "what stands in quotes" as a whole.

    Times are those of the items, costs those of their sessions. `after` is the `next` of the page before.
    """
    wanted = Wanted(
        terms=terms_of(q),
        project_id=project_id,
        agent_id=agent_id,
        state=state,
        since_ms=since_ms,
        until_ms=until_ms,
        min_cost_usd=min_cost_usd,
        max_cost_usd=max_cost_usd,
    )
    up_to, skipped = _place(after, order)
    most = COMPARED + 1 if order is SearchOrder.BEST else limit + 1

    def look(connection: Connection) -> list[Match]:
        with within(connection, MOST_SECONDS, InputInvalid(TOO_SLOW, "q")):
            return search.find(connection, caller.user_id, wanted, up_to=up_to, limit=most)

    def fetch(connection: Connection) -> tuple[dict[int, Source], int]:
        keys = [match.key for match in page]
        return search.sources(connection, caller.user_id, keys), search.unseen(connection, caller.user_id)

    async with parts.limits.searches_by_person.one(caller.user_id):
        found = await parts.store.read(look)
        if order is SearchOrder.BEST:
            is_cut = len(found) > COMPARED
            top = found[0].key if found else 0
            ranked = await asyncio.to_thread(_best_first, found[:COMPARED], wanted.terms)
            page = ranked[skipped : skipped + limit]
            following = f"{top}-{skipped + limit}" if skipped + limit < len(ranked) else None
        else:
            is_cut = False
            page = found[:limit]
            following = str(found[limit].key) if len(found) > limit else None
        sources, unread = await parts.store.read(fetch)
        hits = await asyncio.to_thread(_hits, [sources[m.key] for m in page if m.key in sources], wanted.terms)
    return Results(hits=hits, next=following, is_cut=is_cut, unread=unread)


def _best_first(found: Sequence[Match], terms: Sequence[str]) -> list[Match]:
    return sorted(found, key=lambda match: (fit(match.kind, match.text, terms), match.key), reverse=True)


def _place(after: str | None, order: SearchOrder) -> tuple[int | None, int]:
    """Return the key to begin at, and how many of the best to skip. Raises InputInvalid."""
    if after is None:
        return None, 0
    key, _, skipped = after.partition("-")
    if bool(skipped) != (order is SearchOrder.BEST) or int(key) >= 2**63:
        raise InputInvalid("This page is not of a search in that order.", "after")
    return int(key), int(skipped or 0)


def _hits(sources: Sequence[Source], terms: Sequence[str]) -> tuple[Hit, ...]:
    return tuple(_hit(source, terms) for source in sources)


def _hit(source: Source, terms: Sequence[str]) -> Hit:
    return Hit(
        session_id=source.session_id,
        session_title=source.session_title,
        project_id=source.project_id,
        project_name=source.project_name,
        agent_id=source.agent_id,
        agent_name=source.agent_name,
        state=source.state,
        cost_usd=source.cost_usd,
        no=source.no,
        kind=source.kind,
        at_ms=source.at_ms,
        excerpt=excerpt(shown(source.text), terms),
    )
