"""The little of HTTP/1.1 (RFC 9112) that polling needs, over a connection that is kept.

A general client costs this process 10 MB and a millisecond a request. No request is sent twice: an answer that was
lost may have held what the server says only once, and only a new registration brings that back.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from claudios.agent.client.address import may_use_proxy
from claudios.protocol.errors import MessageTooLarge, Unreachable

CONNECT_SECONDS = 15.0
MAX_HEAD_BYTES = 64 * 1024
READ_LIMIT_BYTES = 256 * 1024


class HttpInvalid(Unreachable):
    """The server, or a proxy before it, does not answer as a web server does. Check `serverUrl`."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpConnection:
    """One connection to the server of `url`, opened when it is needed; one request at a time."""

    def __init__(self, url: str, headers: Mapping[str, str], tls: ssl.SSLContext, max_body_bytes: int) -> None:
        self._url = urlsplit(url)
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._tls = tls
        self._max_body_bytes = max_body_bytes
        self._proxy = _proxy_of(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._is_closed = False

    async def post(self, query: str, headers: Mapping[str, str], body: bytes, answer_seconds: float) -> HttpAnswer:
        """Post `body` and return the answer, which may take `answer_seconds`. Raises as `request` does."""
        return await self.request("POST", query, headers, body, answer_seconds)

    async def request(
        self, method: str, query: str, headers: Mapping[str, str], body: bytes, answer_seconds: float
    ) -> HttpAnswer:
        """Send a request and return its answer.

        Raises OSError (TimeoutError too), HttpInvalid, or MessageTooLarge; the next request begins afresh then.
        """
        head = self._head(method, query, headers, len(body))
        try:
            if self._streams is None or _has_hung_up(*self._streams):
                self._drop()
                self._streams = await self._connect()
            async with asyncio.timeout(answer_seconds):
                return await self._exchange(*self._streams, head, body)
        except BaseException:
            self._drop()  # half a request or half an answer: nothing more can be said on it
            raise

    def close(self) -> None:
        """Cut the connection; a request under way fails."""
        self._is_closed = True
        self._drop()

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    def _head(self, method: str, query: str, headers: Mapping[str, str], length: int) -> bytes:
        target = f"{self._url.path or '/'}?{query}"
        proxy_lines = ""
        if self._proxy is not None and self._url.scheme == "http":
            target = f"http://{self._url.netloc}{target}"
            proxy_lines = _authorization(self._proxy)
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (
            f"{method} {target} HTTP/1.1\r\nHost: {self._url.netloc}\r\n{proxy_lines}{self._headers}{more}"
            f"Content-Length: {length}\r\n\r\n"
        ).encode("latin-1")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._is_closed:
            raise ConnectionResetError("the connection was given up")
        is_secure = self._url.scheme == "https"
        host, port = self._url.hostname or "", self._url.port or (443 if is_secure else 80)
        async with asyncio.timeout(CONNECT_SECONDS):
            if self._proxy is None:
                return await asyncio.open_connection(
                    host, port, ssl=self._tls if is_secure else None, limit=READ_LIMIT_BYTES
                )
            reader, writer = await asyncio.open_connection(
                self._proxy.hostname, self._proxy.port or 80, limit=READ_LIMIT_BYTES
            )
            if is_secure:
                try:
                    await self._tunnel(reader, writer, f"{host}:{port}")
                    await writer.start_tls(self._tls, server_hostname=host)
                except BaseException:
                    writer.transport.abort()
                    raise
            return reader, writer

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
        assert self._proxy is not None
        request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{_authorization(self._proxy)}\r\n"
        writer.write(request.encode("latin-1"))
        status, _ = await _read_head(reader)
        if status // 100 != 2:
            raise HttpInvalid(f"The proxy {self._proxy.hostname} refuses to connect to the server (HTTP {status}).")

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
    ) -> HttpAnswer:
        writer.writelines((head, body))
        await writer.drain()
        status, headers = await _read_head(reader)
        while status == 100:
            status, headers = await _read_head(reader)
        content = await self._read_body(reader, status, headers)
        if "close" in headers.get("connection", "").lower() or not _says_its_length(headers):
            self._drop()
        return HttpAnswer(status, headers, content)

    async def _read_body(self, reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> bytes:
        if status in (204, 304):
            return b""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return await self._read_chunks(reader)
        length = headers.get("content-length")
        if length is None:
            content = await reader.read(self._max_body_bytes + 1)
            while not reader.at_eof() and len(content) <= self._max_body_bytes:
                content += await reader.read(self._max_body_bytes + 1 - len(content))
            self._check_size(len(content))
            return content
        size = _number(length, 10)
        self._check_size(size)
        return await _exactly(reader, size)

    async def _read_chunks(self, reader: asyncio.StreamReader) -> bytes:
        content = bytearray()
        while size := _number((await _read_line(reader)).partition(b";")[0].decode("latin-1"), 16):
            self._check_size(len(content) + size)
            content += await _exactly(reader, size)
            await _read_line(reader)
        while await _read_line(reader):
            continue  # trailers
        return bytes(content)

    def _check_size(self, size: int) -> None:
        if size > self._max_body_bytes:
            raise MessageTooLarge


def _has_hung_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Say whether the server has closed a connection that was kept between requests."""
    return reader.at_eof() or writer.transport.is_closing()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    line = await _read_line(reader)
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise HttpInvalid
    headers: dict[str, str] = {}
    size = 0
    while line := await _read_line(reader):
        size += len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or size > MAX_HEAD_BYTES:
            raise HttpInvalid
        headers[name.strip().lower()] = value.strip()
    return int(words[1]), headers


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\n")).rstrip(b"\r\n")
    except asyncio.IncompleteReadError as ended:
        raise ConnectionResetError("the server hung up without an answer") from ended
    except asyncio.LimitOverrunError as endless:
        raise HttpInvalid from endless


async def _exactly(reader: asyncio.StreamReader, size: int) -> bytes:
    try:
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as ended:
        raise ConnectionResetError("the server hung up in the middle of its answer") from ended


def _says_its_length(headers: Mapping[str, str]) -> bool:
    return "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()


def _number(text: str, base: int) -> int:
    text = text.strip()
    if not text.isascii() or not text.isalnum() or len(text) > 16:
        raise HttpInvalid
    try:
        return int(text, base)
    except ValueError as wrong:
        raise HttpInvalid from wrong


def _proxy_of(url: str) -> SplitResult | None:
    """Return the proxy that the environment names for `url`, as `http://[user:password@]host:port`."""
    if not may_use_proxy(url):
        return None
    from urllib.request import getproxies, proxy_bypass  # 2 MB that this machine itself does not need

    server = urlsplit(url)
    address = getproxies().get(server.scheme)
    if not address or proxy_bypass(server.hostname or ""):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise HttpInvalid(f"The environment names the proxy {proxy.hostname}, which is not an http:// one. Change it.")
    return proxy


def _authorization(proxy: SplitResult) -> str:
    if proxy.username is None:
        return ""
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
