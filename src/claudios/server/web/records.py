"""A session's record: checked here, or taken away as one file that can be checked anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.codec import encode
from claudios.protocol.messages import Checkpoint, Model, SessionState
from claudios.protocol.record import Closing, Fault, RecordCheck
from claudios.protocol.record_file import MAGIC, RecordEnd, RecordHeader
from claudios.server.store import checkpoints, log, registrations, sessions
from claudios.server.store.log import SealedBatch
from claudios.server.store.sessions import Session
from claudios.server.web.auth import Caller, SignedIn
from claudios.server.web.fields import PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.sessions import seen_session

router = APIRouter(tags=["transcripts"], prefix="/sessions/{session_id}")

BATCHES_AT_ONCE = 16
CHECKPOINTS_AT_ONCE = 1_000
_ALL = 2**63 - 1


class Verification(Model):
    """Whether the stored log is what the machine signed; `first_bad_seq` names the first frame that is not.

    The machine's checkpoints reach up to frame `signed_seq`; `closing` says what they tell of the log's end, and
    `keys` are the fingerprints of the keys that signed them.
    """

    verified: bool
    frames: int
    batches: int
    first_bad_seq: int | None
    problem: str | None
    head: str
    checkpoints: int
    signed_seq: int
    signed_ms: int | None
    closing: Closing
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Extent:
    """What there is of a record at one moment; what comes later is no part of it."""

    session: Session
    last_seq: int
    head: bytes
    keys: tuple[str, ...]
    signs: bool
    newest: Mapping[str, int]
    behind_ms: int


@router.get("/verify", operation_id="verify_session")
async def verify_session(session_id: PathId, parts: WithParts, caller: SignedIn) -> Verification:
    """Check every stored frame against the chain, the seals of the batches and the machine's checkpoints."""
    extent = await _extent(parts, caller, session_id)
    check = RecordCheck(extent.session.agent_id, extent.keys)
    keys: dict[str, bytes] = {}
    try:
        async for part in _walk(parts, extent):
            if isinstance(part, Checkpoint):
                check.checkpoint(part)
            else:
                check.batch(part.batch, _sign_key(parts, extent, part, keys))
            if check.fault is not None:
                break
        else:
            check.finish(extent.last_seq, extent.head)
    except ValidationError:
        check.fault = check.fault or Fault(check.signed_seq + 1, "A stored checkpoint cannot be read: it was changed.")
    session = extent.session
    closing = check.conclude(
        ended_ms=session.ended_ms if session.state is SessionState.ENDED else None,
        begun_ms=session.started_ms or session.created_ms,
        is_reachable=session.agent_online,
        signs=extent.signs,
        behind_ms=extent.behind_ms,
        now_ms=parts.now_ms(),
    )
    return Verification(
        verified=check.fault is None,
        frames=check.seq,
        batches=check.batches,
        first_bad_seq=check.fault.seq if check.fault else None,
        problem=check.fault.text if check.fault else None,
        head=check.head.hex(),
        checkpoints=check.checkpoints,
        signed_seq=check.signed_seq,
        signed_ms=check.newest.at_ms if check.newest else None,
        closing=closing,
        keys=tuple(map(fingerprint, check.used_keys)),
    )


@router.get("/export", operation_id="export_session", response_class=StreamingResponse)
async def export_session(session_id: PathId, parts: WithParts, caller: SignedIn) -> StreamingResponse:
    """Return the session's whole record as one file, to be kept and checked without this server (docs/protocol.md)."""
    extent = await _extent(parts, caller, session_id)

    async def written() -> AsyncIterator[bytes]:
        yield MAGIC + encode([_header(extent, parts.now_ms())])
        counts = {Checkpoint: 0, SealedBatch: 0}
        async for part in _walk(parts, extent):
            counts[type(part)] += 1
            yield encode([part if isinstance(part, Checkpoint) else part.batch])
        yield encode([RecordEnd(batches=counts[SealedBatch], checkpoints=counts[Checkpoint])])

    name = f'attachment; filename="{session_id}.claudios"'
    return StreamingResponse(
        written(), media_type="application/octet-stream", headers={"content-disposition": name}
    )


async def _extent(parts: Parts, caller: Caller, session_id: str) -> _Extent:
    def look(connection: Connection) -> _Extent:
        session = seen_session(connection, caller, session_id)
        place = sessions.place(connection, session_id)
        assert place is not None
        keys = checkpoints.keys_of(connection, session.agent_id)
        return _Extent(
            session,
            place.last_seq,
            place.head,
            keys,
            checkpoints.had_key(connection, session.agent_id, session.ended_ms or parts.now_ms()),
            checkpoints.counts(connection, session_id),
            registrations.clock_behind_ms(connection, session.agent_id),
        )

    return await parts.store.read(look)


async def _walk(parts: Parts, extent: _Extent) -> AsyncIterator[Checkpoint | SealedBatch]:
    """Yield the record in order, each checkpoint before the batch that holds its frame."""
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
        batches, found = await parts.store.read(look)
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


def _belongs(extent: _Extent, checkpoint: Checkpoint) -> bool:
    return checkpoint.n <= extent.newest.get(checkpoint.key, 0)


def _sign_key(parts: Parts, extent: _Extent, sealed: SealedBatch, keys: dict[str, bytes]) -> bytes:
    """Return the key that sealed a batch; an empty one, which fits no seal, where it is gone."""
    if sealed.key_id not in keys:
        encrypted = sealed.sign_key_encrypted
        agent_id = extent.session.agent_id
        keys[sealed.key_id] = (
            parts.key.decrypt(encrypted, agent_id=agent_id, key_id=sealed.key_id) if encrypted else b""
        )
    return keys[sealed.key_id]


def _header(extent: _Extent, now_ms: int) -> RecordHeader:
    session = extent.session
    return RecordHeader(
        session_id=session.id,
        title=session.title,
        agent_id=session.agent_id,
        agent_name=session.agent_name,
        project_name=session.project_name,
        directory=session.directory,
        model=session.model,
        state=session.state,
        reason=session.reason.value if session.reason else None,
        created_ms=session.created_ms,
        started_ms=session.started_ms,
        ended_ms=session.ended_ms if session.state is SessionState.ENDED else None,
        last_seq=extent.last_seq,
        head=extent.head.hex(),
        keys=extent.keys,
        signs=extent.signs,
        agent_online=session.agent_online,
        agent_behind_ms=extent.behind_ms,
        exported_ms=now_ms,
    )
