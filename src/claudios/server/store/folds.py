"""The projection of a session as it is kept: its checkpoint, its items, and what it said of session and requests.

All of a save is one transaction, so that a checkpoint always stands beside exactly the items it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from claudios.server.bus.topics import Changed
from claudios.server.instructions.reply import refuse_unsupported
from claudios.server.projections.asks import Answered, Asked, AskEvent, Unsupported, Withdrawn
from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.items import Entry
from claudios.server.projections.life import Life
from claudios.server.store import changes, items, lives, progress, requests, retention, sessions
from claudios.server.store.progress import Sums
from claudios.server.store.requests import NewRequest


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
    items.put(connection, session_id, new.entries)
    progress.save_fold(connection, session_id, new.checkpoint.position, new.checkpoint.encoded(), new.sums, now_ms)
    if new.offers is not None:
        sessions.set_offers(connection, session_id, new.offers)
    touched = _keep_asks(connection, session_id, new.asks, now_ms)
    for asked in new.asks:
        if isinstance(asked, Unsupported):
            refuse_unsupported(connection, place, asked, now_ms)
    told = lives.witness(connection, session_id, new.life, new.sums.ended_ms or now_ms)
    about = {change.message: change for change in told}
    for request_id in touched:
        change = changes.request(connection, place.project_id, session_id, request_id)
        if change is not None:
            about[change.message] = change
    if new.is_news or touched:
        session = changes.session(connection, session_id)
        if session is not None:
            about[session.message] = session
    return list(about.values())


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
                created_ms=event.at_ms,
            )
            requests.add(connection, session_id, new)
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
