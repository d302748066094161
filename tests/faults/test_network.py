"""A network that loses answers, falls silent, is slow: the agent's end and a whole server, with a relay in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from claudios.agent.client import poll as polling
from claudios.agent.client import websocket as sockets
from claudios.agent.client.address import tls_context
from claudios.agent.client.carrier import Carrier
from claudios.agent.client.poll import PollCarrier
from claudios.agent.client.websocket import WebSocketCarrier
from claudios.protocol.frame import HEADER_BYTES, Stream, decode, locate
from claudios.server.serving import Serving
from tests.faults.case import Case
from tests.faults.memory import rss_bytes
from tests.faults.product import Product, running_product
from tests.helpers import fake_cli
from tests.helpers.link_server import LinkServer, running_link_server
from tests.helpers.relay import running_relay
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent
from tests.helpers.uplink import Uplink, running_uplink

MIB = 1024 * 1024
SESSION = "11111111-89ab-4cde-8f01-23456789abcd"
SLOW_BYTES_PER_SECOND = 8_000
PRODUCED_BYTES_PER_SECOND = 100_000

MakeCarrier = Callable[[str, str], Carrier]


def websocket(url: str, bearer: str) -> Carrier:
    return WebSocketCarrier(url, bearer, tls_context(url, None))


def poll(url: str, bearer: str) -> Carrier:
    return PollCarrier(url, bearer, 5_000, tls_context(url, None))


async def until(happened: Callable[[], bool]) -> None:
    """Look until something holds that no event tells of."""
    while not happened():  # noqa: ASYNC110 - there is no event: the agent keeps it to itself
        await asyncio.sleep(0.01)


async def stored(owner: Person, session_id: str) -> list[bytes]:
    answer = await owner.http.get(f"/api/v1/sessions/{session_id}/frames")
    return [frame.payload for frame in decode(answer.content)]


async def started(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id}
    session_id: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return session_id


@pytest.mark.fault("N1", usually=3)
@pytest.mark.parametrize("make", [websocket, poll])
async def test_an_acknowledgement_that_is_lost_after_the_commit_leads_to_no_double(
    case: Case, server: Serving, people: People, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-1, O-2: the answer is swallowed once the server has committed, and the connection breaks."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    session_id = await started(owner, agent)
    expected: list[bytes] = []

    def write(uplink: Uplink) -> None:
        pieces = [b"%d\n" % (len(expected) + place) for place in range(case.dice.randrange(1, 6))]
        expected.extend(pieces)
        uplink.write(session_id, *pieces)

    async def is_committed() -> None:
        while (await owner.ask("GET", f"/sessions/{session_id}"))["last_seq"] < len(expected):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)

    async with (
        running_relay(server.url) as relay,
        running_uplink(tmp_path, agent.keys, partial(make, relay.url, agent.keys.auth)) as uplink,
    ):
        await until(lambda: uplink.connection.is_open)
        for _ in case.each():
            relay.down.swallows = True
            write(uplink)
            await is_committed()
            assert not uplink.spool(session_id).is_acked
            if case.dice.random() < 0.5:
                write(uplink)  # what comes meanwhile waits behind it
            begun = time.monotonic()
            relay.heal()
            await until(lambda: uplink.spool(session_id).is_acked)
            case.recovered(time.monotonic() - begun)
    case.judge(expected, await stored(owner, session_id))
    assert (await owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True


@pytest.fixture
async def link_server() -> AsyncIterator[LinkServer]:
    async with running_link_server() as running:
        yield running


async def falls_silent(
    case: Case, server: LinkServer, tmp_path: Path, make: Callable[[str], Carrier], within_seconds: float
) -> None:
    """Let the network fall silent under an open link; demand that the agent notices within so long, and goes on."""
    async with (
        running_relay(server.url) as relay,
        running_uplink(tmp_path, server.keys, partial(make, relay.url)) as up,
    ):
        await until(lambda: up.connection.is_open)
        relay.go_silent()
        begun = time.monotonic()
        up.write(SESSION, b"said into the silence")
        delay = await up.delays.get()
        took = time.monotonic() - begun
        case.recovered(took)
        assert took <= within_seconds
        assert delay < 60
        relay.cut()
        relay.speak_again()
        await server.until_output(SESSION, b"said into the silence")
        await until(lambda: up.spool(SESSION).is_acked)
    case.judge([b"said into the silence"], [frame.payload for frame in server.stored(SESSION).frames])


@pytest.mark.fault("N3")
async def test_a_websocket_that_falls_silent_is_given_up_by_its_keepalive(
    case: Case, link_server: LinkServer, tmp_path: Path
) -> None:
    """L-9: silence lasts for two keepalives at most, of 8 s in `make faults` and of 0.3 s in `make test`."""
    keepalive = sockets.KEEPALIVE_SECONDS if case.takes_its_time else 0.3

    def make(url: str) -> Carrier:
        return WebSocketCarrier(url, link_server.keys.auth, tls_context(url, None), keepalive_seconds=keepalive)

    await falls_silent(case, link_server, tmp_path, make, within_seconds=20)


@pytest.mark.fault("N3")
async def test_a_poll_that_falls_silent_is_given_up_after_its_hold(
    case: Case, link_server: LinkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-9: the hold of 5 s and 14 s more in `make faults`, both shortened in `make test`."""
    hold_ms = 5_000
    if not case.takes_its_time:
        hold_ms = 200
        monkeypatch.setattr(polling, "ANSWER_SECONDS", 0.3)

    def make(url: str) -> Carrier:
        return PollCarrier(url, link_server.keys.auth, hold_ms, tls_context(url, None))

    await falls_silent(case, link_server, tmp_path, make, within_seconds=hold_ms / 1000 + 15)


