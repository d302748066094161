"""The images of a session: what stands in its log, one at a time, as bytes that a page may show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection
from starlette.responses import Response

from claudios.protocol.errors import NotFound
from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from claudios.protocol.images import media_type_of
from claudios.server.projections.lines import MAX_LINE_BYTES
from claudios.server.projections.pictures import picture
from claudios.server.projections.shapes import parse
from claudios.server.store import log, prompt_images
from claudios.server.web.auth import SignedIn
from claudios.server.web.fields import PathId
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import seen_session

router = api_router("transcripts", "/sessions/{session_id}")

READ_BYTES = 1024 * 1024
MAX_READ_BYTES = 4 * MAX_LINE_BYTES
"""How much of the log is read for one line, with what other streams said meanwhile."""
_Place = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/images/{seq}/{offset}/{number}", operation_id="get_image", response_class=Response)
async def get_image(
    session_id: PathId, seq: _Place, offset: _Place, number: _Place, parts: WithParts, caller: SignedIn
) -> Response:
    """Return an image of the transcript: `number` of the line that begins in frame `seq`, `offset` bytes into it."""
    await parts.store.read(lambda connection: seen_session(connection, caller, session_id))
    message = parse(await _line(parts, session_id, seq, offset))
    found = None if message is None else picture(message, number)
    if found is None:
        raise NotFound
    media_type, raw = found
    return Response(raw, media_type=media_type)


@router.get("/prompts/{prompt_id}/images/{place}", operation_id="get_prompt_image", response_class=Response)
async def get_prompt_image(
    session_id: PathId, prompt_id: PathId, place: _Place, parts: WithParts, caller: SignedIn
) -> Response:
    """Return an image of a prompt by its input id, counted from 0, also before the prompt stands in the transcript."""

    def look(connection: Connection) -> bytes | None:
        seen_session(connection, caller, session_id)
        return prompt_images.get(connection, session_id, prompt_id, place)

    raw = await parts.store.read(look)
    if raw is None:
        raise NotFound
    return Response(raw, media_type=media_type_of(raw))


async def _line(parts: Parts, session_id: str, seq: int, offset: int) -> bytes:
    """Return the line that begins there, of the stream that its frame is of; empty where none begins there."""
    line = bytearray()
    stream: Stream | None = None
    after, read = seq - 1, 0
    while len(line) <= MAX_LINE_BYTES and read <= MAX_READ_BYTES:
        stretches = await parts.store.read(
            lambda connection, after=after: log.stretches_after(connection, session_id, after, READ_BYTES)  # type: ignore[misc]
        )
        for frame_seq, of, payload in _payloads(stretches):
            if stream is None:
                if frame_seq != seq:
                    return b""
                stream, payload = of, payload[offset:]
            if of is stream:
                head, newline, _ = payload.partition(b"\n")
                line += head
                if newline:
                    return bytes(line)
        if not stretches:
            return b""
        after = stretches[-1].last_seq
        read += sum(len(stretch.frames) for stretch in stretches)
    return b""


def _payloads(stretches: Iterable[log.Stretch]) -> Iterable[tuple[int, Stream, bytes]]:
    for stretch in stretches:
        for found in locate(stretch.frames):
            yield found.seq, found.stream, bytes(stretch.frames[found.start + HEADER_BYTES : found.end])
