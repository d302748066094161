"""ClaudiOS as a journey: a real server, agent and shim on this machine, the bench's program in Claude's place."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect

from claudios.protocol.frame import HEADER_BYTES, Stream, locate

CLI = Path(__file__).with_name("cli.py")
READY_SECONDS = 30


T = TypeVar("T")


class Http:
    """One kept-alive HTTP/1.1 connection, so that no client library's time is measured as ours."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie = ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def cookie(self) -> str:
        return self._cookie

    async def call(self, method: str, path: str, body: object = None) -> object:
        """Return the JSON answer. Raises RuntimeError for any status of 400 and above."""
        await self.post(method, path, body)
        return await self.answer()

    async def post(self, method: str, path: str, body: object = None) -> None:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        raw = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\norigin: http://127.0.0.1:{self._port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(raw)}\r\n"
        )
        cookie = f"cookie: {self._cookie}\r\n" if self._cookie else ""
        self._writer.write((head + cookie + "\r\n").encode() + raw)

    async def answer(self) -> object:
        assert self._reader is not None
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        fields = {name.lower(): value for name, value in pairs}
        if "set-cookie" in fields:
            self._cookie = fields["set-cookie"].split(";")[0]
        raw = await self._reader.readexactly(int(fields.get("content-length", 0)))
        status = int(head.split(" ")[1])
        if status >= 400:
            raise RuntimeError(f"HTTP {status}: {raw.decode()}")
        return json.loads(raw) if raw else None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@dataclass(frozen=True, slots=True)
class ProductViewer:
    """A reader of the session's frames."""

    socket: ClientConnection

    async def messages(self) -> AsyncIterator[bytes]:
        async for message in self.socket:
            assert isinstance(message, bytes)
            yield message

    def output(self, message: bytes) -> bytes:
        view = memoryview(message)
        return b"".join(
            view[found.start + HEADER_BYTES : found.end] for found in locate(view) if found.stream is Stream.STDOUT
        )


class ProductJourney:
    """One running session of one agent."""

    def __init__(self, http: Http, port: int, session_id: str, server: int, agent: int, shim: int) -> None:
        self.pids: tuple[int, ...] = (server, agent, shim)
        self.server, self.agent, self.shim = server, agent, shim
        self.session_id = session_id
        self._http = http
        self.port = port

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self._http.cookie, "Origin": f"http://127.0.0.1:{self.port}"}

    async def send(self, line: str) -> None:
        await self._http.post("POST", f"/sessions/{self.session_id}/commands", {"text": line})
        self._unread = asyncio.create_task(self._http.answer())

    async def settled(self) -> None:
        """Wait for the answer to the last command: the next one goes over the same connection."""
        await self._unread

    @asynccontextmanager
    async def view(self, after: int = 0) -> AsyncIterator[ProductViewer]:
        url = f"ws://127.0.0.1:{self.port}/api/v1/sessions/{self.session_id}/live-log?after={after}"
        async with connect(
            url, additional_headers=self.headers, compression=None, max_size=None, max_queue=64
        ) as viewer:
            yield ProductViewer(viewer)

    async def last_seq(self) -> int:
        session = await self._http.call("GET", f"/sessions/{self.session_id}")
        assert isinstance(session, dict)
        return int(session["last_seq"])


@dataclass(frozen=True, slots=True)
class Product:
    """A server and an agent, ready; sessions are started on them."""

    http: Http
    port: int
    project_id: str
    agent_id: str
    server: asyncio.subprocess.Process
    agent: asyncio.subprocess.Process
    directory: Path

    async def session(self, mode: str = "chat") -> ProductJourney:
        """Start a session and wait until it runs."""
        session_id = str(uuid.uuid4())
        body = {"id": session_id, "agent_id": self.agent_id, "directory": str(self.directory), "mode": mode}
        await self.http.call("POST", f"/projects/{self.project_id}/sessions", body)
        await _until(lambda: self._is_running(session_id))
        pid_file = next(self.directory.glob(f"**/sessions/{session_id}/shim.pid"))
        shim = int(pid_file.read_text().split()[0])
        return ProductJourney(self.http, self.port, session_id, self.server.pid, self.agent.pid, shim)

    async def _is_running(self, session_id: str) -> bool:
        session = await self.http.call("GET", f"/sessions/{session_id}")
        assert isinstance(session, dict)
        return str(session["state"]) == "running"


@asynccontextmanager
async def product(transport: str) -> AsyncIterator[Product]:
    """Start server and agent in a directory of their own, and stop them at the end."""
    with tempfile.TemporaryDirectory(prefix="claudios-bench-") as name:
        directory = Path(name)
        port = _free_port()
        environment = {**os.environ, "PORT": str(port), "XDG_STATE_HOME": name, "HOME": name}
        server = await _start(directory / "server.log", environment, "claudios.server")
        try:
            http = Http(port)
            await _until(lambda: _is_listening(port))
            config = directory / "config.json"
            url = f"http://127.0.0.1:{port}"
            await _run(environment, "setup", "--agent-config", str(config), "--server-url", url)
            link = json.loads(await _run(environment, "sign-in-link", "--server-url", url, "--json"))["url"]
            await http.call("POST", "/auth/link", {"code": link.partition("#")[2]})
            arguments = ("--config", str(config), "--claude-path", str(CLI), "--transport", transport)
            agent = await _start(directory / "agent.log", environment, "claudios.agent", *arguments)
            try:
                online = await _until(lambda: _online(http))
                assert online is not None
                yield Product(http, port, online["project_id"], online["id"], server, agent, directory)
            finally:
                await _stop(agent)
                http.close()
        finally:
            await _stop(server)


async def _online(http: Http) -> dict[str, str] | None:
    agents = await http.call("GET", "/agents")
    assert isinstance(agents, list)
    return next((agent for agent in agents if agent["online"]), None)


async def _start(log: Path, environment: dict[str, str], module: str, *arguments: str) -> asyncio.subprocess.Process:
    with log.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, env=environment, stdout=file, stderr=file
        )


async def _run(environment: dict[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "claudios.server", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"claudios server {arguments[0]} failed with {process.returncode}")
    return output.decode()


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


async def _is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def _until(question: Callable[[], Awaitable[T]]) -> T:
    """Ask every 20 ms until the answer is true; return it. Raises TimeoutError after READY_SECONDS."""
    async with asyncio.timeout(READY_SECONDS):
        while not (answer := await question()):  # noqa: ASYNC110  # another process is asked: it cannot wake us
            await asyncio.sleep(0.02)
        return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
