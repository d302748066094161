"""The agent's HTTP client and its TLS, against servers and proxies that answer byte by byte as a test says."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from claudios.agent.client.address import tls_context
from claudios.agent.client.carrier import Carrier
from claudios.agent.client.http import HttpConnection, HttpInvalid
from claudios.agent.client.poll import PollCarrier
from claudios.agent.client.websocket import WebSocketCarrier
from claudios.protocol.errors import ClaudiosError, MessageTooLarge, Unreachable
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, new_token
from claudios.protocol.messages import Hello
from tests.helpers.certificate import make_certificate
from tests.helpers.uplink import MACHINE

HELLO = Hello(agent_version="0", instance="i", machine=MACHINE)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Scripted:
    """Answers each request with the next of its answers, and keeps what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.connections = 0
        self.hang_up_after = False
        self.port = 0
        self.hung_up = asyncio.Event()
        self.was_asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")), 0
                )
                self.asked.append(head + await reader.readexactly(length))
                self.was_asked.set()
                writer.write(self.answers.pop(0))
                await writer.drain()
                if self.hang_up_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()
            self.hung_up.set()


@asynccontextmanager
async def scripted(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    server = Scripted(*answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def connection(url: str, max_body_bytes: int = 1000) -> HttpConnection:
    return HttpConnection(url, {"Authorization": "Bearer b"}, tls_context(url, None), max_body_bytes)


async def answer_to(raw: bytes, max_body_bytes: int = 1000) -> tuple[int, bytes]:
    async with scripted(raw) as server:
        client = connection(f"http://127.0.0.1:{server.port}/x", max_body_bytes)
        try:
            answer = await client.post("wait=0", {}, b"body", 5)
        finally:
            client.close()
        return answer.status, answer.body


async def test_a_request_is_written_whole_and_its_connection_kept() -> None:
    async with scripted(OK, OK) as server:
        client = connection(f"http://127.0.0.1:{server.port}/base/sync")
        for wait in (0, 5):
            answer = await client.post(f"wait={wait}", {"Claudios-Boot": "7"}, b"abc", 5)
            assert (answer.status, answer.body) == (200, b"hi")
        client.close()
    assert server.connections == 1
    assert server.asked[1] == (
        b"POST /base/sync?wait=5 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"Authorization: Bearer b\r\n"
        b"Claudios-Boot: 7\r\n"
        b"Content-Length: 3\r\n\r\nabc" % server.port
    )


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 409\r\nContent-Length: 0\r\n\r\n", 409, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.0 502 Bad\r\n\r\nuntil the end", 502, b"until the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
            200,
            b"abc0123456789",
        ),
    ],
)
async def test_every_form_of_an_answer_is_read(raw: bytes, status: int, body: bytes) -> None:
    """P-1: proxies rewrite answers."""
    if not body.startswith(b"until"):
        assert await answer_to(raw) == (status, body)
    else:
        async with scripted(raw) as server:
            server.hang_up_after = True
            answer = await connection(f"http://127.0.0.1:{server.port}/").post("", {}, b"", 5)
            assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example.com\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 5000,
    ],
)
async def test_an_answer_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(HttpInvalid):
        await answer_to(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000,
    ],
)
async def test_an_answer_over_the_limit_is_not_read(raw: bytes) -> None:
    """W-4"""
    with pytest.raises(MessageTooLarge):
        await answer_to(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", b"HTTP/1.1 200 OK\r\n"]
)
async def test_an_answer_that_breaks_off_is_a_failure_and_the_request_is_not_repeated(raw: bytes) -> None:
    """P-4: what was in the lost answer comes with a new registration."""
    async with scripted(raw, OK) as server:
        server.hang_up_after = True
        client = connection(f"http://127.0.0.1:{server.port}/")
        with pytest.raises(ConnectionError):
            await client.post("", {}, b"", 5)
        assert len(server.asked) == 1
        server.hang_up_after = False
        assert (await client.post("", {}, b"", 5)).body == b"hi"
        client.close()


async def test_a_connection_that_was_closed_between_requests_is_opened_again() -> None:
    async with scripted(OK, OK) as server:
        server.hang_up_after = True
        client = connection(f"http://127.0.0.1:{server.port}/")
        await client.post("", {}, b"", 5)
        await server.hung_up.wait()
        await asyncio.sleep(0.05)  # until the end has come here too
        assert (await client.post("", {}, b"", 5)).body == b"hi"
        client.close()
    assert server.connections == 2


