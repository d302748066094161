"""A session's record as the store has it: its extent at one moment, its parts in order, and their check."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from claudios.protocol.messages import Checkpoint, SessionState
from claudios.protocol.record import Closing, Fault, RecordCheck
from claudios.protocol.tombstone import Tombstone
from claudios.server.keys import ServerKey
from claudios.server.store import checkpoints, log, registrations, retention, sessions
from claudios.server.store.log import SealedBatch
from claudios.server.store.sessions import Session

T = TypeVar("T")

BATCHES_AT_ONCE = 16
CHECKPOINTS_AT_ONCE = 1_000
_ALL = 2**63 - 1


class Reader(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is of a record at one moment; what comes later is no part of it."""

    session: Session
    last_seq: int
    head: bytes
    keys: tuple[str, ...]
    signs: bool
    newest: Mapping[str, int]
    behind_ms: int
    tombstone: Tombstone | None


def extent(connection: Connection, session: Session, now_ms: int) -> Extent:
    """Return what there is of a session's record now."""
    place = sessions.place(connection, session.id)
    assert place is not None
    return Extent(
        session,
        place.last_seq,
        place.head,
        checkpoints.keys_of(connection, session.agent_id),
        checkpoints.had_key(connection, session.agent_id, session.ended_ms or now_ms),
        checkpoints.counts(connection, session.id),
        registrations.clock_behind_ms(connection, session.agent_id),
        retention.tombstone(connection, session.id),
    )


async def check(store: Reader, key: ServerKey, extent: Extent, now_ms: int) -> tuple[RecordCheck, Closing]:
    """Check every stored frame against the chain, the seals of the batches and the machine's checkpoints."""
    found = RecordCheck(extent.session.agent_id, extent.keys, key.tombstones.public)
    seals: dict[str, bytes] = {}
    try:
        async for part in walk(store, extent):
            if isinstance(part, Tombstone):
                found.bury(part)
            elif isinstance(part, Checkpoint):
                found.checkpoint(part)
            else:
                found.batch(part.batch, _sign_key(key, extent, part, seals))
            if found.fault is not None:
                break
        else:
            found.finish(extent.last_seq, extent.head)
    except ValidationError:
        found.fault = found.fault or Fault(found.signed_seq + 1, "A stored checkpoint cannot be read: it was changed.")
    session = extent.session
    closing = found.conclude(
        ended_ms=session.ended_ms if session.state is SessionState.ENDED else None,
        begun_ms=session.started_ms or session.created_ms,
        is_reachable=session.agent_online,
        signs=extent.signs,
        behind_ms=extent.behind_ms,
        now_ms=now_ms,
    )
    return found, closing


async def walk(store: Reader, extent: Extent) -> AsyncIterator[Tombstone | Checkpoint | SealedBatch]:
    """Yield the record in order: a tombstone first, then each checkpoint before the batch that holds its frame."""
    if extent.tombstone is not None:
        yield extent.tombstone
    seq, place = 0, (0, 0, b"")

    def look(connection: Connection) -> tuple[list[SealedBatch], list[checkpoints.Placed]]:
        batches = (  # what was stored since the extent was read is not part of this record
            log.sealed_after(connection, extent.session.id, seq, BATCHES_AT_ONCE, upto_seq=extent.last_seq)
            if seq < extent.last_seq
            else []
        )
        up_to = batches[-1].batch.last_seq if batches else _ALL
        found = checkpoints.after(connection, extent.session.id, place, up_to, CHECKPOINTS_AT_ONCE)
        if len(found) == CHECKPOINTS_AT_ONCE:  # the batches beyond them come with the next look
            batches = [each for each in batches if each.batch.last_seq <= found[-1].checkpoint.seq]
        return batches, found

    while True:
        batches, found = await store.read(look)
        waiting = iter(found)
        ahead = next(waiting, None)
        for batch in batches:
            while ahead is not None and ahead.checkpoint.seq <= batch.batch.last_seq:
                if _belongs(extent, ahead.checkpoint):
                    yield ahead.checkpoint
                ahead = next(waiting, None)
            yield batch
        while ahead is not None:
            if _belongs(extent, ahead.checkpoint):
                yield ahead.checkpoint
            ahead = next(waiting, None)
        if not batches and not found:
            return
        seq = max(seq, batches[-1].batch.last_seq) if batches else seq
        place = found[-1].place if found else place


def _belongs(extent: Extent, checkpoint: Checkpoint) -> bool:
    return checkpoint.n <= extent.newest.get(checkpoint.key, 0)


def _sign_key(key: ServerKey, extent: Extent, sealed: SealedBatch, seals: dict[str, bytes]) -> bytes:
    """Return the key that sealed a batch; an empty one, which fits no seal, where it is gone."""
    if sealed.key_id not in seals:
        encrypted = sealed.sign_key_encrypted
        agent_id = extent.session.agent_id
        seals[sealed.key_id] = key.decrypt(encrypted, agent_id=agent_id, key_id=sealed.key_id) if encrypted else b""
    return seals[sealed.key_id]
