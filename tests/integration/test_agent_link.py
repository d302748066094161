"""The agent's end of the link on real sockets, against a server that misbehaves on purpose, over both carriers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from claudios.agent.client.address import tls_context
from claudios.agent.client.auto import AutoCarrier
from claudios.agent.client.carrier import Carrier
from claudios.agent.client.poll import PollCarrier
from claudios.agent.client.websocket import WebSocketCarrier
from claudios.agent.output.spool import Spool
from claudios.agent.output.streamer import MAX_ON_THEIR_WAY
from claudios.protocol.messages import Limits
from tests.helpers.link_server import LinkServer, running_link_server
from tests.helpers.relay import running_relay
from tests.helpers.uplink import Uplink, running_uplink

ONE, TWO = "11111111-89ab-4cde-8f01-23456789abcd", "22222222-89ab-4cde-8f01-23456789abcd"
BLOCK = b"x" * 60_000
POLL_MS = 5_000

MakeCarrier = Callable[[LinkServer, str], Carrier]


def websocket(server: LinkServer, url: str, keepalive_seconds: float = 9) -> WebSocketCarrier:
    return WebSocketCarrier(url, server.keys.auth, tls_context(url, None), keepalive_seconds)


def poll(server: LinkServer, url: str, poll_ms: int = POLL_MS) -> PollCarrier:
    return PollCarrier(url, server.keys.auth, poll_ms, tls_context(url, None))


def auto(server: LinkServer, url: str, look_again_seconds: float = 900) -> AutoCarrier:
    return AutoCarrier(websocket(server, url), lambda: poll(server, url), look_again_seconds)


both_carriers = pytest.mark.parametrize("make", [websocket, poll])


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with running_link_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _hear(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "claudios")


@asynccontextmanager
async def linked(
    server: LinkServer, directory: Path, make: MakeCarrier, url: str | None = None, flush_interval_ms: int = 10
) -> AsyncIterator[Uplink]:
    carrier = partial(make, server, url or server.url)
    async with running_uplink(directory, server.keys, carrier, flush_interval_ms) as uplink:
        yield uplink


def assert_stored(server: LinkServer, session_id: str, payloads: list[bytes]) -> None:
    """The log holds exactly these frames, in order and once, under good signatures."""
    assert server.refused == []
    frames = server.stored(session_id).frames
    assert [frame.payload for frame in frames] == payloads
    assert [frame.seq for frame in frames] == list(range(1, len(payloads) + 1))


@both_carriers
async def test_output_is_stored_and_acknowledged(server: LinkServer, tmp_path: Path, make: MakeCarrier) -> None:
    """O-1, P-1, P-2, P-4"""
    async with linked(server, tmp_path, make) as uplink:
        uplink.write(ONE, b"a", b"b")
        await server.until_output(ONE, b"b")
        uplink.write(ONE, b"c")
        await server.until_output(ONE, b"c")
        await until_acked(uplink, ONE)
    assert_stored(server, ONE, [b"a", b"b", b"c"])


async def until_acked(uplink: Uplink, *session_ids: str) -> None:
    """Wait until the agent knows that the server has everything."""
    await until(lambda: all(uplink.spool(session_id).is_acked for session_id in session_ids))


async def until(happened: Callable[[], bool]) -> None:
    """Look until something holds that no event tells of."""
    while not happened():  # noqa: ASYNC110 - there is no event: the agent keeps it to itself
        await asyncio.sleep(0.01)


@both_carriers
async def test_a_lost_acknowledgement_means_sending_again_and_storing_once(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-2"""
    async with linked(server, tmp_path, make) as uplink:
        server.misbehaviour.lose_acks = True
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        assert not uplink.spool(ONE).is_acked
        await server.cut()
        server.misbehaviour.lose_acks = False
        await server.until(lambda: len(server.hellos) == 2)
        await until_acked(uplink, ONE)
        uplink.write(ONE, b"b")
        await server.until_output(ONE, b"b")
    assert_stored(server, ONE, [b"a", b"b"])


