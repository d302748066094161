"""Who hangs up while there is something to tell has failed in nothing: no log line says so."""

from __future__ import annotations

import asyncio

import pytest
import structlog
from starlette.types import Message

from claudios.server.serving import Serving
from tests.helpers.patience import patience
from tests.helpers.server import People
from tests.helpers.synthetic_agent import new_agent
from tests.helpers.terminals import running

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("failure", [OSError, RuntimeError])
@pytest.mark.parametrize("path", ["/live", "/sessions/{}/live-log", "/sessions/{}/terminal"])
async def test_a_viewer_that_is_gone_when_the_first_words_are_sent_is_no_failure(
    server: Serving, people: People, path: str, failure: type[Exception]
) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "prompt": "hello", "mode": "terminal"}
    async with agent.link():
        session_id = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    async with running(agent, session_id):
        pass
    said = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": '{"type":"overview"}'}])
    is_over = asyncio.Event()

    async def receive() -> Message:
        for message in said:
            return message
        await is_over.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise failure("It has hung up.")

    cookie = "; ".join(f"{name}={value}" for name, value in owner.http.cookies.items())
    headers = {"host": server.url.removeprefix("http://"), "origin": server.url, "cookie": cookie}
    scope = {
        "type": "websocket",
        "path": f"/api/v1{path.format(session_id)}",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "ws",
    }
    with structlog.testing.capture_logs() as logged:
        async with patience("the end of the conversation"):
            await server.application.asgi(scope, receive, send)
    assert [line for line in logged if line["log_level"] not in ("debug", "info")] == []
