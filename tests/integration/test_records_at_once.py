"""Sessions of a project are checked and exported a few at a time, and nobody waits for another project's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from starlette.types import Message

from claudios.protocol.errors import TooMany
from claudios.server.app import RECORDS_AT_ONCE, RECORDS_OF_ONE_AT_ONCE
from claudios.server.limits import AtOnce
from claudios.server.serving import Serving
from claudios.server.web.records import WholeRecord
from tests.helpers.finished_session import Record, finished_session
from tests.helpers.paused_read import paused_read
from tests.helpers.server import People

pytestmark = pytest.mark.integration

EACH_WAY = pytest.mark.parametrize("way", ["verify", "export", "asciicast"])


@pytest.fixture
async def record(server: Serving, people: People) -> AsyncIterator[Record]:
    async with finished_session(server, people) as made:
        yield made


def under_way(server: Serving, project_id: str, count: int) -> ExitStack:
    """Return so many works of a project, which last until the stack is closed."""
    stack = ExitStack()
    for _ in range(count):
        stack.enter_context(server.application.parts.limits.records_by_project.one(project_id))
    return stack


@EACH_WAY
async def test_one_too_many_is_told_when_to_come_back(server: Serving, record: Record, way: str) -> None:
    path = f"/api/v1/sessions/{record.session_id}/{way}"
    with under_way(server, record.agent.project_id, RECORDS_AT_ONCE):
        refused = await record.owner.http.get(path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many")
        assert int(refused.headers["retry-after"]) > 0
    with under_way(server, "prj_another", RECORDS_AT_ONCE):
        assert (await record.owner.http.get(path)).status_code == 200


@EACH_WAY
async def test_one_counts_until_it_is_sent(server: Serving, record: Record, way: str) -> None:
    path = f"/api/v1/sessions/{record.session_id}/{way}"
    project_id = record.agent.project_id
    async with paused_read(server.application.parts.store, "FROM batches") as is_there:
        running = asyncio.create_task(record.owner.http.get(path))
        assert await is_there()
        with under_way(server, project_id, RECORDS_AT_ONCE - 1):
            assert (await record.owner.http.get(path)).status_code == 429
    assert (await running).status_code == 200
    with under_way(server, project_id, RECORDS_AT_ONCE):
        pass  # it counts no more


@EACH_WAY
async def test_one_persons_leave_places_for_others(server: Serving, people: People, record: Record, way: str) -> None:
    """Four downloads over a line that stood still kept everybody of the project from checking and exporting."""
    path, project_id = f"/api/v1/sessions/{record.session_id}/{way}", record.agent.project_id
    other = await people.member(project_id, "viewer")
    async with paused_read(server.application.parts.store, "FROM batches") as is_there:
        running = asyncio.create_task(record.owner.http.get(path))
        assert await is_there()
        by_person = server.application.parts.limits.records_by_person
        with ExitStack() as stack:
            for _ in range(RECORDS_OF_ONE_AT_ONCE - 1):
                stack.enter_context(by_person.one(f"{project_id} {record.owner.user['id']}"))
            assert (await record.owner.http.get(path)).status_code == 429
            assert (await other.http.get(path)).status_code == 200
    assert (await running).status_code == 200


async def test_a_download_that_makes_no_headway_gives_its_place_back() -> None:
    places, sent = AtOnce(1, "full", 1), []

    async def written() -> AsyncIterator[bytes]:
        yield b"first"
        yield b"second"

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message.get("body"))
        if message.get("body") == b"second":
            await asyncio.Event().wait()

    with ExitStack() as stack:
        stack.enter_context(places.one("p"))
        response = WholeRecord(written(), "s.claudios", "text/plain", stack.pop_all(), headway_seconds=0.05)
    with pytest.raises(TooMany), places.one("p"):
        pass
    async with asyncio.timeout(20):
        await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    assert sent == [None, b"first", b"second"]
    with places.one("p"):
        pass