@both_carriers
async def test_after_a_reconnect_the_agent_goes_on_where_the_server_stands(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-2: what the server has is not sent again, though its acknowledgement was lost."""
    async with linked(server, tmp_path, make) as uplink:
        server.misbehaviour.lose_acks = True
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        server.misbehaviour.lose_acks = False
        await server.cut()
        await server.until(lambda: len(server.hellos) == 2)
        await until_acked(uplink, ONE)
        assert server.messages_with_batches == 1
        uplink.write(ONE, b"b")
        await server.until_output(ONE, b"b")
    assert_stored(server, ONE, [b"a", b"b"])


@both_carriers
async def test_a_lost_batch_is_sent_again_from_the_spool(server: LinkServer, tmp_path: Path, make: MakeCarrier) -> None:
    """O-2, O-3: the server forgot what it had not committed."""
    async with linked(server, tmp_path, make) as uplink:
        server.misbehaviour.lose_acks = True
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        del server.sessions[ONE]
        server.misbehaviour.lose_acks = False
        await server.cut()
        await server.until_output(ONE, b"a")
        await until_acked(uplink, ONE)
    assert_stored(server, ONE, [b"a"])


@both_carriers
async def test_after_a_rewind_the_agent_goes_on_where_the_server_stands(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-4"""
    async with linked(server, tmp_path, make) as uplink:
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        server.misbehaviour.refuse_next_batch = True
        uplink.write(ONE, *[BLOCK] * 200)
        await server.until(lambda: server.stored(ONE).seq == 201)
        await until_acked(uplink, ONE)
    assert_stored(server, ONE, [b"a"] + [BLOCK] * 200)


@both_carriers
async def test_a_server_whose_log_differs_is_told_and_gets_no_more(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-3"""
    async with linked(server, tmp_path, make) as uplink:
        uplink.write(ONE, b"a")
        uplink.write(TWO, b"a")
        await server.until(lambda: server.stored(ONE).seq and server.stored(TWO).seq)
        await until_acked(uplink, ONE, TWO)
        server.stored(ONE).head = bytes(31) + b"\x01"
        await server.cut()
        await server.until(lambda: server.errors)
        uplink.write(ONE, b"b")
        uplink.write(TWO, b"b")
        await server.until_output(TWO, b"b")
    assert [(error.code, error.session_id) for error in server.errors] == [("chain_broken", ONE)]
    assert server.stored(ONE).seq == 1


async def test_a_server_that_lost_what_it_had_acknowledged_is_told(server: LinkServer, tmp_path: Path) -> None:
    """O-1, O-3: an older backup was restored; the segments are gone here, so nothing can be sent again."""
    async with linked(server, tmp_path, websocket) as uplink:
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        await until_acked(uplink, ONE)
        del server.sessions[ONE]
        await server.cut()
        await server.until(lambda: server.errors)
    assert server.errors[0].code == "chain_broken"


async def test_a_session_that_the_server_does_not_know_is_left_alone(
    server: LinkServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """O-3"""
    async with linked(server, tmp_path, websocket) as uplink:
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        await until_acked(uplink, ONE)
        server.misbehaviour.forget_sessions = True
        await server.cut()
        await server.until(lambda: len(server.hellos) == 2)
        uplink.write(ONE, b"b")
        uplink.write(TWO, b"c")
        await server.until_output(TWO, b"c")
    assert server.stored(ONE).seq == 1
    assert "does not know session" in caplog.text
    assert server.errors == []


@both_carriers
async def test_a_hundred_megabytes_arrive_complete_and_in_order(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-6: pipelined, and never more on its way than the server allows."""
    server.limits = Limits(window_bytes=2 * 1024 * 1024)
    async with linked(server, tmp_path, make) as uplink:
        server.watch(ONE)
        for n in range(100):
            uplink.write(ONE, *[b"%06d" % (n * 20 + i) + BLOCK[:50_000] for i in range(20)])
            await asyncio.sleep(0)
        await server.until(lambda: server.stored(ONE).seq == 2000)
        await until_acked(uplink, ONE)
    frames = server.stored(ONE).frames
    assert [int(frame.payload[:6]) for frame in frames] == list(range(2000))
    assert server.refused == []


async def test_the_window_bounds_what_is_on_its_way(server: LinkServer, tmp_path: Path) -> None:
    """O-6"""
    server.limits = Limits(window_bytes=300_000)
    server.misbehaviour.lose_acks = True
    async with linked(server, tmp_path, websocket) as uplink:
        uplink.write(ONE, *[BLOCK] * 100)
        await server.until(lambda: len(server.stored(ONE).encoded) > 60_000)
        uplink.write(TWO, b"b")
        await asyncio.sleep(0.2)  # for what should not come
        assert len(server.stored(ONE).encoded) <= 300_000 + 65_580
        server.misbehaviour.lose_acks = False
        await server.cut()
        await server.until(lambda: server.stored(ONE).seq == 100)
    assert_stored(server, ONE, [BLOCK] * 100)


async def test_a_watched_session_goes_at_once_and_the_others_wait_for_the_interval(
    server: LinkServer, tmp_path: Path
) -> None:
    """O-5"""
    async with linked(server, tmp_path, websocket, flush_interval_ms=60_000) as uplink:
        server.watch(ONE)
        await server.until(lambda: server.hellos)
        uplink.write(TWO, b"resumed")
        await server.until_output(TWO, b"resumed")
        await until_acked(uplink, TWO)
        uplink.write(TWO, b"later")
        for n in range(20):
            uplink.write(ONE, b"now %d" % n)
            await server.until_output(ONE, b"now %d" % n)
        assert server.stored(TWO).seq == 1
        server.watch(ONE, TWO)
        await server.until_output(TWO, b"later")


async def test_the_last_output_of_an_ended_session_does_not_wait_for_the_interval(
    server: LinkServer, tmp_path: Path
) -> None:
    """O-8"""
    async with linked(server, tmp_path, websocket, flush_interval_ms=60_000) as uplink:
        await server.until(lambda: server.hellos)
        uplink.write(ONE, b"resumed")
        await server.until_output(ONE, b"resumed")
        await until_acked(uplink, ONE)
        uplink.write(ONE, b"the last")
        uplink.streamer.finish(ONE)
        await server.until_output(ONE, b"the last")


async def test_a_watched_session_does_not_wait_for_the_acknowledgement_of_a_few_messages(
    server: LinkServer, tmp_path: Path
) -> None:
    """O-5"""
    async with linked(server, tmp_path, websocket, flush_interval_ms=60_000) as uplink:
        server.watch(ONE)
        await server.until(lambda: server.hellos)
        server.misbehaviour.lose_acks = True
        for n in range(MAX_ON_THEIR_WAY):
            uplink.write(ONE, b"now %d" % n)
            await server.until_output(ONE, b"now %d" % n)


async def test_several_sessions_travel_in_one_message(server: LinkServer, tmp_path: Path) -> None:
    """O-5"""
    sessions = [f"{n:08d}-89ab-4cde-8f01-23456789abcd" for n in range(50)]
    async with linked(server, tmp_path, websocket, flush_interval_ms=100) as uplink:
        await server.until(lambda: server.hellos)
        for session_id in sessions:
            uplink.write(session_id, b"hi")
        await server.until(lambda: all(server.stored(session_id).seq for session_id in sessions))
    assert server.messages_with_batches <= 3


async def test_a_flood_in_one_session_does_not_keep_another_waiting(server: LinkServer, tmp_path: Path) -> None:
    """O-5"""
    async with linked(server, tmp_path, websocket) as uplink:
        server.watch(ONE, TWO)
        await server.until(lambda: server.hellos)
        uplink.write(ONE, *[BLOCK] * 500)
        uplink.write(TWO, b"small")
        await server.until_output(TWO, b"small")
        assert server.stored(ONE).seq < 500
        await server.until(lambda: server.stored(ONE).seq == 500)


@both_carriers
async def test_a_connection_that_is_reset_at_any_moment_loses_nothing(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """O-2"""
    written: list[bytes] = []
    async with running_relay(server.url) as relay, linked(server, tmp_path, make, relay.url) as uplink:
        server.watch(ONE)
        for n in range(20):
            payloads = [b"%04d" % (n * 10 + i) + BLOCK[: n * 3000] for i in range(10)]
            written += payloads
            uplink.write(ONE, *payloads)
            await server.until(lambda at=n: server.stored(ONE).seq > at * 5)  # type: ignore[misc]
            relay.cut()
        await server.until(lambda: server.stored(ONE).seq == len(written))
    assert_stored(server, ONE, written)


async def test_silence_of_the_server_is_noticed_over_a_websocket(
    server: LinkServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L-9: with the keepalive shortened from 9 s."""
    async with (
        running_relay(server.url) as relay,
        linked(server, tmp_path, partial(websocket, keepalive_seconds=0.2), relay.url) as uplink,
    ):
        await server.until(lambda: server.hellos)
        relay.go_silent()
        uplink.write(ONE, b"a")
        await until(lambda: "has gone silent" in caplog.text)
        relay.cut()
        relay.speak_again()
        await server.until_output(ONE, b"a")
    assert_stored(server, ONE, [b"a"])


async def test_a_slow_link_is_not_filled_so_that_it_stays_alive(server: LinkServer, tmp_path: Path) -> None:
    """L-9, O-6: at 400 KB/s a message of a megabyte would outlast a keepalive of a second."""
    async with (
        running_relay(server.url) as relay,
        linked(server, tmp_path, partial(websocket, keepalive_seconds=1), relay.url) as uplink,
    ):
        relay.up.bytes_per_second = 400_000
        await server.until(lambda: server.hellos)
        uplink.write(ONE, *[BLOCK] * 25)
        await server.until(lambda: server.stored(ONE).seq == 25)
    assert len(server.hellos) == 1
    assert_stored(server, ONE, [BLOCK] * 25)


@both_carriers
async def test_a_server_that_goes_away_and_comes_back_is_found_again(
    server: LinkServer, tmp_path: Path, make: MakeCarrier
) -> None:
    """L-10"""
    other = LinkServer()
    async with running_link_server(other):
        port = int(other.url.rpartition(":")[2])
        uplink_context = linked(other, tmp_path, make)
        uplink = await uplink_context.__aenter__()
        uplink.write(ONE, b"a")
        await other.until_output(ONE, b"a")
    uplink.write(ONE, b"b")
    async with running_link_server(other, port):
        await other.until_output(ONE, b"b")
        await uplink_context.__aexit__(None, None, None)
    assert_stored(other, ONE, [b"a", b"b"])


@both_carriers
async def test_an_unknown_token_is_explained_and_tried_again_slowly(
    server: LinkServer, tmp_path: Path, make: MakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    """L-10, P-5"""
    server.misbehaviour.refuse_all = (401, {})
    async with linked(server, tmp_path, make) as uplink:
        delay = await uplink.delays.get()
        server.misbehaviour.refuse_all = None
        await server.until(lambda: server.hellos)
    assert delay >= 60
    assert "agentToken" in caplog.text
    assert server.token.text not in caplog.text
    assert server.keys.auth not in caplog.text


@pytest.mark.fault("N8")
@both_carriers
@pytest.mark.parametrize(
    ("status", "header", "least", "most"), [(429, "120", 120, 122), (503, "999999", 900, 902), (503, "x", 0, 2)]
)
async def test_a_busy_server_gets_the_rest_it_asks_for(
    server: LinkServer, tmp_path: Path, make: MakeCarrier, status: int, header: str, least: int, most: int
) -> None:
    """L-10"""
    server.misbehaviour.refuse_all = (status, {"Retry-After": header})
    async with linked(server, tmp_path, make) as uplink:
        delay = await uplink.delays.get()
        server.misbehaviour.refuse_all = None
        await server.until(lambda: server.hellos)
    assert least <= delay <= most


@both_carriers
async def test_a_superseded_agent_says_so_and_steps_back(
    server: LinkServer, tmp_path: Path, make: MakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    """L-5, P-5"""
    async with linked(server, tmp_path / "one", make) as first:
        await server.until(lambda: server.hellos)
        async with linked(server, tmp_path / "two", make) as second:
            assert await first.delays.get() == 300
            second.write(ONE, b"a")
            await server.until_output(ONE, b"a")
    assert "Stop one of the two daemons" in caplog.text


async def test_a_superseded_poll_is_refused_by_its_boot(server: LinkServer, tmp_path: Path) -> None:
    """P-5: the server has forgotten the older registration and answers 409."""
    async with linked(server, tmp_path, partial(poll, poll_ms=100)) as uplink:
        await server.until(lambda: server.hellos)
        server.registration = None
        assert await uplink.delays.get() == 300


async def test_where_an_upgrade_is_refused_the_agent_polls(
    server: LinkServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L-8"""
    for status in (403, 404, 426, 501):
        server.misbehaviour.refuse_upgrade = status
        async with linked(server, tmp_path / str(status), auto) as uplink:
            uplink.write(ONE, b"a")
            await until_acked(uplink, ONE)
        assert server.registration is not None
        assert server.registration.carrier == "poll"
        server.sessions.clear()
    assert f"refused the WebSocket with HTTP {403}" in caplog.text
    assert "Polling server at" in caplog.text


async def test_a_polling_agent_returns_to_websockets_once_they_pass(server: LinkServer, tmp_path: Path) -> None:
    """L-8: looking again after 0.1 s instead of 15 min."""
    server.misbehaviour.refuse_upgrade = 426
    async with linked(server, tmp_path, partial(auto, look_again_seconds=0.1)) as uplink:
        uplink.write(ONE, b"a")
        await server.until_output(ONE, b"a")
        server.misbehaviour.refuse_upgrade = None
        await server.until(lambda: server.registration is not None and server.registration.carrier == "websocket")
        uplink.write(ONE, b"b")
        await server.until_output(ONE, b"b")
    assert uplink.delays.empty()


async def test_without_auto_a_refused_upgrade_is_explained(
    server: LinkServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """L-8"""
    server.misbehaviour.refuse_upgrade = 426
    async with linked(server, tmp_path, websocket) as uplink:
        await uplink.delays.get()
    assert "HTTP 426" in caplog.text


async def test_a_held_poll_is_answered_as_soon_as_there_is_something(server: LinkServer, tmp_path: Path) -> None:
    """P-3: held for a minute, so that only an early answer can bring this to an end."""
    async with linked(server, tmp_path, partial(poll, poll_ms=60_000)) as uplink:
        await server.until(lambda: server.requests >= 2)
        for n in range(3):
            seen = len(uplink.messages)
            server.watch(*[ONE] * n)
            await until(lambda at=seen: len(uplink.messages) > at)  # type: ignore[misc]


async def test_a_polling_agent_holds_one_request_at_a_time(server: LinkServer, tmp_path: Path) -> None:
    """P-3"""
    async with linked(server, tmp_path, partial(poll, poll_ms=100)) as uplink:
        for n in range(10):
            uplink.write(ONE, b"%d" % n)
            await server.until_output(ONE, b"%d" % n)
        await server.until(lambda: server.requests > 15)
    assert server.most_held == 1


async def test_output_that_is_refused_while_polling_goes_on_comes_again(server: LinkServer, tmp_path: Path) -> None:
    """O-2: only the request with output fails, for a minute only that could show it."""
    async with linked(server, tmp_path, partial(poll, poll_ms=60_000)) as uplink:
        await server.until(lambda: server.requests >= 2)
        server.misbehaviour.refuse_next_push = 502
        uplink.write(ONE, b"a")
        await until_acked(uplink, ONE)
    assert len(server.hellos) == 2


@both_carriers
async def test_a_redirect_is_not_followed(server: LinkServer, tmp_path: Path, make: MakeCarrier) -> None:
    """L-11: the bearer goes to the configured address only."""
    async with running_link_server() as elsewhere:
        location = f"{elsewhere.url}/agent/v1/link"
        server.misbehaviour.refuse_all = (307, {"Location": location})
        async with linked(server, tmp_path, make) as uplink:
            await uplink.delays.get()
        assert elsewhere.requests == 0


@both_carriers
async def test_what_answers_like_no_server_of_ours_is_explained(
    tmp_path: Path, server: LinkServer, make: MakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    babbling = await asyncio.start_server(babble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{babbling.sockets[0].getsockname()[1]}"
    async with linked(server, tmp_path, make, url) as uplink:
        await uplink.delays.get()
        await uplink.delays.get()
    babbling.close()
    assert "Trying again" in caplog.text
    assert "Traceback" not in caplog.text


class TestPoison:
    """Output that the server cannot take must not keep other output from it."""

    def stored_before(self, server: LinkServer, session_id: str) -> list[bytes]:
        return [frame.payload for frame in server.stored(session_id).frames]

    @pytest.mark.parametrize("crashes", [False, True])
    @both_carriers
    async def test_everything_before_the_poison_and_all_other_sessions_arrive_and_people_are_told(
        self, server: LinkServer, tmp_path: Path, make: MakeCarrier, crashes: bool
    ) -> None:
        """O-9"""
        if crashes and make is poll:
            server.misbehaviour.poison_crashes = False  # a poll is answered; what ends it is another test's
        else:
            server.misbehaviour.poison_crashes = crashes
        server.misbehaviour.poison = b"POISON"
        good = [b"%d" % n for n in range(200)]
        async with linked(server, tmp_path, make) as uplink:
            uplink.write(ONE, *good, b"POISON", b"behind it")
            uplink.write(TWO, b"two")
            await server.until_output(TWO, b"two")
            await server.until(lambda: any(error.code == "output_quarantined" for error in server.errors))
            assert self.stored_before(server, ONE) == good
            uplink.write(TWO, b"goes on")
            await server.until_output(TWO, b"goes on")
            assert not uplink.spool(ONE).is_acked, "what is not delivered stays on disk"
            assert [error.session_id for error in server.errors] == [ONE]

    async def test_what_was_set_aside_is_tried_again_by_the_next_agent(
        self, server: LinkServer, tmp_path: Path
    ) -> None:
        """O-9"""
        server.misbehaviour.poison = b"POISON"
        async with linked(server, tmp_path, websocket) as uplink:
            uplink.write(ONE, b"good", b"POISON", b"behind it")
            await server.until(lambda: server.errors)
        server.resolved.clear()
        server.misbehaviour.poison = None
        async with linked(server, tmp_path, websocket) as uplink:
            spool = Spool(tmp_path / ONE, ONE)
            spool.recover()
            uplink.read[ONE] = spool
            await server.until(lambda: server.hellos)
            await server.cut()  # so that it is named in the next Hello
            await server.until_output(ONE, b"behind it")
            await server.until(lambda: server.resolved)
        assert [(error.code, error.session_id) for error in server.resolved[-1:]] == [("output_quarantined", ONE)]
        assert self.stored_before(server, ONE) == [b"good", b"POISON", b"behind it"]

    async def test_a_network_that_breaks_again_and_again_sets_nothing_aside(
        self, server: LinkServer, tmp_path: Path
    ) -> None:
        async with linked(server, tmp_path, websocket) as uplink:
            server.misbehaviour.lose_acks = True
            uplink.write(ONE, *[b"%d" % n for n in range(200)])
            for _ in range(12):
                before = server.messages_with_batches
                await server.until(lambda before=before: server.messages_with_batches > before)  # type: ignore[misc]
                server.sessions.clear()
                await server.cut()
            server.misbehaviour.lose_acks = False
            await until_acked(uplink, ONE)
            assert server.errors == []
