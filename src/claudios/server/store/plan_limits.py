"""How the limits of each agent's account stand, and which sessions were stopped by one.

A session that was stopped waits, and may go on by itself: it is one row, known by the frame that ended the turn, so
that neither a fold made anew nor a second replica stops it, or sets it going, twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from claudios.protocol.fields import Model
from claudios.protocol.messages import Mode, SessionState
from claudios.server.projections.plan_limits import PlanLimits, Stopped, WentOn
from claudios.server.store.tables import agents, limit_stops, plan_limits, sessions, tombstones

AFTER_MS = 15_000
"""How long after its reset a limit counts as reset: clocks differ."""
SPREAD_MS = 120_000
"""Sessions that one limit stopped go on one after the other within that time."""
MOST_TRIES = 3
"""How often a session goes on by itself without Claude saying anything before the next limit."""


class StopState(StrEnum):
    """What becomes of a stop: it waits for the reset, somebody has called that off, or it is over."""

    WAITING = "waiting"
    CANCELLED = "cancelled"
    OVER = "over"


class LimitStop(Model):
    """A limit that stopped a session's newest turn, by Claude's name for it, and when it resets.

    At `goes_on_ms` the session goes on by itself; None: it waits for a person.
    """

    kind: str | None
    resets_ms: int
    goes_on_ms: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A stop whose limit has reset, and what is to be said then."""

    seq: int
    prompt: str


def put(connection: Connection, agent_id: str, said: PlanLimits, now_ms: int) -> bool:
    """Keep how the limits of an agent's account stand; say whether that is news. An older word changes nothing."""
    said = said.model_copy(update={"at_ms": min(said.at_ms, now_ms)})
    known = of_agents(connection, [agent_id]).get(agent_id)
    if known is not None and known.at_ms > said.at_ms:
        return False
    if known is not None:
        named = {window.kind for window in said.windows}
        others = [each for each in known.windows if each.kind not in named and (each.resets_ms or 0) > said.at_ms]
        said = said.model_copy(update={"windows": (*said.windows, *others)})
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"agent_id": agent_id, "at_ms": said.at_ms, "said": said.model_dump_json()}
    fresh = dialect.insert(plan_limits).values(values)
    connection.execute(
        fresh.on_conflict_do_update(
            index_elements=["agent_id"], set_=values, where=plan_limits.c.at_ms <= fresh.excluded.at_ms
        )
    )
    return True


def of_agents(connection: Connection, agent_ids: Sequence[str]) -> dict[str, PlanLimits]:
    """Return how the limits of these agents' accounts stand, as far as that is known."""
    rows = connection.execute(
        select(plan_limits.c.agent_id, plan_limits.c.said).where(plan_limits.c.agent_id.in_(agent_ids))
    )
    return {row.agent_id: PlanLimits.model_validate_json(row.said) for row in rows}


def note(connection: Connection, session_id: str, news: Stopped | WentOn, now_ms: int) -> None:
    """Keep that a limit stopped a session, or that it went on. What a fold made anew tells again changes nothing."""
    known = connection.execute(select(limit_stops).where(limit_stops.c.session_id == session_id)).first()
    if known is not None and news.seq <= known.seq:
        return
    if isinstance(news, WentOn):
        if known is not None:
            _change(connection, session_id, state=StopState.OVER.value, tries=0)
        return
    values = {
        "seq": news.seq,
        "kind": news.kind,
        "resets_ms": news.resets_ms,
        "due_ms": max(news.resets_ms, now_ms) + AFTER_MS + _spread(session_id, news.seq),
        "state": StopState.WAITING.value,
        "tries": 0 if known is None or news.has_worked else known.tries,
    }
    if known is None:
        connection.execute(insert(limit_stops).values(session_id=session_id, **values))
    else:
        _change(connection, session_id, **values)


def set_prompt(connection: Connection, session_id: str, prompt: str | None, now_ms: int) -> None:
    """Say with what a session goes on once a limit that stopped it has reset; None: it waits for a person.

    Where the limit has reset already, nothing is to go on by itself that nobody expects any more.
    """
    was = connection.execute(select(sessions.c.limit_prompt).where(sessions.c.id == session_id)).scalar()
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(limit_prompt=prompt))
    if prompt is not None and was is None:
        connection.execute(
            update(limit_stops)
            .where(limit_stops.c.session_id == session_id, _WAITS, limit_stops.c.resets_ms <= now_ms)
            .values(state=StopState.OVER.value)
        )


def cancel(connection: Connection, session_id: str) -> bool:
    """Have a stopped session wait for a person, this time; say whether it waited for the reset."""
    return _settle(connection, session_id, StopState.CANCELLED, _WAITS)


