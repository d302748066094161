"""The product as people run it: a server and an agent as processes, the real Claude CLI, the scripted model."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

START_SECONDS = 30.0
END_SECONDS = 20.0


@dataclass
class Product:
    """Starts, stops and starts again; all state is below `home`, the port stays the same."""

    home: Path
    claude: Path
    claude_environment: Mapping[str, str]
    port: int = field(default_factory=lambda: _free_port())
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def work(self) -> Path:
        """The directory that sessions work in."""
        return self.home / "work"

    async def start_server(self) -> None:
        """Start the server, and wait until it is ready."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = str(self.home / "server")
        self._spawn("server", ["-m", "claudios.server", "--port", str(self.port), "--state-dir", state], {})
        async with httpx2.AsyncClient(timeout=60) as http, asyncio.timeout(START_SECONDS):
            while not await _is_ready(http, f"{self.url}/readyz"):
                assert self._running["server"].poll() is None, self.output("server")
                await asyncio.sleep(0.05)

    def start_agent(self, token: str) -> None:
        """Start the agent with a token from the page, as on another machine. It says itself when it is online."""
        environment = {
            **self.claude_environment,
            "AGENT_TOKEN": token,
            "SERVER_URL": self.url,
            "CLAUDE_PATH": str(self.claude),
            "DEFAULT_DIRECTORY": str(self.work),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_RUNTIME_DIR": str(self._runtime()),
        }
        self._spawn("agent", ["-m", "claudios.agent", "--demo"], environment)

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
        """End the agent, which ends its sessions, and then the server."""
        for name in ("agent", "server"):
            if name in self._running:
                self.stop(name)

    def output(self, name: str) -> str:
        """Return what a process has written so far, in all its lives."""
        path = self.home / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def _runtime(self) -> Path:
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return runtime

    def _spawn(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env={"PATH": self.claude_environment["PATH"], "HOME": str(self.home), **environment},
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
