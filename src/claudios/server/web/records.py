"""A session's record: checked here, or taken away: as one file that can be checked anywhere, or to be played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated

import structlog
from fastapi import Query
from sqlalchemy import Connection
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.codec import encode
from claudios.protocol.errors import ClaudiosError
from claudios.protocol.fields import Model
from claudios.protocol.messages import Checkpoint, SessionState
from claudios.protocol.record import Closing
from claudios.protocol.record_file import MAGIC, RecordEnd, RecordHeader
from claudios.protocol.tombstone import Cause, Tombstone
from claudios.server.exports.html import Html
from claudios.server.exports.lines import Lines
from claudios.server.exports.markdown import Markdown
from claudios.server.exports.writer import About, Writer
from claudios.server.projections.items import Entry
from claudios.server.record import walk
from claudios.server.record.asciicast import Asciicast
from claudios.server.record.walk import Extent
from claudios.server.store import items, log
from claudios.server.store.log import SealedBatch, Stretch
from claudios.server.store.sessions import Session
from claudios.server.web.auth import Caller, SignedIn
from claudios.server.web.fields import PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, seen_session

router = api_router("transcripts", "/sessions/{session_id}")

logger = structlog.get_logger(__name__)

READ_BYTES = 1024 * 1024
ITEMS_AT_ONCE = 100
PIECE_CHARACTERS = 1024 * 1024
"""Of a transcript's items, read from the store at once."""
HEADWAY_SECONDS = 60.0
"""A download of which nothing could be sent for so long is given up: it holds a place that others want."""
BUSY = "Several sessions of this project are being checked or exported. Try again when one of them is through."
BUSY_FOR_YOU = "Several sessions of this project are being checked or exported for you. Try again when one is through."


class Form(StrEnum):
    """What a transcript is written as."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSONL = "jsonl"


FORMS: dict[Form, tuple[Callable[[], Writer], str, str]] = {
    Form.MARKDOWN: (Markdown, "text/markdown; charset=utf-8", "md"),
    Form.HTML: (Html, "text/html; charset=utf-8", "html"),
    Form.JSONL: (Lines, "application/x-ndjson", "jsonl"),
}


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
    `keys` are the fingerprints of the keys that signed them. Of output that was `removed`, and is not among `frames`,
    the server's tombstone holds and names the end that the machine has signed.
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
    with _place(parts, caller, extent):
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

    place = _place(parts, caller, extent)
    return WholeRecord(written(), f"{session_id}.claudios", "application/octet-stream", place)


@router.get("/asciicast", operation_id="export_asciicast", response_class=StreamingResponse)
async def export_asciicast(
    session_id: PathId, parts: WithParts, caller: SignedIn, typed: Annotated[bool, Query(alias="input")] = False
) -> StreamingResponse:
    """Return what a session showed in a terminal, as an asciicast v2; with `input` also what was typed."""
    extent = await _extent(parts, caller, session_id)
    cast = Asciicast(extent.session.title, takes_input=typed)

    async def written() -> AsyncIterator[bytes]:
        seq = 0

        def look(connection: Connection) -> Sequence[Stretch]:
            return log.stretches_after(connection, session_id, seq, READ_BYTES)

        while seq < extent.last_seq and (found := await parts.store.read(look)):
            seq = found[-1].last_seq
            for stretch in found:
                yield b"".join(cast.feed(stretch.frames))
        yield b"".join(cast.finish())

    return WholeRecord(written(), f"{session_id}.cast", "application/x-asciicast", _place(parts, caller, extent))


@router.get("/transcript", operation_id="export_transcript", response_class=StreamingResponse)
async def export_transcript(
    session_id: PathId,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
    form: Annotated[Form, Query(alias="format")] = Form.MARKDOWN,
) -> StreamingResponse:
    """Return the transcript as a file to read, or as `jsonl` for programs. It proves nothing: that the record does."""
    extent = await _extent(parts, caller, session_id)
    with _place(parts, caller, extent) as stack:
        await data.projector.settle(session_id)
        place = stack.pop_all()
    writer, media_type, ending = FORMS[form]
    file: Writer = writer()

    async def written() -> AsyncIterator[bytes]:
        yield file.begin(_about(extent.session, parts.now_ms())).encode(errors="replace")
        no = 0

        def look(connection: Connection) -> list[Entry]:
            found, _ = items.piece(
                connection, session_id, after=no, max_characters=PIECE_CHARACTERS, limit=ITEMS_AT_ONCE
            )
            return found

        while found := await parts.store.read(look):
            for entry in found:
                no = entry.no
                yield (await asyncio.to_thread(file.item, entry)).encode(errors="replace")  # a long one takes its time
        yield file.end().encode()

    return WholeRecord(written(), f"{session_id}.{ending}", media_type, place)


class WholeRecord(StreamingResponse):
    """A file made of all of a session's output, which holds its `place` until it is sent or given up."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        name: str,
        media_type: str,
        place: ExitStack,
        headway_seconds: float = HEADWAY_SECONDS,
    ) -> None:
        disposition = {"content-disposition": f'attachment; filename="{name}"'}
        super().__init__(content, media_type=media_type, headers=disposition)
        self._name = name
        self._place = place
        self._headway_seconds = headway_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def make_headway(message: Message) -> None:
            await send(message)
            headway.reschedule(asyncio.get_running_loop().time() + self._headway_seconds)

        with self._place:
            headway = asyncio.timeout(self._headway_seconds)
            try:
                async with headway:
                    await super().__call__(scope, receive, make_headway)
            except TimeoutError:  # the connection closes, since the answer is not complete
                logger.info("download_given_up", file=self._name)
            except ClaudiosError as cut:
                logger.info("download_cut", file=self._name, code=cut.code)


def _place(parts: Parts, caller: Caller, extent: Extent) -> ExitStack:
    """Take one of the places of the project, and of those the person may have in it. Raises TooMany."""
    project_id = extent.session.project_id
    with ExitStack() as stack:
        stack.enter_context(parts.limits.records_by_person.one(f"{project_id} {caller.user_id}"))
        stack.enter_context(parts.limits.records_by_project.one(project_id))
        return stack.pop_all()


async def _extent(parts: Parts, caller: Caller, session_id: str) -> Extent:
    return await parts.store.read(
        lambda connection: walk.extent(connection, seen_session(connection, caller, session_id), parts.now_ms())
    )


def _about(session: Session, now_ms: int) -> About:
    return About(
        session_id=session.id,
        title=session.title,
        agent_name=session.agent_name,
        project_name=session.project_name,
        directory=session.directory,
        model=session.model,
        created_ms=session.created_ms,
        cost_usd=session.cost_usd,
        exported_ms=now_ms,
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
