"""The product as people run it: a server and an agent as processes, the real Claude CLI, the scripted model."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.helpers.preloaded import PreloadedServer

START_SECONDS = 90.0
END_SECONDS = 20.0
RETURN_SECONDS = 90.0  # an agent that found no server for long tries again after as much as a minute
STARTING = "Agent starting"
CONNECTED = "Connected to"


@dataclass
class Product:
    """Starts, stops and starts again; all state is below `home`, the port stays the same."""

    home: Path
    claude: Path
    claude_environment: Mapping[str, str]
    port: int = field(default_factory=lambda: _free_port())
    _running: dict[str, subprocess.Popen[bytes] | PreloadedServer] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def work(self) -> Path:
        """The directory that sessions work in."""
        return self.home / "work"

    async def start_server(self) -> None:
        """Start the server, and wait until it is ready and the agents that run are back."""
        waiting = {name: self.output(name).count(CONNECTED) for name in self._running}
        self.work.mkdir(parents=True, exist_ok=True)
        state = str(self.home / "server")
        arguments = ["--port", str(self.port), "--state-dir", state, "--notify-networks", "127.0.0.0/8"]
        self._running["server"] = PreloadedServer(arguments, self._environment({}), self.home, self.home / "server.log")
        async with httpx2.AsyncClient(timeout=60) as http, asyncio.timeout(START_SECONDS):
            while not await _is_ready(http, f"{self.url}/readyz"):
                assert self._running["server"].poll() is None, self.output("server")
                await asyncio.sleep(0.05)
        for name, times in waiting.items():
            await self._says(name, CONNECTED, times + 1, RETURN_SECONDS)

    def start_agent(self, token: str, machine: str = "agent") -> None:
        """Start an agent with a token from the page, as on another machine. It says itself when it is online."""
        environment = {
            **self.claude_environment,
            "AGENT_TOKEN": token,
            "SERVER_URL": self.url,
            "CLAUDE_PATH": str(self.claude),
            "DEFAULT_DIRECTORY": str(self.work),
            "XDG_STATE_HOME": str(self.home / f"{machine}-state"),
            "XDG_RUNTIME_DIR": str(self._runtime(machine)),
        }
        self._spawn(machine, ["-m", "claudios.agent", "--demo"], environment)

    async def restart_agent(self) -> None:
        """Let the agent begin anew in place, as `claudios agent restart` does; its sessions go on."""
        starts = self.output("agent").count(STARTING)
        self._running["agent"].send_signal(signal.SIGHUP)
        await self._says("agent", STARTING, starts + 1, START_SECONDS)

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        process = self._running.pop(name)
        process.kill()
        process.wait(END_SECONDS)

    def stop(self, name: str) -> None:
        """End a process as its user would, and wait until it is gone."""
        process = self._running.pop(name)
        process.terminate()
        process.wait(END_SECONDS)

    def stop_all(self) -> None:
        """End the agents, which end their sessions, and then the server."""
        for name in sorted(self._running, key=lambda each: each == "server"):
            self.stop(name)

    def output(self, name: str) -> str:
        """Return what a process has written so far, in all its lives."""
        path = self.home / f"{name}.log"
        return path.read_text() if path.exists() else ""

    async def _says(self, name: str, words: str, times: int, seconds: float) -> None:
        """Wait until a process has written `words` so many times."""
        async with asyncio.timeout(seconds):
            while self.output(name).count(words) < times:  # noqa: ASYNC110 - its log is all that tells of it
                await asyncio.sleep(0.05)

    def _runtime(self, machine: str) -> Path:
        runtime = self.home / f"{machine}-run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return runtime

    def _environment(self, further: Mapping[str, str]) -> dict[str, str]:
        return {"PATH": self.claude_environment["PATH"], "HOME": str(self.home), **further}

    def _spawn(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=self._environment(environment),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


async def _is_ready(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx2.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
