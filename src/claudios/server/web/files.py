"""Files of an agent's machine, asked of it now: who may start sessions there sees, takes and puts them.

The machine's own policy decides what there is to see. What is read and written is in the audit log by its path.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import Query
from pydantic import StrictBool, StringConstraints
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from claudios.protocol.asking import (
    LIST_DIRECTORY,
    MAX_CHUNK_BYTES,
    READ_FILE,
    WRITE_FILE,
    Chunk,
    Directory,
    FileChunk,
    Kind,
    ListDirectory,
    ReadFile,
    UploadId,
    WriteFile,
    Written,
)
from claudios.protocol.errors import Conflict
from claudios.protocol.fields import BigCount, Model
from claudios.server.data_path import DataPath
from claudios.server.store import agents, audit
from claudios.server.store.audit import Action
from claudios.server.store.projects import Role
from claudios.server.web.auth import Caller, SignedIn, require_role
from claudios.server.web.fields import Body, PathId, Storable, is_plain
from claudios.server.web.parts import Parts, WithParts
from claudios.server.web.records import WholeRecord
from claudios.server.web.routing import api_router
from claudios.server.web.sessions import WithDataPath

router = api_router("files", "/agents/{agent_id}/files")

Q = TypeVar("Q", bound=Model)
A = TypeVar("A", bound=Model)

BUSY = "Several files are being downloaded for you. Try again when one of them is through."

FilePath = Annotated[str, StringConstraints(min_length=1, max_length=4096), Storable]


class FilePiece(Body):
    """A piece of a file that is uploaded, in Base64. `upload` is made up by who uploads, and names all of its pieces.

    A piece that is sent again changes nothing. With `is_last` the file is put in its place, all at once.
    """

    path: FilePath
    upload: UploadId
    offset: BigCount
    content: Chunk
    is_last: StrictBool = False
    overwrite: StrictBool = False


@router.get("", operation_id="list_directory")
async def list_directory(
    agent_id: PathId,
    data: WithDataPath,
    parts: WithParts,
    caller: SignedIn,
    path: Annotated[FilePath | None, Query()] = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Directory:
    """List a directory of the machine, or its default one; relative paths count from that."""
    return await _Asker(parts, data, caller, agent_id).ask(LIST_DIRECTORY, ListDirectory(path=path, skip=skip))


@router.get("/content", operation_id="read_file")
async def read_file(
    agent_id: PathId,
    data: WithDataPath,
    parts: WithParts,
    caller: SignedIn,
    path: Annotated[FilePath, Query()] = ".",
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    length: Annotated[int, Query(ge=0, le=MAX_CHUNK_BYTES)] = MAX_CHUNK_BYTES,
) -> FileChunk:
    """Return a piece of a file, in Base64."""
    asker = _Asker(parts, data, caller, agent_id)
    chunk = await asker.ask(READ_FILE, ReadFile(path=path, offset=offset, length=length))
    await asker.audit(Action.FILE_READ, chunk.path)  # every piece: who begins behind the first byte has read it, too
    return chunk


@router.get("/download", operation_id="download_file", response_class=StreamingResponse)
async def download_file(
    agent_id: PathId, data: WithDataPath, parts: WithParts, caller: SignedIn, path: Annotated[FilePath, Query()] = "."
) -> StreamingResponse:
    """Return a file, as long as it is now; an answer that ends before that was cut off."""
    asker = _Asker(parts, data, caller, agent_id)
    first = await asker.ask(READ_FILE, ReadFile(path=path))
    with ExitStack() as stack:
        stack.enter_context(parts.limits.downloads_by_person.one(caller.user_id))
        await asker.audit(Action.FILE_READ, first.path)
        place = stack.pop_all()

    async def pieces() -> AsyncIterator[bytes]:
        piece, left = first.content[: first.size], first.size
        while left:
            if not piece:
                raise Conflict("The file became shorter while it was read. Read it again.")
            yield piece
            left -= len(piece)
            offset, length = first.size - left, min(left, MAX_CHUNK_BYTES)
            if left:
                asked = ReadFile(path=first.path, offset=offset, length=length, version=first.version)
                piece = (await asker.ask(READ_FILE, asked)).content[:left]

    answer = WholeRecord(pieces(), "file", "application/octet-stream", place)  # which would not take any name
    answer.headers["content-length"] = str(first.size)
    answer.headers["content-disposition"] = disposition(PurePosixPath(first.path).name)
    return answer


@router.put("/content", operation_id="write_file")
async def write_file(
    agent_id: PathId, body: FilePiece, data: WithDataPath, parts: WithParts, caller: SignedIn
) -> Written:
    """Put a piece of a file on the machine. Nothing is replaced unless `overwrite` says so."""
    asker = _Asker(parts, data, caller, agent_id)
    written = await asker.ask(WRITE_FILE, WriteFile.model_validate(body.model_dump()))
    if written.is_done:
        await asker.audit(Action.FILE_WRITTEN, written.path)
    return written


def disposition(name: str) -> str:
    """Return the Content-Disposition of a download: nothing in a file's name can say more than a name (RFC 6266)."""
    shown = "".join(letter if is_plain(letter) else "_" for letter in name)
    ascii_name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._- ") else "_" for letter in shown
    )
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(shown, safe='')}"


class _Asker:
    """Asks a machine in a person's name, whose rights are looked at for each question."""

    def __init__(self, parts: Parts, data: DataPath, caller: Caller, agent_id: str) -> None:
        self._parts = parts
        self._data = data
        self._caller = caller
        self._agent_id = agent_id

    async def ask(self, kind: Kind[Q, A], question: Q) -> A:
        await self._parts.store.read(self._require)
        return await self._data.links.ask(self._agent_id, kind, question)

    async def audit(self, action: Action, path: str) -> None:
        def write(connection: Connection) -> None:
            audit.write(
                connection,
                now_ms=self._parts.now_ms(),
                actor=self._caller.username,
                action=action,
                target=self._agent_id,
                detail=path,
                project_id=self._require(connection),
            )

        await self._parts.store.write(write)

    def _require(self, connection: Connection) -> str:
        project_id = agents.project_of(connection, self._agent_id)
        require_role(connection, self._caller, project_id, Role.OPERATOR)
        return project_id
