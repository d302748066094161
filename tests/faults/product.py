"""The product to break: server and agent as processes on loopback, a fake CLI or the real one, somebody who asks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from claudios.protocol.frame import Frame, Stream, decode
from tests.faults.case import Case
from tests.faults.memory import rss_bytes
from tests.helpers import fake_cli
from tests.helpers.programs import write_program
from tests.helpers.server import Person

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 90.0
LOOK_SECONDS = 0.02
UNDER_WAY = frozenset({"queued", "sent", "taken"})
"""States of an instruction without an outcome."""
STREAMS = "--initialize --until-told --named --line 100 --rate 30000 --wait-lines 1"
"""A session that prints numbered lines from its first prompt until it is sent "stop emitting"."""

_CLAUDE = """#!/bin/sh
case "$1" in
    --version) echo "0.0.0 (fake)"; exit 0;;
    auth) echo '{{"loggedIn":true}}'; exit 0;;
esac
if [ -f fake-cli ]; then
    FAKE_CLI="$(cat fake-cli)" exec {python} -S -E {fake} "$@"
fi
exec {real} "$@"
"""


@dataclass
class Product:
    """A server and an agent that can be killed, frozen and started again; all state is below `home`.

    `link_url` is where the agent finds its server: set it to a relay's before the agent starts. A session whose
    directory holds the options of a fake CLI in the file `fake-cli` runs that; any other runs `real_claude`. What its
    processes have of memory before they are ended is told to `case`.
    """

    home: Path
    real_claude: Path = Path("/bin/false")
    claude_environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: _free_port())
    link_url: str = ""
    agent_id: str = ""
    project_id: str = ""
    token: str = ""
    server_environment: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _http: httpx2.AsyncClient | None = None
    _links_before: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """The agent's state directory."""
        return self.home / "agent"

    # Its processes

    async def start_server(self, **environment: str) -> None:
        """Start the server with further variables, and wait until it is ready."""
        state = str(self.home / "server")
        self._spawn(
            "server",
            ["tests.faults.failpoints", "claudios.server", "--port", str(self.port), "--state-dir", state],
            {**self.server_environment, **environment},
        )
        await self.until(self._is_ready)

    def start_agent(self, **environment: str) -> None:
        """Start a daemon with further variables; use `online` to wait for its link."""
        self._spawn(
            "agent", ["tests.faults.failpoints", "claudios.agent"], {**self._agent_environment(), **environment}
        )

    async def register(self) -> None:
        """Become the server's owner, and make the agent's token."""
        self._http = httpx2.AsyncClient(base_url=self.url, headers={"origin": self.url}, timeout=30)
        await self.ask("POST", "/auth/register", {"username": "owner", "password": PASSWORD})
        projects = await self.ask("GET", "/projects")
        project = projects[0] if projects else await self.ask("POST", "/projects", {"name": "faults"})
        self.project_id = project["id"]
        made = await self.ask("POST", f"/projects/{self.project_id}/agents", {"name": "machine"})
        self.token, self.agent_id = made["token"], made["agent"]["id"]

    def signs_in_as(self, other: Product) -> None:
        """Ask as the owner of another server on the same store."""
        self._http = other.person(self.url).http

    def person(self, url: str | None = None) -> Person:
        """Return the server's owner as a browser at its own address, or at a relay's."""
        assert self._http is not None
        address = url or self.url
        http = httpx2.AsyncClient(base_url=address, headers={"origin": address}, cookies=self._http.cookies)
        return Person(http, {})

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def has_ended(self, name: str) -> bool:
        return self._running[name].poll() is not None

    async def died(self, name: str) -> int:
        """Wait until a process has ended by itself, and return its exit code, negative for a signal."""
        process = self._running.pop(name)
        return await asyncio.to_thread(process.wait, PATIENCE_SECONDS)

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        self._note_memory(name)
        process = self._running.pop(name)
        self.note_links()
        process.kill()
        process.wait()

    def freeze(self, name: str) -> None:
        """Stop a process without its knowledge."""
        self._running[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        self._running[name].send_signal(signal.SIGCONT)

    def signal(self, name: str, number: signal.Signals) -> None:
        self._note_memory(name)
        self._running[name].send_signal(number)

    async def stop(self, name: str) -> int:
        """End a process as its user would, and return its exit code."""
        self._note_memory(name)
        self._running[name].terminate()
        return await self.died(name)

    async def stop_leaving_sessions(self) -> None:
        """End the daemon as an upgrade does."""
        self._note_memory("agent")
        self._running["agent"].send_signal(signal.SIGUSR1)
        await self.died("agent")

    async def close(self) -> None:
        """End everything, sessions included; where no agent runs any more, one is started to end them."""
        if self.token and "server" in self._running and ("agent" not in self._running or self.has_ended("agent")):
            self._running.pop("agent", None)
            self.start_agent()
            await self.online()
        for name in ("agent", "server"):
            if name in self._running:
                self.thaw(name)
                await self.stop(name)
        if self._http is not None:
            await self._http.aclose()

    def output(self, name: str) -> str:
        """Return what a process has written, in all its lives."""
        path = self.home / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def shim_pid(self, session_id: str) -> int:
        return int((self.state / "sessions" / session_id / "shim.pid").read_text())

    # What people do

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON answer; asks again while the server is away, so give what must not happen twice an id."""
        assert self._http is not None
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = await self._http.request(method, f"/api/v1{path}", json=body)
            except httpx2.TransportError:
                assert time.monotonic() < end, f"the server does not answer: {self.output('server')[-2000:]}"
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 503 and time.monotonic() < end:
                await asyncio.sleep(0.1)
                continue
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
            return answer.json() if answer.content else None

    async def look(self, path: str) -> str:
        """Ask once, and return the status, or "no answer"."""
        assert self._http is not None
        try:
            return str((await self._http.get(f"/api/v1{path}")).status_code)
        except httpx2.TransportError:
            return "no answer"

    async def online(self) -> None:
        """Wait until the agent has a link."""
        await self.until(self._is_online)

    def note_links(self) -> None:
        """Take note of the links so far, for `online_anew`."""
        self._links_before = self._links()

    async def online_anew(self) -> None:
        """Wait until the agent has a link that it did not have when something was last killed, or at `note_links`."""

        async def is_linked() -> bool:
            return self._links() > self._links_before

        await self.until(is_linked)

    async def start_session(self, options: str | None, prompt: str | None = "go", session_id: str | None = None) -> str:
        """Start a session in a directory of its own; `options` are those of the fake CLI, None runs the real one."""
        session_id = session_id or str(uuid4())
        work = self.home / "work" / session_id
        work.mkdir(parents=True)
        if options is not None:
            (work / "fake-cli").write_text(options)
        body: dict[str, object] = {"id": session_id, "agent_id": self.agent_id, "directory": str(work)}
        if prompt is not None:
            body["prompt"] = prompt
        await self.ask("POST", f"/projects/{self.project_id}/sessions", body)
        return session_id

    async def command(self, session_id: str, text: str) -> str:
        """Send a prompt and return the instruction's id."""
        command_id = str(uuid4())
        await self.ask("POST", f"/sessions/{session_id}/commands", {"text": text, "id": command_id})
        return command_id

    async def terminate(self, session_id: str) -> None:
        await self.ask("POST", f"/sessions/{session_id}/terminate")

    async def session(self, session_id: str) -> dict[str, Any]:
        """Return a session as people see it."""
        found: dict[str, Any] = await self.ask("GET", f"/sessions/{session_id}")
        return found

    async def until_state(self, session_id: str, state: str) -> dict[str, Any]:
        """Wait for a state and return the session in it."""

        async def reached() -> bool:
            return bool((await self.session(session_id))["state"] == state)

        await self.until(reached)
        return await self.session(session_id)

    async def outcomes(self, session_id: str) -> dict[str, str]:
        """Return the state of each of a session's instructions."""
        listed = await self.ask("GET", f"/sessions/{session_id}/instructions")
        return {each["id"]: each["state"] for each in listed}

    def all_outcomes(self, session_id: str) -> dict[str, str]:
        """Return the state of every instruction of a session from the server's own store: the API shows the newest."""
        database = f"{(self.home / 'server' / 'claudios.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as store:
            return dict(store.execute("SELECT id, state FROM instructions WHERE session_id = ?", (session_id,)))

    async def outcome(self, session_id: str, instruction_id: str) -> str:
        """Return the state of an instruction."""
        return (await self.outcomes(session_id))[instruction_id]

    # What the oracle reads

    async def frames(self, session_id: str) -> list[Frame]:
        """Return the stored log, decoded from its bytes; checks numbering and that its end is whole."""
        assert self._http is not None
        answer = await self._http.get(f"/api/v1/sessions/{session_id}/frames")
        assert answer.is_success, answer.text
        frames = list(decode(answer.content))
        assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1)), "a number is missing or comes twice"
        return frames

    async def lines(self, session_id: str, stream: Stream = Stream.STDOUT, epoch: int | None = None) -> list[bytes]:
        """Return the stored lines of a stream, each with its newline, answers of the handshake left out."""
        frames = await self.frames(session_id)
        raw = b"".join(
            frame.payload for frame in frames if frame.stream is stream and (epoch is None or frame.epoch == epoch)
        )
        return [line for line in raw.splitlines(keepends=True) if b'"control_response"' not in line]

    async def raw(self, session_id: str, stream: str) -> bytes:
        """Return the stored bytes of a stream."""
        assert self._http is not None
        answer = await self._http.get(f"/api/v1/sessions/{session_id}/log?stream={stream}", timeout=PATIENCE_SECONDS)
        assert answer.is_success, answer.text
        return answer.content

    async def tail(self, session_id: str) -> bytes:
        """Return the standard output in the newest 20 frames."""
        assert self._http is not None
        after = max(0, (await self.session(session_id))["last_seq"] - 20)
        answer = await self._http.get(f"/api/v1/sessions/{session_id}/frames?after={after}")
        return b"".join(frame.payload for frame in decode(answer.content) if frame.stream is Stream.STDOUT)

    async def events(self, session_id: str) -> list[dict[str, Any]]:
        return [json.loads(frame.payload) for frame in await self.frames(session_id) if frame.stream is Stream.EVENT]

    async def is_verified(self, session_id: str) -> bool:
        """Say whether the server's own check of chain and signatures passes."""
        told = await self.ask("GET", f"/sessions/{session_id}/verify")
        return bool(told["verified"])

    async def stopped_emitting(self, session_id: str) -> tuple[list[bytes], list[bytes]]:
        """Have a `STREAMS` session stop; return the lines that were to be stored and those that are."""
        await self.command(session_id, "stop emitting")

        end = f"{session_id} end ".encode()

        async def is_whole() -> bool:
            return end in await self.tail(session_id)

        await self.until(is_whole)
        stored = await self.lines(session_id)
        count = next(int(line.split()[2]) for line in reversed(stored) if line.startswith(end))
        expected = [fake_cli.line(n, 100, name=session_id) for n in range(count)]
        return [*expected, fake_cli.last_line(count, session_id)], stored

    async def until(self, question: Callable[[], Awaitable[bool]]) -> None:
        """Ask until the answer is yes: other processes are asked, which cannot wake us."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not await question():
            assert time.monotonic() < end, f"it never came true; {self._ends_of_logs()}"
            await asyncio.sleep(LOOK_SECONDS)

    # Inside

    async def _is_ready(self) -> bool:
        assert not self.has_ended("server"), self.output("server")[-2000:]
        async with httpx2.AsyncClient() as http:
            with suppress(httpx2.TransportError):
                return bool((await http.get(f"{self.url}/readyz")).is_success)
        return False

    async def _is_online(self) -> bool:
        return bool((await self.ask("GET", f"/agents/{self.agent_id}"))["online"])

    def _agent_environment(self) -> dict[str, str]:
        script = _CLAUDE.format(python=sys.executable, fake=fake_cli.__file__, real=self.real_claude)
        program = write_program(self.home / "claude", script)
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {
            **self.claude_environment,
            "AGENT_TOKEN": self.token,
            "SERVER_URL": self.link_url or self.url,
            "STATE_DIRECTORY": str(self.state),
            "CLAUDE_PATH": str(program),
            "DEFAULT_DIRECTORY": str(self.home),
            "OUTPUT_FLUSH_INTERVAL": "50",
            "MAX_CONCURRENT_SESSIONS": "20",
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_RUNTIME_DIR": str(runtime),
        }

    def _spawn(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONPATH": str(ROOT), **environment},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _note_memory(self, name: str) -> None:
        """Tell the case what a process has had, and with the agent its shims."""
        if self.case is None:
            return
        kind = "agent" if name == "agent" else "server"
        pids = {self.pid(name): kind}
        if kind == "agent":
            pids |= {int(path.read_text() or 0): "shim" for path in self.state.glob("sessions/*/shim.pid")}
        for pid, kind in pids.items():
            with suppress(ProcessLookupError, FileNotFoundError):  # it has ended
                self.case.lived(kind, rss_bytes(pid))

    def _links(self) -> int:
        return self.output("agent").count("Connected to")

    def _ends_of_logs(self) -> str:
        return "".join(f"\n{name}: {self.output(name)[-1500:]}" for name in ("server", "agent"))


@asynccontextmanager
async def running_product(
    product: Product, *, agent: Mapping[str, str] | None = None, server: Mapping[str, str] | None = None
) -> AsyncIterator[Product]:
    """Run server and agent, each with further variables, until the end of the block."""
    product.home.mkdir(parents=True, exist_ok=True)
    try:
        await product.start_server(**(server or {}))
        await product.register()
        product.start_agent(**(agent or {}))
        await product.online()
        yield product
    finally:
        await product.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
