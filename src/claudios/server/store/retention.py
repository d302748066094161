"""What each project keeps of the output of its sessions, what is due to be removed, and the removal itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, or_, select, update

from claudios.protocol.fields import Model
from claudios.protocol.messages import InstructionKind, SessionState
from claudios.protocol.tombstone import Cause, Tombstone
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.projections.items import Entry
from claudios.server.store import indexing, items, prompt_images
from claudios.server.store.tables import (
    agents,
    batches,
    checkpoints,
    instructions,
    notifications,
    projects,
    requests,
    sessions,
    tombstones,
    waiting_prompts,
)

DAY_MS = 24 * 60 * 60 * 1000
REST_MS = DAY_MS
"""How long the output of a session stays after its log was closed, whatever its project keeps."""

_OPEN = [state.value for state in (InstructionState.QUEUED, InstructionState.SENT, InstructionState.TAKEN)]


class Policy(Model):
    """What a project keeps of the output of ended sessions: for so many days, and so many bytes; None: no limit."""

    keep_days: int | None
    keep_bytes: int | None

    @property
    def is_limited(self) -> bool:
        return self.keep_days is not None or self.keep_bytes is not None


@dataclass(frozen=True, slots=True)
class Due:
    """A session whose output is to be removed, as it was found. `kept` is the limit that is the cause."""

    session_id: str
    epoch: int
    last_seq: int
    bytes: int
    cause: Cause
    kept: int


class Amount(Model):
    """Sessions that have output, and how many bytes of it."""

    sessions: int
    bytes: int


def policy(connection: Connection, project_id: str) -> Policy:
    """Return what a project keeps."""
    row = connection.execute(
        select(projects.c.keep_days, projects.c.keep_bytes).where(projects.c.id == project_id)
    ).one()
    return Policy(keep_days=row.keep_days, keep_bytes=row.keep_bytes)


def limited(connection: Connection) -> list[str]:
    """Return the projects that do not keep everything."""
    found = connection.execute(
        select(projects.c.id)
        .where(or_(projects.c.keep_days.is_not(None), projects.c.keep_bytes.is_not(None)))
        .order_by(projects.c.id)
    )
    return list(found.scalars())


def set_policy(connection: Connection, project_id: str, kept: Policy) -> None:
    """Keep so much from now on; what could not be removed before is tried again."""
    connection.execute(update(projects).where(projects.c.id == project_id).values(**kept.model_dump()))
    connection.execute(update(sessions).where(sessions.c.project_id == project_id).values(unremovable=None))


def set_kept(connection: Connection, session_id: str, *, is_kept: bool) -> None:
    """Say whether a session's output stays, whatever its project keeps."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(is_kept=is_kept))


def stored(connection: Connection, project_id: str) -> Amount:
    """Return how much output a project has."""
    row = connection.execute(
        select(func.count().label("sessions"), func.coalesce(func.sum(sessions.c.log_bytes), 0).label("bytes")).where(
            sessions.c.project_id == project_id, sessions.c.log_bytes > 0
        )
    ).one()
    return Amount(sessions=row.sessions, bytes=int(row.bytes))


def due(connection: Connection, project_id: str, kept: Policy, now_ms: int) -> list[Due]:
    """Return what is to be removed, oldest first: by age, then as much as the project holds too much."""
    if not kept.is_limited:
        return []
    found: list[Due] = []
    left = stored(connection, project_id).bytes
    for row in _removable(connection, project_id, now_ms):
        if kept.keep_days is not None and row.closed_ms < now_ms - kept.keep_days * DAY_MS:
            cause, limit = Cause.AGE, kept.keep_days
        elif kept.keep_bytes is not None and left > kept.keep_bytes:
            cause, limit = Cause.SIZE, kept.keep_bytes
        else:
            continue
        left -= row.log_bytes
        found.append(Due(row.id, row.epoch, row.last_seq, row.log_bytes, cause, limit))
    return found


def unremovable(connection: Connection, project_id: str) -> int:
    """Return how many sessions of a project could not be removed: their record does not hold."""
    return (
        connection.execute(
            select(func.count()).where(sessions.c.project_id == project_id, sessions.c.unremovable.is_not(None))
        ).scalar()
        or 0
    )


def note_unremovable(connection: Connection, found: Due, why: str) -> bool:
    """Keep why a session's output stays; say whether that is news."""
    noted = connection.execute(
        update(sessions)
        .where(_as_found(found), sessions.c.unremovable.is_(None), ~_has_tombstone())
        .values(unremovable=why)
    )
    return noted.rowcount == 1


