"""The agent as its users run it: `python -m claudios.agent` in a directory and a state of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.helpers.link_server import LinkServer

FAKE_CLI = Path(__file__).with_name("fake_cli.py")
ECHO = "--initialize --echo got: --json"


class AgentProcess:
    """One running daemon and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def until(self, happened: Callable[[str], object]) -> None:
        """Wait until `happened(output)` holds."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(happened(self.output)))

    async def until_line(self, part: str) -> None:
        """Wait until a line with `part` in it has been printed."""
        await self.until(lambda output: part in output)

    async def ended(self) -> int:
        """Wait for its end and return the exit code."""
        await self._reading
        return await self.process.wait()

    async def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        await self.ended()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._changed:
                self.lines.append(line.decode().rstrip("\n"))
                self._changed.notify_all()


class AgentHome:
    """A directory with everything an agent needs; daemons started in it follow each other."""

    def __init__(self, directory: Path, server: LinkServer, fake_cli: str = ECHO) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.work = directory / "work"
        self.work.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "FAKE_CLI": fake_cli,
            "SERVER_URL": server.url,
            "AGENT_TOKEN": server.token.text,
            "STATE_DIRECTORY": str(self.state),
            "CLAUDE_PATH": str(FAKE_CLI),
            "OUTPUT_FLUSH_INTERVAL": "50",
        }
        self.started: list[AgentProcess] = []

    async def start(self, *arguments: str, **environment: str) -> AgentProcess:
        """Start a daemon with further flags and variables."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "claudios.agent",
            *arguments,
            cwd=self.directory,
            env={**self.environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        agent = AgentProcess(process)
        self.started.append(agent)
        return agent

    async def close(self) -> None:
        """End the last daemon and with it all sessions."""
        for agent in self.started:
            if agent.process.returncode is None:
                agent.send(signal.SIGTERM)
                await agent.ended()


@asynccontextmanager
async def agent_home(directory: Path, server: LinkServer, fake_cli: str = ECHO) -> AsyncIterator[AgentHome]:
    """Give an agent's home; daemons that still run in it at the end are stopped, after a fresh start if need be."""
    home = AgentHome(directory, server, fake_cli)
    try:
        yield home
    finally:
        if home.started and home.started[-1].process.returncode not in (None, 0):
            await home.start()  # a killed daemon leaves its sessions running: this one ends them
            await home.started[-1].until(lambda output: "Configuration loaded" in output)
        await home.close()


def environment_of(pid: int) -> Mapping[str, str]:
    """Return the environment that a process was started with."""
    raw = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in raw.split("\0") if "=" in pair)
