"""Start server, agent and, in a demo, the scripted model in their order; keep them running; end them in theirs.

look for Claude ─┐
server's setup ──┼─▶ server ready ─▶ agent online ─▶ summary … Ctrl+C ─▶ agent ─▶ server ─▶ model
scripted model ──┘
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from claudios.cli.up import claude as claudes
from claudios.cli.up.child import Child, Recipe
from claudios.cli.up.claude import Account, Claude
from claudios.cli.up.environment import agent_environment, model_environment, server_environment
from claudios.cli.up.household import Household, set_up, write_agent_config
from claudios.cli.up.lock import Running, UpLock
from claudios.cli.up.places import Places
from claudios.cli.up.ports import HOST, choose_port, is_free
from claudios.client.address import parse_address
from claudios.client.api import Client
from claudios.protocol.errors import ClaudiosError, LocalError, Unreachable

START_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.03
AGENT_ENDS_SECONDS = 40.0
SERVER_ENDS_SECONDS = 10.0
MODEL_ENDS_SECONDS = 3.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for. `demo` None: a demo when there are no credentials. Port 0: any free one."""

    port: int
    demo: bool | None
    say: Callable[[str], None]
    line: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """What runs now."""

    url: str
    household: Household
    claude: Claude
    is_demo: bool


