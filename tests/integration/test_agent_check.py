"""What `claudios doctor` asks with an agent's token: how the server sees that agent, and whether its key is right."""

from __future__ import annotations

from uuid import uuid4

import httpx2
import pytest

from claudios.protocol.codec import encode
from claudios.server.serving import Serving
from tests.helpers.server import People
from tests.helpers.synthetic_agent import forged, new_agent

pytestmark = pytest.mark.integration

CHECK = "/agent/v1/check"


async def test_a_signature_is_proven_only_where_it_holds(server: Serving, people: People) -> None:
    agent = await new_agent(await people.owner(), server.url)
    batch = agent.output(str(uuid4())).batch(0, b"checked")
    headers = {"authorization": f"Bearer {agent.keys.auth}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
        assert (await http.post(CHECK, content=encode([batch]))).json() == {"proven": True}
        refused = await http.post(CHECK, content=encode([forged(batch)]))
    assert (refused.is_error, refused.json()["error"]["code"]) == (True, "signature_invalid")


async def test_an_agent_is_told_of_its_own_sessions_only(server: Serving, people: People) -> None:
    owner = await people.owner()
    first = await new_agent(owner, server.url)
    second = await new_agent(owner, server.url, name="another")
    session = await owner.ask("POST", f"/projects/{first.project_id}/sessions", {"agent_id": first.agent_id})
    for agent, told in ((first, {session["id"]: 0}), (second, {})):
        headers = {"authorization": f"Bearer {agent.keys.auth}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
            assert (await http.get(f"{CHECK}?session={session['id']}")).json()["stored"] == told
