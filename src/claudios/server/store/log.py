"""The log of every session: batches exactly as they were signed, and the cursor of how far they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from claudios.protocol.frame import locate
from claudios.protocol.messages import Cursor
from claudios.protocol.signing import Batch
from claudios.server.ingest.verify import Source, Standing, Twin
from claudios.server.store.tables import agent_keys, agents, batches, sessions

_STANDING = (
    select(sessions.c.agent_id, agents.c.boot, sessions.c.epoch, sessions.c.last_seq, sessions.c.head)
    .join(agents, agents.c.id == sessions.c.agent_id)
    .where(sessions.c.id == bindparam("session"))
)
_LAST_EPOCH = (
    select(batches.c.epoch)
    .where(batches.c.session_id == bindparam("session"))
    .order_by(batches.c.first_seq.desc())
    .limit(1)
)
_TWIN = select(batches.c.last_seq, batches.c.head).where(
    batches.c.session_id == bindparam("session"), batches.c.first_seq == bindparam("first")
)
_INSERT = insert(batches)
_ADVANCE = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"))
    .values(last_seq=bindparam("last"), head=bindparam("after"), log_bytes=sessions.c.log_bytes + bindparam("size"))
)
_AFTER = (
    select(batches.c.first_seq, batches.c.last_seq, func.length(batches.c.frames).label("size"))
    .where(batches.c.session_id == bindparam("session"), batches.c.first_seq > bindparam("after"))
    .order_by(batches.c.first_seq)
    .limit(bindparam("most"))
)
_START = select(func.max(batches.c.first_seq)).where(
    batches.c.session_id == bindparam("session"), batches.c.first_seq <= bindparam("seq")
)
_FRAMES = (
    select(batches.c.first_seq, batches.c.last_seq, batches.c.frames)
    .where(
        batches.c.session_id == bindparam("session"),
        batches.c.first_seq >= bindparam("first"),
        batches.c.first_seq <= bindparam("last"),
    )
    .order_by(batches.c.first_seq)
)

_LAST_SEQ = select(sessions.c.last_seq).where(sessions.c.id == bindparam("session"))
_BACKWARDS = (
    select(batches.c.first_seq, batches.c.last_seq, func.length(batches.c.frames).label("size"))
    .where(batches.c.session_id == bindparam("session"), batches.c.last_seq > bindparam("after"))
    .order_by(batches.c.first_seq.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames of a session, encoded back to back."""

    first_seq: int
    last_seq: int
    frames: bytes


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A stored batch with the key that sealed it, encrypted; None when the key is gone."""

    key_id: str
    sign_key_encrypted: bytes | None
    batch: Batch


def standing(connection: Connection, session_id: str) -> Standing | None:
    """Return what is stored of a session, or None when there is no such session."""
    row = connection.execute(_STANDING, {"session": session_id}).first()
    if row is None:
        return None
    last_epoch = row.epoch if row.epoch == 1 else _last_epoch(connection, session_id)
    return Standing(row.agent_id, row.boot, row.epoch, row.last_seq, row.head, last_epoch)


def twin(connection: Connection, session_id: str, first_seq: int) -> Twin | None:
    """Return the stored batch that starts at `first_seq`."""
    row = connection.execute(_TWIN, {"session": session_id, "first": first_seq}).first()
    return None if row is None else Twin(row.last_seq, row.head)


def append(connection: Connection, source: Source, batch: Batch, received_ms: int) -> None:
    """Store a batch that continues the log, and move the cursor."""
    connection.execute(
        _INSERT,
        {
            "session_id": batch.session_id,
            "first_seq": batch.first_seq,
            "last_seq": batch.last_seq,
            "epoch": batch.epoch,
            "boot": batch.boot,
            "key_id": source.key_id,
            "previous": batch.previous,
            "head": batch.head,
            "signature": batch.signature,
            "received_ms": received_ms,
            "frames": batch.frames,
        },
    )
    connection.execute(
        _ADVANCE,
        {"session": batch.session_id, "last": batch.last_seq, "after": batch.head, "size": len(batch.frames)},
    )


def cursors(connection: Connection, agent_id: str, session_ids: Iterable[str]) -> tuple[Cursor, ...]:
    """Return how far the log of each session goes; sessions that are not this agent's are left out."""
    found = connection.execute(
        select(sessions.c.id, sessions.c.last_seq, sessions.c.head).where(
            sessions.c.agent_id == agent_id, sessions.c.id.in_(list(session_ids))
        )
    )
    return tuple(Cursor(session_id=row.id, seq=row.last_seq, head=row.head.hex()) for row in found)


