"""People who watch the raw log of a session: from any position, with no gap and no double, and only who may."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from claudios.protocol.messages import Ack, Tune
from claudios.server.bus.topics import ACCESS
from claudios.server.live.feed import MAX_WAITING_BYTES
from claudios.server.serving import Serving
from tests.helpers.paused_read import failing_read
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, new_agent
from tests.helpers.viewers import log_viewer, socket

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


@pytest.fixture
async def session_id(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id}
    found: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return found


async def send(link: Link, output: Output, *payloads: bytes) -> None:
    """Send output in one batch and wait until it is stored."""
    await link.say(output.batch(link.boot, *payloads))
    await link.expect(Ack, lambda ack: ack.seq == output.seq)


async def test_a_late_viewer_gets_what_is_stored_and_then_what_comes(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link:
        await send(link, output, b"one", b"two")
        async with log_viewer(owner, session_id) as viewer:
            await viewer.until(2)
            await send(link, output, b"three")
            frames = await viewer.until(3)
    assert [frame.payload for frame in frames] == [b"one", b"two", b"three"]


async def test_a_viewer_who_comes_back_goes_on_exactly_where_it_was(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    async with agent.link() as link:
        await send(link, output, *[str(number).encode() for number in range(1, 8)])
        for after in range(8):
            async with log_viewer(owner, session_id, after) as viewer:
                if after < 7:
                    frames = await viewer.until(7)
                    assert [frame.seq for frame in frames] == list(range(after + 1, 8))


@pytest.mark.fault("B2")
async def test_viewers_who_come_while_output_flows_miss_nothing_and_get_nothing_twice(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    count = 150

    async def produce(link: Link) -> None:
        for number in range(count):
            await link.say(output.batch(link.boot, str(number).encode()))
            if number % 7 == 0:
                await link.expect(Ack, lambda ack, number=number: ack.seq >= number)  # type: ignore[misc]

    async def watch(after: int) -> list[bytes]:
        async with log_viewer(owner, session_id, after) as viewer:
            return [frame.payload for frame in await viewer.until(count)]

    async with agent.link() as link:
        producing = asyncio.create_task(produce(link))
        seen = await asyncio.gather(*[watch(after) for after in (0, 0, 1, 5, 20, 50, 0)])
        await producing
    for after, payloads in zip((0, 0, 1, 5, 20, 50, 0), seen, strict=True):
        assert payloads == [str(number).encode() for number in range(after, count)]


@pytest.mark.fault("B1")
async def test_a_viewer_who_stops_reading_catches_up_exactly_and_holds_up_nobody(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output = agent.output(session_id)
    piece = b"x" * 60_000
    count = 40 * MAX_WAITING_BYTES // len(piece)
    async with agent.link() as link, log_viewer(owner, session_id) as slow, log_viewer(owner, session_id) as quick:
        slow.socket.transport.pause_reading()
        for _ in range(0, count, 10):
            await send(link, output, *[piece] * 10)
        frames = await quick.until(output.seq)
        assert len(frames) == output.seq
        slow.socket.transport.resume_reading()
        frames = await slow.until(output.seq)
    assert [frame.seq for frame in frames] == list(range(1, output.seq + 1))


async def test_an_agent_is_told_which_of_its_sessions_are_watched(
    owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    async with agent.link() as link:
        async with log_viewer(owner, session_id), log_viewer(owner, session_id):
            assert (await link.expect(Tune)).watched == (session_id,)
        assert (await link.expect(Tune)).watched == ()
    async with log_viewer(owner, session_id), agent.link() as link:
        assert (await link.expect(Tune)).watched == (session_id,)


async def test_a_stranger_is_refused_as_if_there_were_no_session(people: People, session_id: str) -> None:
    stranger = await people.stranger()
    for wanted in (session_id, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(InvalidStatus) as refused:
            async with log_viewer(stranger, wanted):
                raise AssertionError
        assert refused.value.response.status_code == 404


@pytest.mark.fault("X9")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil"])
@pytest.mark.parametrize("path", ["/live", "/sessions/{}/live-log"])
async def test_a_page_of_another_origin_is_refused_before_the_upgrade(
    owner: Person, session_id: str, path: str, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(owner, path.format(session_id), Origin=origin):
            raise AssertionError
    assert refused.value.response.status_code == 403


async def test_a_member_who_is_removed_sees_no_more(
    people: People, owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    viewer = await people.member(agent.project_id, "viewer")
    async with log_viewer(viewer, session_id) as watching:
        await owner.ask("DELETE", f"/projects/{agent.project_id}/members/{viewer.user['id']}")
        with pytest.raises(ConnectionClosed) as closed:
            await watching.until(1)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize("about", ["FROM batches", "FROM members"])
async def test_a_database_that_is_away_sends_a_viewer_off_to_come_back(
    server: Serving, owner: Person, session_id: str, about: str
) -> None:
    """It was sent off for good, as if it might not see the session any more."""
    parts = server.application.parts
    with failing_read(parts.store, about) if about == "FROM batches" else nullcontext():
        async with log_viewer(owner, session_id) as watching:
            with failing_read(parts.store, about):
                parts.bus.publish(ACCESS, None)
                with pytest.raises(ConnectionClosed) as closed:
                    await watching.until(1)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
