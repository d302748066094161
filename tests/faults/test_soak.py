"""Random faults over five busy sessions, one of them the real CLI, then a quiet phase, and the oracle over it all."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from claudios.protocol.frame import Stream
from tests.faults.case import BOUNDS, Case
from tests.faults.memory import rss_bytes
from tests.faults.product import STREAMS, UNDER_WAY, Product, running_product
from tests.helpers.relay import Relay, running_relay

FAKES = 4
ECHO = "got:"
BUSY = f"{STREAMS.replace('--rate 30000', '--rate 10000')} --echo {ECHO}"
LONGEST_PAUSE_SECONDS = 1.0
LONGEST_FAULT_SECONDS = 2.0
MAX_PENDING = 40
NEVER_GIVEN = frozenset({"refused", "expired", "failed"})

# What may happen to an agent's link, a process, or both. Names stand in the test's output, with the seed.
FAULTS = (
    "kill agent",
    "kill server",
    "freeze agent",
    "freeze server",
    "reset link",
    "silence link",
    "swallow answers",
    "slice link",
    "kill a shim",
)


@pytest.fixture
async def product(
    case: Case, tmp_path: Path, claude_cli: Path, claude_environment: Mapping[str, str]
) -> AsyncIterator[tuple[Product, Relay]]:
    made = Product(tmp_path / "product", claude_cli, claude_environment, case=case)
    async with running_relay(made.url) as relay:
        made.link_url = relay.url
        async with running_product(made):
            yield made, relay


class Soak:
    """Five sessions, what was asked of them, and the means to break what carries it."""

    def __init__(self, case: Case, product: Product, relay: Relay) -> None:
        self._case = case
        self._product = product
        self._relay = relay
        self.fakes: list[str] = []
        self.real = ""
        self.asked: dict[str, list[str]] = {}
        self.faults = 0

    async def begin(self) -> None:
        """Start the sessions and wait until all run."""
        self.fakes = [await self._product.start_session(BUSY) for _ in range(FAKES)]
        self.real = await self._product.start_session(None, "[[say Hello.]]")
        self.asked = {session_id: [session_id] for session_id in (*self.fakes, self.real)}
        for session_id in self.asked:
            await self._product.until_state(session_id, "running")

    async def break_things(self, seconds: float) -> None:
        """Do one fault after the other, for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            fault = self._case.dice.choice(FAULTS)
            print(fault, flush=True)
            self.measure()
            await self._do(fault)
            self.faults += 1
            await asyncio.sleep(self._case.dice.uniform(0, LONGEST_PAUSE_SECONDS))

    async def ask(self, until: asyncio.Event) -> None:
        """Send commands to all sessions, each with an id, whatever happens."""
        number = 0
        while not until.is_set():
            number += 1
            session_id = self._case.dice.choice([*self.fakes, self.real])
            text = f"[[say Answer {number}.]]" if session_id == self.real else f"command {number}"
            self.asked[session_id].append(await self._product.command(session_id, text))
            await asyncio.sleep(self._case.dice.uniform(0.1, 0.6))

    async def quieten(self) -> None:
        """Mend what is broken, and wait until every command has an outcome."""
        self._relay.heal()
        await self._product.online()
        for session_id, asked in self.asked.items():

            async def are_told(of: str = session_id, ids: list[str] = asked) -> bool:
                outcomes = self._product.all_outcomes(of)
                return all(outcomes[identity] not in UNDER_WAY for identity in ids)

            await self._product.until(are_told)

    async def judge(self) -> None:
        """Demand all output, once and in order, and of each command one effect, or none and an outcome that says so."""
        for session_id in self.fakes:
            expected, stored = await self._product.stopped_emitting(session_id)
            self._case.judge(expected, [line for line in stored if not line.startswith(ECHO.encode())])
            echoes = [line.removeprefix(ECHO.encode()) for line in stored if line.startswith(ECHO.encode())]
            echoed = [identity for line in echoes if (identity := _user_id(line)) is not None]
            await self._judge_commands(session_id, echoed)
        await self._product.until(self._has_answered)
        replayed = [line for line in await self._product.lines(self.real) if b'"isReplay":true' in line]
        await self._judge_commands(self.real, [identity for line in replayed if (identity := _user_id(line))])
        for session_id in self.asked:
            assert (await self._product.session(session_id))["epoch"] == 1, "the session was lost, and started again"
            assert await self._product.is_verified(session_id)

    def measure(self) -> None:
        """Record the memory of every process that lives, within its bound."""
        for kind in ("agent", "server"):
            self._case.memory(kind, rss_bytes(self._product.pid(kind)), BOUNDS[kind])
        for session_id in self.asked:
            self._case.memory("shim", rss_bytes(self._product.shim_pid(session_id)), BOUNDS["shim"])

    async def _judge_commands(self, session_id: str, effects: list[str]) -> None:
        outcomes = self._product.all_outcomes(session_id)
        asked = self.asked[session_id]
        given = [
            identity
            for line in await self._product.lines(session_id, Stream.STDIN)
            if (identity := _user_id(line)) in asked
        ]
        for ids in (given, [identity for identity in effects if identity in asked]):
            sure = [identity for identity in asked if outcomes[identity] == "done"]
            self._case.judge(sorted(_raw(sure)), sorted(_raw([each for each in ids if outcomes[each] != "unknown"])))
            assert len(ids) == len(set(ids)), "a command of unknown outcome had its effect twice"
        assert not [each for each in given if outcomes[each] in NEVER_GIVEN]

    async def _has_answered(self) -> bool:
        """Say whether the real CLI has nothing left to do."""
        lines = await self._product.lines(self.real)
        states = [line for line in lines if b'"session_state_changed"' in line]
        return bool(states) and b'"idle"' in states[-1]

    async def _do(self, fault: str) -> None:
        product, relay, dice = self._product, self._relay, self._case.dice
        pause = dice.uniform(0.05, LONGEST_FAULT_SECONDS)
        match fault:
            case "kill agent":
                product.kill("agent")
                begun = time.monotonic()
                product.start_agent()
                await product.online_anew()
                self._case.recovered(time.monotonic() - begun)
            case "kill server":
                product.kill("server")
                begun = time.monotonic()
                await product.start_server()
                await product.online_anew()
                self._case.recovered(time.monotonic() - begun)
            case "freeze agent" | "freeze server":
                name = fault.split()[1]
                product.freeze(name)
                await asyncio.sleep(pause)
                product.thaw(name)
            case "reset link":
                relay.cut()
            case "silence link":
                relay.go_silent()
                await asyncio.sleep(pause)
                if dice.random() < 0.5:
                    relay.cut()
                relay.speak_again()
            case "swallow answers":
                relay.down.swallows = True
                await asyncio.sleep(pause)
                relay.heal()
            case "slice link":
                relay.up.slice_bytes = relay.down.slice_bytes = dice.randint(1, 100)
                await asyncio.sleep(pause)
                relay.heal()
            case "kill a shim":
                await self._kill_a_shim()

    async def _kill_a_shim(self) -> None:
        extra = await self._product.start_session(BUSY)
        await self._product.until_state(extra, "running")
        os.kill(self._product.shim_pid(extra), signal.SIGKILL)
        ended = await self._product.until_state(extra, "ended")
        assert ended["reason"] == "lost"
        lines = [line for line in await self._product.lines(extra) if line.startswith(extra.encode())]
        whole = [line for line in lines if line.endswith(b"\n")]
        assert [int(line.split()[1]) for line in whole] == list(range(len(whole)))


def _raw(ids: list[str]) -> list[bytes]:
    return [identity.encode() for identity in ids]


def _user_id(line: bytes) -> str | None:
    message = json.loads(line)
    return str(message["uuid"]) if message.get("type") == "user" and "uuid" in message else None


@pytest.mark.fault("SOAK")
async def test_nothing_is_lost_or_doubled_however_things_break_for_a_while(
    case: Case, product: tuple[Product, Relay], request: pytest.FixtureRequest
) -> None:
    soak = Soak(case, *product)
    await soak.begin()
    enough = asyncio.Event()
    asking = asyncio.create_task(soak.ask(enough))
    await soak.break_things(request.config.getoption("--soak-seconds"))
    enough.set()
    await asking
    await soak.quieten()
    soak.measure()
    await soak.judge()
    case.did(soak.faults)
