"""A session's transcript: items in pages, and the log as it was captured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from claudios.protocol.fields import Model
from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from claudios.server.projections.items import Entry
from claudios.server.store import items, log, progress
from claudios.server.store.log import Stretch
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import Limited, PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath, seen_session

router = api_router("transcripts", "/sessions/{session_id}")

READ_BYTES = 1024 * 1024
Seq = Annotated[int, Query(ge=0, le=2**53)]
StreamName = Literal["stdout", "stderr", "stdin", "event", "transcript"]


class Item(Model):
    """A readable piece of a transcript; what `body` holds depends on `kind` (docs/transcript.md)."""

    no: int
    kind: Literal["user", "message", "thinking", "tool", "request", "turn", "task", "notice", "raw"]
    body: dict[str, object]
    created_seq: int
    updated_seq: int
    at_ms: int
    parent: str | None


class ItemPage(Model):
    """Items in order, and the position in the log up to which they are true."""

    items: tuple[Item, ...]
    position: int
    has_earlier: bool


@router.get("/items", operation_id="list_items")
async def list_items(
    session_id: PathId,
    parts: WithParts,
    data: WithDataPath,
    caller: SignedIn,
    after: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    before: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    limit: Limited = 200,
) -> ItemPage:
    """Return a page of the transcript: after an item, before one, or the end of it."""
    await parts.store.read(lambda connection: seen_session(connection, caller, session_id))
    await data.projector.settle(session_id)

    def look(connection: Connection) -> tuple[list[Entry], bool, int]:
        seen_session(connection, caller, session_id)
        kept = progress.checkpoint(connection, session_id)
        found, has_earlier = items.page(connection, session_id, after=after, before=before, limit=limit)
        return found, has_earlier, kept.folded_seq if kept else 0

    found, has_earlier, position = await parts.store.read(look)
    return ItemPage(items=tuple(item_of(entry) for entry in found), position=position, has_earlier=has_earlier)


@router.get("/log", operation_id="download_log", response_class=StreamingResponse)
async def download_log(
    session_id: PathId, parts: WithParts, caller: SignedIn, stream: StreamName = "stdout", after: Seq = 0
) -> StreamingResponse:
    """Return the bytes of one stream exactly as they were captured."""
    await parts.store.read(lambda connection: seen_session(connection, caller, session_id))
    wanted = Stream[stream.upper()]

    async def payloads() -> AsyncIterator[bytes]:
        async for stretch in _stretches(parts, session_id, after):
            piece = b"".join(
                stretch.frames[found.start + HEADER_BYTES : found.end]
                for found in locate(stretch.frames)
                if found.stream is wanted
            )
            if piece:
                yield piece

    return _download(payloads())


@router.get("/frames", operation_id="download_frames", response_class=StreamingResponse)
async def download_frames(session_id: PathId, parts: WithParts, caller: SignedIn, after: Seq = 0) -> StreamingResponse:
    """Return the encoded frames of the log, to be verified somewhere else."""
    await parts.store.read(lambda connection: seen_session(connection, caller, session_id))

    async def frames() -> AsyncIterator[bytes]:
        async for stretch in _stretches(parts, session_id, after):
            yield stretch.frames

    return _download(frames())


async def _stretches(parts: Parts, session_id: str, after: int) -> AsyncIterator[Stretch]:
    while True:
        found = await parts.store.read(
            lambda connection, after=after: log.stretches_after(connection, session_id, after, READ_BYTES)  # type: ignore[misc]
        )
        if not found:
            return
        for stretch in found:
            yield stretch
            after = stretch.last_seq


def _download(chunks: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(chunks, media_type="application/octet-stream")


def item_of(entry: Entry) -> Item:
    """Return an item as the API gives it."""
    return Item.model_validate(
        {
            "no": entry.no,
            "kind": entry.kind,
            "body": entry.body,
            "created_seq": entry.created_seq,
            "updated_seq": entry.updated_seq,
            "at_ms": entry.at_ms,
            "parent": entry.parent,
        }
    )
