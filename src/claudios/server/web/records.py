"""A session's record: checked here, or taken away as one file that can be checked anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.codec import encode
from claudios.protocol.messages import Checkpoint, Model, SessionState
from claudios.protocol.record import Closing
from claudios.protocol.record_file import MAGIC, RecordEnd, RecordHeader
from claudios.protocol.tombstone import Cause, Tombstone
from claudios.server.record import walk
from claudios.server.record.walk import Extent
from claudios.server.store.log import SealedBatch
from claudios.server.web.auth import Caller, SignedIn
from claudios.server.web.fields import PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.sessions import seen_session

router = APIRouter(tags=["transcripts"], prefix="/sessions/{session_id}")

class Removed(Model):
    """Output that the project did not keep: how much of it, when and why; `key` is the fingerprint of the server's key.

    `kept` is what the project keeps: days where `cause` is `age`, bytes where it is `size`.
    """

    frames: int
    batches: int
    bytes: int
    removed_ms: int
    cause: Cause
    kept: int
    key: str


class Verification(Model):
    """Whether the stored log is what the machine signed; `first_bad_seq` names the first frame that is not.

    The machine's checkpoints reach up to frame `signed_seq`; `closing` says what they tell of the log's end, and
    `keys` are the fingerprints of the keys that signed them. Of output that was `removed`, and is not among `frames`, the
    server's tombstone holds and names the end that the machine has signed.
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
    removed: Removed | None


@router.get("/verify", operation_id="verify_session")
async def verify_session(session_id: PathId, parts: WithParts, caller: SignedIn) -> Verification:
    """Check every stored frame against the chain, the seals of the batches and the machine's checkpoints."""
    extent = await _extent(parts, caller, session_id)
    check, closing = await walk.check(parts.store, parts.key, extent, parts.now_ms())
    return Verification(
        verified=check.fault is None,
        frames=check.frames,
        batches=check.batches,
        first_bad_seq=check.fault.seq if check.fault else None,
        problem=check.fault.text if check.fault else None,
        head=check.head.hex(),
        checkpoints=check.checkpoints,
        signed_seq=check.signed_seq,
        signed_ms=check.newest.at_ms if check.newest else None,
        closing=closing,
        keys=tuple(map(fingerprint, check.used_keys)),
        removed=_removed(check.tombstone),
    )


@router.get("/export", operation_id="export_session", response_class=StreamingResponse)
async def export_session(session_id: PathId, parts: WithParts, caller: SignedIn) -> StreamingResponse:
    """Return the session's whole record as one file, to be kept and checked without this server (docs/protocol.md)."""
    extent = await _extent(parts, caller, session_id)

    async def written() -> AsyncIterator[bytes]:
        yield MAGIC + encode([_header(extent, parts.now_ms())])
        counts = {Tombstone: 0, Checkpoint: 0, SealedBatch: 0}
        async for part in walk.walk(parts.store, extent):
            counts[type(part)] += 1
            yield encode([part.batch if isinstance(part, SealedBatch) else part])
        yield encode([RecordEnd(batches=counts[SealedBatch], checkpoints=counts[Checkpoint])])

    name = f'attachment; filename="{session_id}.claudios"'
    return StreamingResponse(
        written(), media_type="application/octet-stream", headers={"content-disposition": name}
    )


async def _extent(parts: Parts, caller: Caller, session_id: str) -> Extent:
    return await parts.store.read(
        lambda connection: walk.extent(connection, seen_session(connection, caller, session_id), parts.now_ms())
    )


def _removed(tombstone: Tombstone | None) -> Removed | None:
    if tombstone is None:
        return None
    return Removed(
        frames=tombstone.last_seq,
        batches=tombstone.batches,
        bytes=tombstone.bytes,
        removed_ms=tombstone.removed_ms,
        cause=tombstone.cause,
        kept=tombstone.kept,
        key=fingerprint(tombstone.key),
    )


def _header(extent: Extent, now_ms: int) -> RecordHeader:
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
