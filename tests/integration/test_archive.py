"""Ended sessions out of the way: lists leave them out, and nothing else about them changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from claudios.protocol.messages import StartSession
from claudios.server.serving import Serving
from tests.helpers.finished_session import Record, finished_session
from tests.helpers.server import People
from tests.helpers.synthetic_agent import take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


@pytest.fixture
async def ended(server: Serving, people: People) -> AsyncIterator[Record]:
    async with finished_session(server, people) as record:
        yield record


async def change(ended: Record, *, is_archived: bool, expect: int = 200) -> Any:
    return await ended.owner.ask("PATCH", f"/sessions/{ended.session_id}", {"is_archived": is_archived}, expect=expect)


async def listed(ended: Record, query: str = "") -> list[str]:
    return [each["id"] for each in await ended.owner.ask("GET", f"/sessions{query}")]


async def test_an_archived_session_is_in_its_own_list_only_until_it_is_brought_back(ended: Record) -> None:
    archived = await change(ended, is_archived=True)
    assert archived["archived_ms"] > 0
    assert await listed(ended, "?is_archived=false") == []
    assert await listed(ended, "?is_archived=true") == [ended.session_id] == await listed(ended)
    assert (await change(ended, is_archived=True))["archived_ms"] == archived["archived_ms"]
    assert (await change(ended, is_archived=False))["archived_ms"] is None
    assert await listed(ended, "?is_archived=false") == [ended.session_id]
    assert await listed(ended, "?is_archived=true") == []


async def test_everybody_who_watches_is_told(ended: Record) -> None:
    async with page(ended.owner) as watching:
        await watching.say(type="overview")
        await watching.expect("overview")
        await change(ended, is_archived=True)
        told = await watching.expect("session")
    assert told["session"]["archived_ms"] > 0


async def test_record_transcript_and_retention_are_as_before(ended: Record) -> None:
    async def seen() -> list[Any]:
        retention = f"/projects/{ended.agent.project_id}/retention/preview?keep_bytes=0"
        items = await ended.owner.ask("GET", f"/sessions/{ended.session_id}/items")
        return [await ended.verify(), items, await ended.owner.ask("GET", retention)]

    before = await seen()
    await change(ended, is_archived=True)
    assert await seen() == before
    assert before[0]["verified"] is True


async def test_resuming_brings_it_back(ended: Record) -> None:
    await change(ended, is_archived=True)
    resumed = await ended.owner.ask("POST", f"/sessions/{ended.session_id}/resume", {})
    assert (resumed["state"], resumed["archived_ms"]) == ("queued", None)
    (start,) = await take(ended.link, ended.agent)
    assert StartSession.model_validate_json(start.body).epoch == 2


async def test_what_runs_stays_in_sight(ended: Record) -> None:
    wanted = {"agent_id": ended.agent.agent_id}
    running = await ended.owner.ask("POST", f"/projects/{ended.agent.project_id}/sessions", wanted)
    path = f"/sessions/{running['id']}"
    refused = await ended.owner.ask("PATCH", path, {"is_archived": True, "title": "Hidden"}, expect=409)
    assert "Terminate it first" in refused["error"]["message"]
    now = await ended.owner.ask("GET", path)
    assert (now["archived_ms"], now["title"]) == (None, running["title"])
