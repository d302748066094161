"""The projection of a session as it is kept: its checkpoint, its items, and what it said of session and requests.

All of a save is one transaction, so that a checkpoint always stands beside exactly the items it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from claudios.protocol.errors import NotFound
from claudios.protocol.messages import Mode
from claudios.server.bus.topics import Changed
from claudios.server.instructions.reply import refuse_unsupported
from claudios.server.projections.asks import Answered, Asked, AskEvent, Unsupported, Withdrawn
from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.items import Entry
from claudios.server.projections.life import Life
from claudios.server.projections.meter import Turn
from claudios.server.projections.plan_limits import PlanLimits, Stopped, WentOn
from claudios.server.store import (
    agents,
    announcements,
    changes,
    indexing,
    items,
    lives,
    offers,
    plan_limits,
    progress,
    requests,
    retention,
    sessions,
    usage,
)
from claudios.server.store.progress import Sums
from claudios.server.store.requests import NewRequest

RECENT_MS = 60 * 60 * 1000
"""How long ago a turn may have ended that is told of: what is folded anew, or much later, is no news."""


@dataclass(frozen=True, slots=True)
class Save:
    """What a projection has to keep: everything since its last save."""

    checkpoint: Checkpoint
    entries: Sequence[Entry]
    asks: Sequence[AskEvent]
    sums: Sums
    life: Life
    is_news: bool
    offers: str | None = None
    turns: Sequence[Turn] = ()
    limits: PlanLimits | None = None
    limit_news: Stopped | WentOn | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A projection to go on with, and the frame it needs the log from."""

    fold: Fold
    resume_seq: int
    last_seq: int
    agent_id: str


def load(connection: Connection, session_id: str) -> Loaded | None:
    """Return the projection as it was last saved, or a fresh one; None when there is no such session."""
    kept = progress.checkpoint(connection, session_id)
    place = sessions.place(connection, session_id)
    if kept is None or place is None:
        return None
    checkpoint = Checkpoint.of(kept.fold)
    tombstone = retention.tombstone(connection, session_id) if checkpoint is None else None
    if tombstone is not None:
        fold, resume_seq = Fold.after(tombstone.last_seq, items.count(connection, session_id)), tombstone.last_seq + 1
    elif checkpoint is None:
        fold, resume_seq = Fold(), 1
    else:
        fold = Fold.restore(checkpoint, items.numbered(connection, session_id, checkpoint.open_items))
        resume_seq = checkpoint.resume_seq
    fold.answered_by(requests.answered_names(connection, session_id))
    return Loaded(fold, resume_seq, kept.last_seq, place.agent_id)


def save(connection: Connection, session_id: str, new: Save, now_ms: int) -> list[Changed]:
    """Keep a projection; return what people are to be told."""
    place = sessions.place(connection, session_id)
    if place is None:  # deleted meanwhile
        return []
    if any(entry.no == 1 for entry in new.entries):  # perhaps folded anew, of which an older server had made more
        items.remove_after(connection, session_id, new.checkpoint.last_no)
        if _is_anew(connection, session_id):
            indexing.begin_anew(connection, session_id)
    items.put(connection, session_id, new.entries)
    _announce(connection, session_id, place, new, now_ms)
    progress.save_fold(connection, session_id, new.checkpoint.position, new.checkpoint.encoded(), new.sums, now_ms)
    usage.put(connection, place, new.turns, now_ms)
    if new.offers is not None:
        offers.put(connection, session_id, new.offers)
    if new.limit_news is not None:
        plan_limits.note(connection, session_id, new.limit_news, now_ms)
    touched = _keep_asks(connection, session_id, new.asks, now_ms)
    for asked in new.asks:
        if isinstance(asked, Unsupported):
            refuse_unsupported(connection, place, asked, now_ms)
    told = lives.witness(connection, session_id, new.life, now_ms, ended_ms=new.sums.ended_ms)
    about = {change.message: change for change in told}
    for request_id in touched:
        change = changes.request(connection, place.project_id, session_id, request_id)
        if change is not None:
            about[change.message] = change
    if new.is_news or touched:
        session = changes.session(connection, session_id)
        if session is not None:
            about[session.message] = session
    if new.limits is not None and plan_limits.put(connection, place.agent_id, new.limits, now_ms):
        about |= {change.message: change for change in _agent(connection, place.agent_id, now_ms)}
    return list(about.values())


def _agent(connection: Connection, agent_id: str, now_ms: int) -> list[Changed]:
    try:
        found = agents.get(connection, agent_id, now_ms)
    except NotFound:  # removed meanwhile
        return []
    return [changes.agent(found.project_id, found)]


def _is_anew(connection: Connection, session_id: str) -> bool:
    """Say whether what is kept of a session is the fold of another version."""
    kept = progress.checkpoint(connection, session_id)
    return kept is not None and kept.folded_seq > 0 and Checkpoint.of(kept.fold) is None


def _announce(connection: Connection, session_id: str, place: sessions.Place, new: Save, now_ms: int) -> None:
    """Have people told that a turn was finished just now, or that Claude waits on its own screen."""
    is_recent = any(entry.kind == "turn" and entry.at_ms > now_ms - RECENT_MS for entry in new.entries)
    if new.sums.turns > place.turns and is_recent:
        announcements.finished(connection, session_id, new.sums.turns, new.sums.last_text, now_ms)
    is_waiting = place.mode is Mode.TERMINAL and new.sums.activity == "waiting"
    if is_waiting and progress.activity(connection, session_id) != "waiting":
        announcements.waits(connection, session_id, new.checkpoint.position, now_ms)


def _keep_asks(connection: Connection, session_id: str, events: Sequence[AskEvent], now_ms: int) -> Mapping[str, None]:
    """Keep what was asked, answered and withdrawn; return the ids it concerns, in order."""
    touched: dict[str, None] = {}
    for event in events:
        if isinstance(event, Unsupported):
            continue
        touched[event.request_id] = None
        if isinstance(event, Asked):
            new = NewRequest(
                request_id=event.request_id,
                epoch=event.epoch,
                kind=event.kind,
                tool_name=event.tool_name,
                title=event.title,
                input=event.input,
                description=event.description,
                suggestions=event.suggestions,
                reason=event.reason,
                blocked_path=event.blocked_path,
                subagent=event.subagent,
                mcp_server=event.mcp_server,
                created_ms=event.at_ms,
            )
            if requests.add(connection, session_id, new):
                announcements.asked(connection, session_id, new, now_ms)
        elif isinstance(event, Answered):
            requests.answer(
                connection,
                session_id,
                event.request_id,
                answer=event.behavior,
                answered_by=None,
                instruction_id=None,
                now_ms=now_ms,
            )
        elif isinstance(event, Withdrawn):
            requests.withdraw(connection, session_id, [event.request_id])
    return touched
