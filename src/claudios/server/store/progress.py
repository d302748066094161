"""How far a session is: its life as its witnesses tell it, and the projection's checkpoint and sums."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, select, update

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.life import Life, replaces
from claudios.server.store import log
from claudios.server.store.sessions import updated
from claudios.server.store.tables import sessions


@dataclass(frozen=True, slots=True)
class Sums:
    """What the projection of the log knows of a session as a whole.

    Claude does what it does since `activity_ms` by its machine's clock, as the frame `activity_seq` says.
    """

    activity: str | None
    cost_usd: float | None
    input_tokens: int
    output_tokens: int
    claude_session_id: str | None
    model: str | None
    permission_mode: str | None
    last_text: str | None
    started_ms: int | None
    ended_ms: int | None
    turns: int = 0
    effort: str | None = None
    activity_ms: int | None = None
    activity_seq: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the projection is, in its own words."""

    folded_seq: int
    fold: bytes | None
    last_seq: int


def observe(
    connection: Connection,
    session_id: str,
    seen: Life,
    now_ms: int,
    *,
    ended_ms: int | None = None,
    agent_id: str | None = None,
) -> bool:
    """Take what a witness saw of a session; say whether that was news.

    `ended_ms` is when it ended, where the witness knows; `agent_id` is whose session it must be.
    """
    row = connection.execute(
        select(sessions.c.agent_id, sessions.c.epoch, sessions.c.state, sessions.c.reason).where(
            sessions.c.id == session_id
        )
    ).first()
    if row is None or agent_id not in (None, row.agent_id):
        return False
    known = Life(row.epoch, SessionState(row.state), EndReason(row.reason) if row.reason else None)
    if not replaces(seen, known):
        return False
    ended = seen.state is SessionState.ENDED
    values: dict[str, object] = {"state": seen.state.value, "updated_ms": updated(now_ms)}
    if seen.state is not known.state:
        # What Claude does in a running session, and since when, is told by its log, which may come before its witness.
        since = case((sessions.c.activity.is_(None), now_ms), else_=sessions.c.since_ms)
        values["since_ms"] = ended_ms or now_ms if ended else since
    if ended:
        values |= {
            "reason": seen.reason.value if seen.reason else None,
            "detail": seen.detail and seen.detail.replace("\0", " "),
            "exit_code": seen.exit_code if seen.exit_code is not None and abs(seen.exit_code) < 2**31 else None,
            "activity": None,
        }
        if known.state is not SessionState.ENDED:
            values["ended_ms"] = ended_ms or now_ms
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))
    return True


def log_reaches(connection: Connection, session_id: str, seq: int) -> bool:
    """Say whether frame `seq` of a session is stored."""
    stored = connection.execute(select(sessions.c.last_seq).where(sessions.c.id == session_id)).scalar()
    return stored is not None and stored >= seq


def checkpoint(connection: Connection, session_id: str) -> Checkpoint | None:
    """Return how far the projection of a session is, and how far its log."""
    row = connection.execute(
        select(sessions.c.folded_seq, sessions.c.fold, sessions.c.last_seq).where(sessions.c.id == session_id)
    ).first()
    return None if row is None else Checkpoint(row.folded_seq, row.fold, row.last_seq)


def activity(connection: Connection, session_id: str) -> str | None:
    """Return what a session was last known to do."""
    return connection.execute(select(sessions.c.activity).where(sessions.c.id == session_id)).scalar()


def behind(connection: Connection, limit: int) -> list[str]:
    """Return sessions whose projection is behind their log."""
    found = connection.execute(
        select(sessions.c.id).where(sessions.c.folded_seq < sessions.c.last_seq).order_by(sessions.c.id).limit(limit)
    )
    return list(found.scalars())


def save_fold(connection: Connection, session_id: str, folded_seq: int, fold: bytes, sums: Sums, now_ms: int) -> None:
    """Keep the projection's checkpoint and sums. What the log has not said yet stays as it was asked for."""
    values: dict[str, object] = {
        "folded_seq": folded_seq,
        "fold": fold,
        "activity": sums.activity,
        "cost_usd": sums.cost_usd,
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "last_text": sums.last_text,
        "started_ms": sums.started_ms,
        "turns": sums.turns,
        "effort": sums.effort,
        "updated_ms": updated(now_ms),
    }
    if sums.activity is not None and sums.activity_ms is not None:
        is_ended = sessions.c.state == SessionState.ENDED.value
        since = _since(connection, session_id, sums.activity_ms, sums.activity_seq, now_ms)
        values["since_ms"] = case((is_ended, sessions.c.since_ms), else_=since)
    for name, value in (
        ("claude_session_id", sums.claude_session_id),
        ("model", sums.model),
        ("permission_mode", sums.permission_mode),
    ):
        if value is not None:
            values[name] = value
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))


def _since(
    connection: Connection, session_id: str, activity_ms: int, activity_seq: int, now_ms: int
) -> ColumnElement[int]:
    """Return since when Claude does what a frame says, within what the machine's clock cannot know better.

    That is no later than this server got the frame, which stays so whenever the log is folded, and no earlier than the
    session was asked for.
    """
    latest_ms = log.received_ms(connection, session_id, activity_seq) or now_ms
    at_ms = min(activity_ms, latest_ms)
    return case((sessions.c.created_ms > at_ms, sessions.c.created_ms), else_=at_ms)