def settle(connection: Connection, session_id: str) -> bool:
    """Take that a stopped session goes on, or was ended, by a person; say whether it was stopped until now."""
    return _settle(connection, session_id, StopState.OVER, limit_stops.c.state != StopState.OVER.value)


def take(connection: Connection, session_id: str, seq: int) -> bool:
    """Have a stop be over because the session goes on by itself now; say whether this call did, which only one can."""
    taken = connection.execute(
        update(limit_stops)
        .where(limit_stops.c.session_id == session_id, limit_stops.c.seq == seq, _WAITS)
        .values(state=StopState.OVER.value, tries=limit_stops.c.tries + 1)
    )
    return taken.rowcount == 1


def due(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions that are to go on by themselves now."""
    found = connection.execute(
        select(sessions.c.id).where(*_is_due(now_ms)).order_by(limit_stops.c.due_ms, sessions.c.id)
    )
    return list(found.scalars())


def due_now(connection: Connection, session_id: str, now_ms: int) -> Due | None:
    """Return what is due in one session; None for nothing."""
    row = connection.execute(
        select(limit_stops.c.seq, sessions.c.limit_prompt).where(sessions.c.id == session_id, *_is_due(now_ms))
    ).first()
    return None if row is None else Due(row.seq, row.limit_prompt)


def goes_on_by_itself() -> ColumnElement[bool]:
    """Hold of a session in a query that waits for a limit's reset: what else waits in it waits on."""
    waiting = exists().where(limit_stops.c.session_id == sessions.c.id, *_GOES_ON)
    return and_(sessions.c.limit_prompt.is_not(None), waiting)


def is_waited_for() -> ColumnElement[bool]:
    """Hold of a session in a query that waits for a limit's reset or, since that was called off, for a person."""
    is_cancelled = limit_stops.c.state == StopState.CANCELLED.value
    cancelled = exists().where(limit_stops.c.session_id == sessions.c.id, is_cancelled)
    return or_(goes_on_by_itself(), cancelled)


def view(row: Row[*tuple[Any, ...]]) -> LimitStop | None:
    """Return what a row with VIEW_COLUMNS, `limit_prompt` and `archived_ms` says to people."""
    if row.stop_state in (None, StopState.OVER.value):
        return None
    waits = row.stop_state == StopState.WAITING.value and row.archived_ms is None
    is_due = waits and row.stop_tries < MOST_TRIES
    goes_on_ms = row.stop_due_ms if is_due and row.limit_prompt is not None else None
    return LimitStop(kind=row.stop_kind, resets_ms=row.stop_resets_ms, goes_on_ms=goes_on_ms)


VIEW_COLUMNS = tuple(
    limit_stops.c[name].label(f"stop_{name}") for name in ("state", "kind", "resets_ms", "due_ms", "tries")
)
_WAITS = limit_stops.c.state == StopState.WAITING.value
_GOES_ON = (_WAITS, limit_stops.c.tries < MOST_TRIES)


def _is_due(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    """Hold of what may go on: an ended session whose log is folded to its end, or one that runs and does nothing."""
    is_ended = and_(
        sessions.c.state == SessionState.ENDED.value,
        sessions.c.archived_ms.is_(None),
        sessions.c.worktree_removed_ms.is_(None),
        ~exists().where(tombstones.c.session_id == sessions.c.id),
    )
    is_idle = and_(sessions.c.state == SessionState.RUNNING.value, sessions.c.activity == "idle")
    return (
        limit_stops.c.session_id == sessions.c.id,
        *_GOES_ON,
        limit_stops.c.due_ms <= now_ms,
        sessions.c.limit_prompt.is_not(None),
        sessions.c.mode == Mode.CHAT.value,
        sessions.c.folded_seq >= sessions.c.last_seq,
        or_(is_ended, is_idle),
        exists().where(agents.c.id == sessions.c.agent_id, agents.c.removed_ms.is_(None)),
    )


def _settle(connection: Connection, session_id: str, state: StopState, condition: ColumnElement[bool]) -> bool:
    settled = connection.execute(
        update(limit_stops).where(limit_stops.c.session_id == session_id, condition).values(state=state.value)
    )
    return settled.rowcount == 1


def _change(connection: Connection, session_id: str, **values: object) -> None:
    connection.execute(update(limit_stops).where(limit_stops.c.session_id == session_id).values(**values))


def _spread(session_id: str, seq: int) -> int:
    """Return the session's own part of SPREAD_MS: the same whoever computes it."""
    return int.from_bytes(sha256(f"{session_id} {seq}".encode()).digest()[:4]) % SPREAD_MS