@pytest.mark.fault("N4")
@pytest.mark.timeout(900)
async def test_a_link_too_slow_for_its_output_costs_no_memory_and_catches_up_in_order(
    case: Case, tmp_path: Path
) -> None:
    """O-6: five minutes in `make faults`; in `make test` long enough for a backlog of a megabyte."""
    seconds = 300 if case.takes_its_time else 10
    product = Product(tmp_path / "product", case=case)
    async with running_relay(product.url) as relay:
        product.link_url = relay.url
        async with running_product(product):
            base = rss_bytes(product.pid("agent"), "VmRSS")
            relay.up.bytes_per_second = SLOW_BYTES_PER_SECOND
            lines = PRODUCED_BYTES_PER_SECOND * seconds // 100
            rate = f"--emit {lines * 100} --rate {PRODUCED_BYTES_PER_SECOND}"
            session_id = await product.start_session(f"--initialize --named --line 100 --wait-lines 1 {rate}")
            spool = product.state / "sessions" / session_id / "spool"

            last_line = fake_cli.line(lines - 1, 100, name=session_id)
            await until(lambda: last_line in _newest_output(spool))
            case.memory("agent", rss_bytes(product.pid("agent")), within_bytes=base + 32 * MIB)
            relay.heal()
            begun = time.monotonic()
            expected = [fake_cli.line(n, 100, name=session_id) for n in range(lines)]
            newest = max(spool.glob("*.seg"), key=lambda path: path.name)
            last_seq = decode(newest.read_bytes())[-1].seq

            async def is_whole() -> bool:
                has_most = int((await product.session(session_id))["last_seq"]) >= last_seq
                return has_most and len(await product.lines(session_id)) >= lines

            await product.until(is_whole)
            case.recovered(time.monotonic() - begun)
            found = await product.lines(session_id)
            case.judge(expected, found[:lines])
            case.memory("agent", rss_bytes(product.pid("agent")), within_bytes=base + 32 * MIB)


def _newest_output(spool: Path) -> bytes:
    """Return what the newest segment holds of the program's output; earlier ones go as they are acknowledged."""
    raw = b"".join(path.read_bytes() for path in sorted(spool.glob("*.seg"))[-1:])
    return b"".join(
        raw[found.start + HEADER_BYTES : found.end] for found in locate(raw) if found.stream is Stream.STDOUT
    )