def stretches_after(connection: Connection, session_id: str, after_seq: int, max_bytes: int) -> Sequence[Stretch]:
    """Return the frames after `after_seq`, oldest first: at least one batch where there is one, then up to `max_bytes`.

    A batch that `after_seq` lies inside is cut to the frames after it.
    """
    start = connection.execute(_START, {"session": session_id, "seq": after_seq + 1}).scalar()
    first = after_seq + 1 if start is None else start
    last, size = first, 0
    for row in connection.execute(_AFTER, {"session": session_id, "after": first - 1, "most": 1024}):
        size += row.size
        if size > max_bytes and row.first_seq > first and row.first_seq > after_seq + 1:
            break
        last = row.first_seq
    found = connection.execute(_FRAMES, {"session": session_id, "first": first, "last": last})
    return [cut for row in found if (cut := _cut(row.first_seq, row.last_seq, bytes(row.frames), after_seq))]


def last_seq(connection: Connection, session_id: str) -> int:
    """Return the number of a session's last frame, 0 where there is none."""
    return connection.execute(_LAST_SEQ, {"session": session_id}).scalar() or 0


def received_ms(connection: Connection, session_id: str, seq: int) -> int | None:
    """Return when this server got a frame, by its own clock; None where it has it no more."""
    return connection.execute(
        select(batches.c.received_ms)
        .where(batches.c.session_id == session_id, batches.c.first_seq <= seq, batches.c.last_seq >= seq)
        .order_by(batches.c.first_seq.desc())
        .limit(1)
    ).scalar()


def tail_start(connection: Connection, session_id: str, after_seq: int, max_bytes: int, max_batches: int) -> int:
    """Return the frame, `after_seq` or a later one, after which there are at most so many bytes and batches."""
    size = 0
    found = connection.execute(_BACKWARDS, {"session": session_id, "after": after_seq, "most": max_batches + 1})
    for count, row in enumerate(found):
        size += row.size
        if size > max_bytes or count == max_batches:
            return int(row.last_seq)
    return after_seq


def sealed_after(
    connection: Connection, session_id: str, after_seq: int, most: int, *, upto_seq: int = 2**63 - 1
) -> list[SealedBatch]:
    """Return up to `most` batches that start after `after_seq` and end by `upto_seq`, as they were signed."""
    found = connection.execute(
        select(batches, agent_keys.c.sign_key_encrypted)
        .join(agent_keys, agent_keys.c.key_id == batches.c.key_id, isouter=True)
        .where(batches.c.session_id == session_id, batches.c.first_seq > after_seq, batches.c.last_seq <= upto_seq)
        .order_by(batches.c.first_seq)
        .limit(most)
    )
    return [
        SealedBatch(
            row.key_id,
            row.sign_key_encrypted,
            Batch(
                session_id,
                row.epoch,
                row.first_seq,
                row.last_seq,
                row.boot,
                row.previous,
                row.head,
                row.signature,
                row.frames,
            ),
        )
        for row in found
    ]


def _cut(first_seq: int, last_seq: int, frames: bytes, after_seq: int) -> Stretch | None:
    if last_seq <= after_seq:
        return None
    if first_seq > after_seq:
        return Stretch(first_seq, last_seq, frames)
    start = next(found.start for found in locate(frames) if found.seq == after_seq + 1)
    return Stretch(after_seq + 1, last_seq, frames[start:])


def _last_epoch(connection: Connection, session_id: str) -> int:
    return connection.execute(_LAST_EPOCH, {"session": session_id}).scalar() or 1