class Supervisor:
    """The children of one `claudios up`. Use: `start`, then `wait`, and `stop` whatever happened."""

    def __init__(self, places: Places, lock: UpLock, wishes: Wishes) -> None:
        self._places = places
        self._lock = lock
        self._wishes = wishes
        self._model_url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._children: list[Child] = []
        self._signals = 0
        self._asked_to_end = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Let Ctrl+C, SIGTERM and the end of the terminal end everything in order; a second one, at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)

    async def start(self) -> Ready:
        """Start everything. Raises LocalError naming what failed, or CancelledError when asked to end meanwhile."""
        starting = asyncio.create_task(self._start())
        ending = asyncio.create_task(self._asked_to_end.wait())
        try:
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                starting.cancel()
            return await starting
        finally:
            ending.cancel()

    async def wait(self) -> None:
        """Wait until a signal asks to end."""
        await self._asked_to_end.wait()

    async def stop(self) -> None:
        """End the agent first, so that its sessions' last output arrives; then the server, then the model."""
        patience = {"agent": AGENT_ENDS_SECONDS, "server": SERVER_ENDS_SECONDS, "model": MODEL_ENDS_SECONDS}
        for child in reversed(self._children):
            child.leave_to_end()
        for name, seconds in patience.items():
            present = self._child(name)
            if present is not None:
                await present.stop(signal.SIGTERM, seconds)

    def _signalled(self) -> None:
        self._signals += 1
        self._asked_to_end.set()
        if self._signals > 1:
            for child in self._children:
                child.kill()

    async def _start(self) -> Ready:
        port = choose_port(self._wishes.port)
        url = f"http://{HOST}:{port}"
        self._note(port, url, is_demo=False, is_ready=False)
        flags = ("--state-dir", str(self._places.server), "--host", HOST, "--port", str(port))
        if self._places.has_server_key:  # two processes may not make it at once; later starts save a second
            await self._spawn_server(flags)
        looked, household = await _both(
            self._look(),
            set_up(self._places, flags, server_environment(os.environ)),
        )
        claude, is_demo = looked
        started = self._child("server")
        server = started if started is not None else await self._spawn_server(flags)
        with Client(parse_address(url), household.api_token, timeout_seconds=5) as client:
            await self._until(server, lambda: client.is_ready())
            model_url = await self._model_url if is_demo else None
            self._configure_agent(url, household, model_url)
            agent = await self._spawn(
                "agent",
                ["-m", "claudios.agent", "--config", str(self._places.agent_config)],
                agent_environment(os.environ, is_demo=is_demo),
            )
            await self._until(agent, lambda: _is_online(client, household.agent.id))
        for child in self._children:
            child.settle()
        self._note(port, url, is_demo=is_demo, is_ready=True)
        return Ready(url, household, claude, is_demo)

    async def _spawn_server(self, flags: Sequence[str]) -> Child:
        return await self._spawn("server", ["-m", "claudios.server", *flags], server_environment(os.environ))

    def _child(self, name: str) -> Child | None:
        return next((child for child in self._children if child.recipe.name == name), None)

    async def _look(self) -> tuple[Claude, bool]:
        """Find Claude, and start the scripted model at once when it is needed."""
        configured = os.environ.get("CLAUDE_PATH")
        claude = await claudes.look(Path(configured) if configured else None)
        is_demo = claude.account is Account.NONE if self._wishes.demo is None else self._wishes.demo
        if is_demo:
            argv = ["-m", "claudios.demo", "--host", HOST, "--port", str(self._model_port())]
            model = await self._spawn("model", argv, model_environment(os.environ))
            await self._until(model, self._model_url.done)
        return claude, is_demo

    def _model_port(self) -> int:
        """Return the port of the last demo's model, where sessions that outlived it still ask, or another that is free.

        It is settled here, not by the model, so that a model that is started again is found where it was.
        """
        try:
            told = json.loads(self._places.agent_config.read_bytes())["claudeEnvironment"]["ANTHROPIC_BASE_URL"]
            port = parse_address(told).port
        except (OSError, ValueError, LookupError, TypeError, ClaudiosError):
            return choose_port(0)
        return port if is_free(port) else choose_port(0)

    def _configure_agent(self, url: str, household: Household, model_url: str | None) -> None:
        settings: dict[str, object] = {
            "serverUrl": url,
            "agentToken": household.agent_token,
            "stateDirectory": str(self._places.agent),
        }
        if model_url is not None:
            self._places.demo.mkdir(mode=0o700, parents=True, exist_ok=True)
            settings["demo"] = True
            settings["claudeEnvironment"] = claudes.demo_environment(self._places.demo, model_url)
        write_agent_config(self._places, settings)

    async def _spawn(self, name: str, arguments: list[str], environment: dict[str, str]) -> Child:
        recipe = Recipe(
            name,
            [sys.executable, "-P", *arguments],
            environment | {"PYTHONUNBUFFERED": "1"},
            self._places.logs / f"{name}.log",
            # Killed, the agent leaves its sessions to the next one; ended politely, it would end them.
            signal.SIGKILL,
        )
        child = Child(recipe, self._wishes.say, self._take_line)
        self._children.append(child)
        await child.start()
        return child

    def _take_line(self, name: str, text: str) -> None:
        if name == "model" and not self._model_url.done():
            url = next((word for word in text.split() if word.startswith("http://")), None)
            if url is not None:
                self._model_url.set_result(url)
        self._wishes.line(name, text)

    async def _until(self, child: Child, is_so: Callable[[], bool]) -> None:
        """Wait until something is so. Raises LocalError when the child ends before, or it takes far too long."""
        ended = asyncio.create_task(child.wait())
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await _try(is_so):
                    await asyncio.wait({ended}, timeout=LOOK_EVERY_SECONDS)
                    if ended.done():
                        raise LocalError(_why(child, f"ended with exit code {ended.result()}"))
        except TimeoutError as late:
            raise LocalError(_why(child, f"is not ready after {START_SECONDS:.0f} s")) from late
        finally:
            ended.cancel()

    def _note(self, port: int, url: str, *, is_demo: bool, is_ready: bool) -> None:
        self._lock.note(Running(os.getpid(), port, url, is_demo, is_ready))


async def _try(is_so: Callable[[], bool]) -> bool:
    try:
        return await asyncio.to_thread(is_so)
    except Unreachable:
        return False


def _is_online(client: Client, agent_id: str) -> bool:
    return any(each.id == agent_id and each.online for each in client.agents())


def _why(child: Child, what: str) -> str:
    lines = "\n".join(f"  {each}" for each in child.last_lines)
    return f"The {child.recipe.name} {what}." + (
        f" It said last:\n{lines}" if lines else f" Its log: {child.recipe.log}"
    )


async def _both(first: Coroutine[object, object, T], second: Awaitable[Household]) -> tuple[T, Household]:
    """Wait for both; when one fails, stop the other and raise what it raised, unwrapped."""
    tasks = (asyncio.ensure_future(first), asyncio.ensure_future(second))
    try:
        await asyncio.gather(*tasks)
        return tasks[0].result(), tasks[1].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
