"""One HTTP/1.1 connection: read requests, write whole answers and event streams, or break off on purpose."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from claudios.demo.conversation import Json

SERIAL = itertools.count(1)


@dataclass(frozen=True)
class HttpRequest:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


class Connection:
    """A client's connection, on which one request is answered at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read_request(self) -> HttpRequest:
        """Read the next request; raise IncompleteReadError at the end, ValueError on anything but HTTP."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return HttpRequest(method, path, headers, await self._read_body(headers))

    async def answer(
        self,
        status: int,
        body: Json | bytes,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Write a whole answer: JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self._write_head(
            status, {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
        )
        self._writer.write(content)
        await self._writer.drain()

    async def begin_events(self, headers: Mapping[str, str]) -> None:
        """Begin a stream of server-sent events."""
        fixed = {"content-type": "text/event-stream", "transfer-encoding": "chunked", "cache-control": "no-cache"}
        await self._write_head(200, {**fixed, **headers})

    async def event(self, kind: str, content: Mapping[str, Json]) -> None:
        """Write one event of the stream."""
        event = f"event: {kind}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
        self._writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await self._writer.drain()

    async def end_events(self) -> None:
        """End the stream properly; the connection stays open."""
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    def reset(self) -> None:
        """Break off with a TCP reset."""
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def _write_head(self, status: int, headers: Mapping[str, str]) -> None:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:  # 529 is the API's own
            phrase = "Scripted"
        all_headers = {"request-id": f"req_demo_{next(SERIAL):06d}", **headers}
        lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in all_headers.items())]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._writer.drain()

    async def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._reader.readexactly(int(headers.get("content-length") or 0))
        chunks: list[bytes] = []
        while size := int((await self._reader.readline()).partition(b";")[0].strip() or b"0", 16):
            chunks.append(await self._reader.readexactly(size))
            await self._reader.readline()
        while (await self._reader.readline()).strip():
            pass  # trailers
        return b"".join(chunks)