async def test_a_silent_server_is_not_waited_for_without_end() -> None:
    """L-9"""
    async with scripted(b"HTTP/1.1 200 OK\r\n", OK) as server:
        client = connection(f"http://127.0.0.1:{server.port}/")
        with pytest.raises(TimeoutError):
            await client.post("", {}, b"", 0.1)


async def test_closing_ends_a_request_that_is_under_way() -> None:
    async with scripted(b"", OK) as server:
        client = connection(f"http://127.0.0.1:{server.port}/")
        asking = asyncio.create_task(client.post("", {}, b"", 60))
        await server.was_asked.wait()
        client.close()
        with pytest.raises(ConnectionError):
            await asking
        with pytest.raises(ConnectionError):
            await client.post("", {}, b"", 5)


async def test_plain_http_goes_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(OK) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        client = connection("http://server.example/sync")
        assert (await client.post("wait=0", {}, b"", 5)).body == b"hi"
        client.close()
    assert proxy.asked[0].startswith(b"POST http://server.example/sync?wait=0 HTTP/1.1\r\nHost: server.example\r\n")
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in proxy.asked[0]


async def test_https_goes_through_a_tunnel_that_the_proxy_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-11: the proxy sees where to, and neither bearer nor body."""
    certificate = make_certificate(tmp_path, address="192.0.2.1")
    async with scripted(OK, tls=certificate.server_context()) as server:
        asked: list[bytes] = []

        async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            upstream, to_server = await asyncio.open_connection("127.0.0.1", server.port)

            async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
                while read := await source.read(65_536):
                    sink.write(read)
                sink.close()

            await asyncio.gather(pump(reader, to_server), pump(upstream, writer), return_exceptions=True)

        proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        url = "https://192.0.2.1:8443/sync"
        client = HttpConnection(url, {"Authorization": "Bearer b"}, tls_context(url, certificate.certificate), 1000)
        assert (await client.post("wait=0", {}, b"secret", 5)).body == b"hi"
        client.close()
        proxy.close()
        await asyncio.sleep(0.05)  # for the tunnel's two ends to close
    assert asked == [b"CONNECT 192.0.2.1:8443 HTTP/1.1\r\nHost: 192.0.2.1:8443\r\n\r\n"]
    assert server.asked[0].endswith(b"\r\n\r\nsecret")


async def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(b"HTTP/1.1 403 Forbidden\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(HttpInvalid, match=r"proxy 127\.0\.0\.1 refuses .*HTTP 403"):
            await connection("https://server.example/").post("", {}, b"", 5)
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(HttpInvalid, match="not an http:// one"):
        connection("https://server.example/")


def websocket(url: str, ca_file: Path | None, bearer: str = "b") -> Carrier:
    return WebSocketCarrier(url, bearer, tls_context(url, ca_file))


def poll(url: str, ca_file: Path | None, bearer: str = "b") -> Carrier:
    return PollCarrier(url, bearer, 5000, tls_context(url, ca_file))


both_carriers = pytest.mark.parametrize("make", [websocket, poll])
Make = Callable[..., Carrier]


@pytest.mark.fault("N10")
@both_carriers
@pytest.mark.parametrize(
    ("address", "days", "said"),
    [
        ("127.0.0.1", 1, "self-signed certificate"),
        ("127.0.0.1", -1, "certificate has expired"),
        ("192.0.2.1", 1, "IP address mismatch"),
    ],
)
async def test_a_certificate_that_does_not_hold_is_refused_with_its_reason(
    tmp_path: Path, make: Make, address: str, days: int, said: str
) -> None:
    """L-11: and the agent goes over to nothing weaker."""
    certificate = make_certificate(tmp_path, address=address, days=days)
    trusted = None if said.startswith("self") else certificate.certificate
    async with scripted(OK, tls=certificate.server_context()) as server:
        with pytest.raises(Unreachable) as refused:
            await make(f"https://127.0.0.1:{server.port}", trusted).open(HELLO)
    assert said in refused.value.message
    assert server.asked == []


@both_carriers
async def test_an_authority_of_ones_own_is_trusted_where_it_is_named(tmp_path: Path, make: Make) -> None:
    """L-11"""
    certificate = make_certificate(tmp_path)
    bearer = agent_keys(new_token(AGENT_TOKEN)).auth
    async with scripted(
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        tls=certificate.server_context(),
    ) as server:
        with pytest.raises(ClaudiosError) as refused:
            await make(f"https://127.0.0.1:{server.port}", certificate.certificate, bearer).open(HELLO)
    assert refused.value.code == "token_rejected"
    assert bearer not in refused.value.message
    assert bearer.encode() in server.asked[0]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "asyncio")  # it reports handshakes that fail, as they are meant to here
