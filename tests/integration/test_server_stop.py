"""What those who are connected see of a server that stops."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from claudios.protocol import codec
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token
from claudios.protocol.messages import Bye, Hello, Machine, PermissionMode, Welcome
from claudios.server.config import Config
from claudios.server.serving import running
from tests.helpers.server import People

pytestmark = pytest.mark.integration

MACHINE = Machine(
    hostname="laptop",
    os="Linux",
    arch="x86_64",
    cpus=2,
    memory_bytes=1,
    default_directory="/",
    permission_modes=(PermissionMode.DEFAULT,),
    max_concurrent_sessions=5,
)


@pytest.mark.fault("S9")
async def test_viewers_and_agents_are_told_when_to_come_back_before_the_server_closes(tmp_path: Path) -> None:
    async with AsyncExitStack() as clients:
        async with running(Config(state_dir=tmp_path, port=0)) as serving:
            people = People(serving)
            owner = await people.owner()
            home = await owner.ask("POST", "/projects", {"name": "Home"})
            made = await owner.ask("POST", f"/projects/{home['id']}/agents", {"name": "laptop"})
            token = (await owner.ask("POST", "/tokens", {"name": "viewer"}))["token"]
            address = serving.url.replace("http", "ws")
            viewer = await clients.enter_async_context(
                connect(f"{address}/api/v1/live", additional_headers={"authorization": f"Bearer {token}"})
            )
            bearer = agent_keys(parse_token(made["token"], AGENT_TOKEN)).auth
            agent = await clients.enter_async_context(
                connect(f"{address}/agent/v1/link", additional_headers={"authorization": f"Bearer {bearer}"})
            )
            hello = Hello(agent_version="1", instance="x", machine=MACHINE)
            await agent.send(codec.encode([hello]))
            assert isinstance(codec.decode_from_server(bytes(await agent.recv(decode=False)))[0], Welcome)
            await viewer.send(json.dumps({"type": "ping"}))
            assert json.loads(await viewer.recv())["type"] == "pong"
            await people.close()
        told_viewer = [json.loads(message) async for message in viewer]
        told_agent = [codec.decode_from_server(message) async for message in agent if isinstance(message, bytes)]
    assert told_viewer[-1]["type"] == "bye"
    assert told_viewer[-1]["retry_after_ms"] > 0
    goodbye = told_agent[-1][-1]
    assert isinstance(goodbye, Bye)
    assert goodbye.retry_after_ms
