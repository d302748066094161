"""Who holds no key, an older one, or somebody else's: bytes sent again elsewhere, and bytes that mean nothing."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from claudios.protocol.codec import (
    COMPRESSED_KIND,
    CONTENT_TYPE,
    ENVELOPE,
    MAX_MESSAGE_BYTES,
    CompressedBatch,
    compress,
    encode,
)
from claudios.protocol.frame import decode
from claudios.protocol.messages import Ack, Bye, Report, Rewind, Welcome
from claudios.protocol.messages import Outcome as ReportOutcome
from claudios.protocol.signing import GENESIS, Batch
from claudios.server.serving import Serving
from tests.faults.case import Case
from tests.faults.memory import forget_peak, rss_bytes
from tests.faults.product import Product
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent
from tests.helpers.viewers import socket

FUZZED = 150
MIB = 1024 * 1024
ROOM_BYTES = 32 * MIB
"""What a refused message may cost the server at the most: itself, what it is expanded to, and what is left lying."""
INTERNAL_ERROR = 1011
REFUSED = "message_refused"


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


async def started(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id}
    session_id: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return session_id


async def stored(owner: Person, session_id: str) -> list[bytes]:
    answer = await owner.http.get(f"/api/v1/sessions/{session_id}/frames")
    return [frame.payload for frame in decode(answer.content)]


@pytest.mark.fault("X2")
async def test_recorded_bytes_have_no_effect_later_elsewhere_or_from_another_agent(
    case: Case, owner: Person, agent: SyntheticAgent, server: Serving
) -> None:
    """S-6, L-5, O-2: whatever was overheard is sent again by every way there is."""
    session_id = await started(owner, agent)
    stranger = await new_agent(owner, server.url, agent.project_id, "another")
    output = agent.output(session_id)
    async with agent.link() as link:
        recorded = output.batch(link.boot, b"once\n")
        await link.say(recorded)
        await link.expect(Ack)
        # The very same again on the same registration: acknowledged, and not stored a second time.
        await link.say(recorded)
        assert (await link.expect(Ack)).seq == 1
    async with agent.poller() as poller:
        boot = (await poller.register()).boot
        assert boot > recorded.boot
        # Later, by the other carrier, in the newer registration: its boot is signed.
        assert (await poller.post(recorded)).status_code == 409
        poller.boot = recorded.boot
        assert (await poller.post(recorded)).status_code == 409
        poller.boot = None
        assert (await poller.post(recorded)).is_client_error
    # By another agent of the same project, which signs what it likes with its own key.
    async with stranger.link() as link:
        await link.say(stranger.output(session_id).batch(link.boot, b"twice\n"))
        assert (await link.expect(Rewind)).seq == 0
        await link.say(output.resealed(recorded, link.boot))
        told = await link.expect(Rewind)
        assert (told.seq, told.head) == (0, GENESIS.hex()), "it learns nothing of another agent's log"
    # On paths that expect something else.
    async with httpx2.AsyncClient(base_url=server.url, headers={"content-type": CONTENT_TYPE}) as http:
        for path in ("/agent/v1/check", "/api/v1/auth/login", f"/api/v1/sessions/{session_id}/commands"):
            assert (await http.post(path, content=encode([recorded]))).is_client_error
    case.judge([b"once\n"], await stored(owner, session_id))
    assert (await owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True


def mutilated(raw: bytes, dice: Random) -> bytes:
    """Return bytes like these, with something wrong in them."""
    wrong = bytearray(raw)
    for _ in range(dice.randrange(1, 5)):
        place = dice.randrange(len(wrong)) if wrong else 0
        match dice.randrange(5):
            case 0:
                wrong[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del wrong[place : place + dice.randrange(1, 40)]
            case 2:
                wrong[place:place] = dice.randbytes(dice.randrange(1, 40))
            case 3:
                wrong[place : place + 4] = (0xFFFFFFFF - dice.randrange(3)).to_bytes(4, "little")
            case _:
                wrong += wrong[:place]
    return bytes(wrong)


def said(agent: SyntheticAgent, batch: Batch, dice: Random) -> bytes:
    report = Report(instruction_id=str(uuid4()), outcome=ReportOutcome.DONE)
    return mutilated(encode(dice.choice([[agent.hello()], [batch], [report, batch], [report]])), dice)


def bombs() -> Iterator[bytes]:
    """Yield messages of a compressed batch that holds 100 KB to 100 MB, and says otherwise, or too much."""
    for held in (100_000, 1_000_000, 10_000_000, 100_000_000):
        stream = zlib.compress(bytes(held), 9)
        for stated in (held + 1, 200, MAX_MESSAGE_BYTES - ENVELOPE.size, 2**32 - 1):
            yield ENVELOPE.pack(COMPRESSED_KIND, 4 + len(stream)) + stated.to_bytes(4, "little") + stream
    stream = zlib.compress(bytes(100_000))
    small = ENVELOPE.pack(COMPRESSED_KIND, 4 + len(stream)) + (100_000).to_bytes(4, "little") + stream
    for times in (43, 1_000, MAX_MESSAGE_BYTES // len(small)):
        yield small * times


@pytest.mark.fault("X4")
async def test_compressed_bombs_are_refused_on_either_carrier_and_cost_no_memory(
    case: Case, lone_server: Product
) -> None:
    """W-8, W-9, W-11: each is answered with its code and audited, and output beside it is stored."""
    agent = SyntheticAgent(lone_server.url, lone_server.project_id, lone_server.agent_id, lone_server.token)
    session_id = str(
        (
            await lone_server.ask(
                "POST", f"/projects/{lone_server.project_id}/sessions", {"agent_id": lone_server.agent_id}
            )
        )["id"]
    )
    output, codes, expected = agent.output(session_id), Counter[str](), []
    base = forget_peak(lone_server.pid("server"))  # which is that of hashing a password
    for n, bomb in enumerate(bombs()):
        async with agent.link() as link:
            await link.socket.send(bomb)
            codes[(await link.expect(Bye)).code] += 1
        async with agent.poller() as poller:
            await poller.register()
            answer = await poller.http.post(
                "/agent/v1/sync?wait=0", content=bomb, headers={"claudios-boot": str(poller.boot)}
            )
            assert answer.status_code in (400, 413)
            codes[answer.json()["error"]["code"]] += 1
            expected.append(b"%d: and the next one is stored" % n * 100)
            packed = compress(output.batch(poller.boot or 0, expected[-1]))
            assert isinstance(packed, CompressedBatch)
            assert isinstance((await poller.sync(packed))[0], Ack)
        case.did(2)
    assert set(codes) == {"message_invalid", "message_too_large"}
    case.memory("server", rss_bytes(lone_server.pid("server")), within_bytes=base + ROOM_BYTES)
    case.judge(expected, [frame.payload for frame in await lone_server.frames(session_id)])
    assert await lone_server.is_verified(session_id)
    told = {
        line["detail"].partition(":")[0] for line in await lone_server.ask("GET", "/audit") if line["action"] == REFUSED
    }
    assert told == set(codes)


@pytest.mark.fault("X5")
async def test_mutilated_messages_on_either_carrier_are_refused_and_harm_nobody(
    case: Case, owner: Person, agent: SyntheticAgent, server: Serving, tmp_path: Path
) -> None:
    """W-3, W-5, S-4: closed or 4xx, nothing of it stored, and the agent beside it goes on."""
    victim = await new_agent(owner, server.url, agent.project_id, "beside it")
    session_id, others = await started(owner, agent), await started(owner, victim)
    async with victim.link() as beside:
        lasting = victim.output(others)
        for _ in range(FUZZED):
            batch = agent.output(session_id).batch(1, b"never\n")
            raw = said(agent, batch, case.dice)
            if case.dice.random() < 0.5:
                async with agent.poller() as poller:
                    if case.dice.random() < 0.7:
                        await poller.register()
                    headers = {} if poller.boot is None else {"claudios-boot": str(poller.boot)}
                    answer = await poller.http.post("/agent/v1/sync?wait=0", content=raw, headers=headers)
                    assert answer.status_code < 500, (answer.status_code, answer.text, raw)
            else:
                async with agent.socket() as link:
                    if case.dice.random() < 0.7:
                        await link.say(agent.hello())
                        await link.expect(Welcome)
                    try:
                        await link.socket.send(raw)
                        await link.say(Report(instruction_id=str(uuid4()), outcome=ReportOutcome.DONE))
                    except ConnectionClosed:
                        continue
            case.did(1)
        await beside.say(lasting.batch(beside.boot, b"still here\n"))
        assert (await beside.expect(Ack)).seq == 1
    assert await stored(owner, session_id) == []
    assert (await owner.http.get("/readyz")).status_code == 200


@pytest.mark.fault("X5")
async def test_nonsense_on_the_page_socket_is_answered_or_closed_and_harms_nobody(
    case: Case, owner: Person, agent: SyntheticAgent
) -> None:
    session_id = await started(owner, agent)
    whole = f'{{"type":"subscribe","session_id":"{session_id}","after":0}}'.encode()
    for _ in range(FUZZED // 3):
        raw = mutilated(whole, case.dice)
        async with socket(owner, "/live") as opened:
            await opened.send(raw if case.dice.random() < 0.3 else raw.decode(errors="replace"))
            with suppress(ConnectionClosed):
                await opened.send('{"type":"ping"}')
                async for answer in opened:
                    if '"pong"' in str(answer):
                        break
            assert opened.close_code != INTERNAL_ERROR, raw
        case.did(1)
    assert (await owner.http.get("/readyz")).status_code == 200