def remove(connection: Connection, found: Due, tombstone: Tombstone, notice: str) -> bool:
    """Put a tombstone in the place of a session's output; say whether it was still as it was found.

    Goes: frames, items, the fold, the last words, the text, images and body of instructions, what was asked and told.
    Stays: who asked for what kind of thing and who answered, when, at what cost, the title, and the machine's
    checkpoints.
    """
    taken = connection.execute(
        update(sessions)
        .where(_as_found(found), sessions.c.is_kept.is_(False), ~_has_tombstone())
        .values(log_bytes=0, fold=None, folded_seq=found.last_seq, last_text=None, offers=None)
    )
    if taken.rowcount != 1:
        return False
    mine = found.session_id
    connection.execute(delete(batches).where(batches.c.session_id == mine))
    items.remove_all(connection, mine)
    indexing.forget_items(connection, mine, found.last_seq)
    connection.execute(delete(waiting_prompts).where(waiting_prompts.c.session_id == mine))
    prompt_images.remove_all(connection, mine)
    starts = _epochs(connection, mine)
    connection.execute(
        update(requests)
        .where(requests.c.session_id == mine)
        .values(
            title="",
            input="{}",
            description=None,
            suggestions="[]",
            reason=None,
            blocked_path=None,
            subagent=None,
            mcp_server=None,
        )
    )
    connection.execute(
        update(instructions)
        .where(instructions.c.session_id == mine)
        .values(body="{}", text=None, images=0, message=None)
    )
    told = notifications.c.session_id == mine
    connection.execute(
        update(notifications).where(told).values(text="", problem=None)
    )  # a receiver may repeat the text
    connection.execute(
        update(notifications)
        .where(told, notifications.c.state == "pending")
        .values(state="withdrawn", done_ms=tombstone.removed_ms)
    )
    for start_id, epoch in starts.items():  # a report of it may still come
        connection.execute(
            update(instructions).where(instructions.c.id == start_id).values(body=f'{{"epoch":{epoch}}}')
        )
    connection.execute(insert(tombstones), _row(tombstone))
    seq, at_ms = found.last_seq, tombstone.removed_ms
    items.put(
        connection,
        mine,
        [Entry(1, "notice", {"level": "info", "code": "removed", "text": notice}, seq, seq, at_ms, None)],
    )
    return True


def tombstone(connection: Connection, session_id: str) -> Tombstone | None:
    """Return what stands in the place of a session's output."""
    row = connection.execute(select(tombstones).where(tombstones.c.session_id == session_id)).first()
    if row is None:
        return None
    return Tombstone(
        session_id=row.session_id,
        last_seq=row.last_seq,
        head=row.head.hex(),
        batches=row.batches,
        bytes=row.bytes,
        checkpoints=row.checkpoints,
        removed_ms=row.removed_ms,
        cause=Cause(row.cause),
        kept=row.kept,
        key=row.key.hex(),
        signature=row.signature.hex(),
    )


def _removable(connection: Connection, project_id: str, now_ms: int) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """Return the sessions of a project whose output may go: closed by their machine a day ago, all settled.

    That day is counted by this server's clock, from when it got the final checkpoint: a machine's may be years off.
    """
    closed_ms = (
        select(func.min(checkpoints.c.received_ms))
        .where(
            checkpoints.c.session_id == sessions.c.id,
            checkpoints.c.seq == sessions.c.last_seq,
            checkpoints.c.final.is_(True),
        )
        .correlate(sessions)
        .scalar_subquery()
    )
    is_unsettled = exists().where(
        instructions.c.session_id == sessions.c.id,
        or_(
            instructions.c.state.in_(_OPEN),
            and_(agents.c.removed_ms.is_(None), instructions.c.iseq > agents.c.received),  # its body is still to go out
        ),
    )
    return connection.execute(
        select(sessions.c.id, sessions.c.epoch, sessions.c.last_seq, sessions.c.log_bytes, closed_ms.label("closed_ms"))
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(
            sessions.c.project_id == project_id,
            sessions.c.state == SessionState.ENDED.value,
            closed_ms < now_ms - REST_MS,
            sessions.c.last_seq > 0,
            sessions.c.is_kept.is_(False),
            sessions.c.unremovable.is_(None),
            ~is_unsettled,
            ~_has_tombstone(),
        )
        .order_by(closed_ms, sessions.c.id)
    ).all()


def _epochs(connection: Connection, session_id: str) -> dict[str, int]:
    """Return which epochs of a session its starts began, by their ids."""
    found = connection.execute(
        select(instructions.c.id, instructions.c.body).where(
            instructions.c.session_id == session_id, instructions.c.kind == InstructionKind.START_SESSION.value
        )
    )
    return {row.id: orjson.loads(row.body)["epoch"] for row in found}


def _as_found(found: Due) -> ColumnElement[bool]:
    return and_(
        sessions.c.id == found.session_id,
        sessions.c.state == SessionState.ENDED.value,
        sessions.c.epoch == found.epoch,
        sessions.c.last_seq == found.last_seq,
    )


def _has_tombstone() -> ColumnElement[bool]:
    return exists().where(tombstones.c.session_id == sessions.c.id)


def _row(tombstone: Tombstone) -> dict[str, object]:
    return {
        **tombstone.model_dump(exclude={"type"}),
        "head": bytes.fromhex(tombstone.head),
        "cause": tombstone.cause.value,
        "key": bytes.fromhex(tombstone.key),
        "signature": bytes.fromhex(tombstone.signature),
    }
