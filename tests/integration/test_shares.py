"""Links to a transcript: whoever has one reads it, nothing else, and no longer than it works."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text

from claudios.protocol.ids import secret_hash
from claudios.server.app import SHARED_AT_ONCE
from claudios.server.store.tables import metadata
from claudios.server.web.shares import ITEMS_AT_ONCE
from tests.helpers.server import People
from tests.integration.test_search import Speaking, speaking
from tests.unit.server.projections.transcripts import said, tool_result, tool_use
from tests.unit.server.projections.transcripts import text as words

__all__ = ["speaking"]

pytestmark = pytest.mark.integration

GONE = (410, "expired")
PIXEL = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


async def share(speaking: Speaking, **body: Any) -> Any:
    return await speaking.owner.ask("POST", f"/sessions/{speaking.session_id}/shares", body)


async def opened(people: People, code: str, **more: Any) -> tuple[int, Any]:
    """Return what a browser of nobody's gets: the status, and the error's code or the answer."""
    async with people.browser() as browser:
        answer = await browser.post("/api/v1/shared", json={"code": code, **more})
    return answer.status_code, answer.json() if answer.is_success else answer.json()["error"]["code"]


def tamper(speaking: Speaking, statement: str) -> None:
    with speaking.serving.application.parts.store.engines[0].begin() as connection:
        assert connection.execute(text(statement)).rowcount


async def test_whoever_has_the_link_reads_the_transcript_and_is_told_nothing_else(
    speaking: Speaking, people: People
) -> None:
    await speaking.say(
        said(words("The answer is 42.")),
        said(tool_use("t1", "Read", file_path="a.png")),
        tool_result("t1", [PIXEL]),
    )
    made = await share(speaking, days=3)
    status, read = await opened(people, made["code"])
    assert status == 200
    assert read["expires_ms"] == made["expires_ms"] == made["created_ms"] + 3 * 24 * 3600 * 1000
    assert "The answer is 42." in str(read["items"])
    assert all(not item["body"].get("pictures") for item in read["items"])
    mine = await speaking.owner.ask("GET", f"/sessions/{speaking.session_id}")
    for secret in (mine["id"], mine["project_id"], mine["agent_id"], mine["agent_name"], mine["project_name"], "/work"):
        assert secret not in str(read), secret


async def test_a_long_transcript_is_read_in_pieces(speaking: Speaking, people: People) -> None:
    await speaking.say(*(said(words(f"word {n}"), message=f"m{n}") for n in range(ITEMS_AT_ONCE + 10)))
    code = (await share(speaking))["code"]
    _, first = await opened(people, code)
    _, last = await opened(people, code, after=first["items"][-1]["no"])
    numbers = [item["no"] for item in (*first["items"], *last["items"])]
    assert (first["has_more"], last["has_more"]) == (True, False)
    assert numbers == list(range(1, ITEMS_AT_ONCE + 11))


async def test_long_items_are_read_in_pieces_of_a_bounded_size(speaking: Speaking, people: People) -> None:
    """Five hundred items of what a tool may say were read, and sent, in one answer."""
    for n in range(20):
        await speaking.say(said(words("x" * 60_000), message=f"m{n}"))
    code = (await share(speaking))["code"]
    _, first = await opened(people, code)
    _, last = await opened(people, code, after=first["items"][-1]["no"])
    assert [item["no"] for item in (*first["items"], *last["items"])] == list(range(1, 21))
    assert [(len(first["items"]), first["has_more"]), (len(last["items"]), last["has_more"])] == [
        (17, True),
        (3, False),
    ]


@pytest.mark.parametrize("which", ["shared_by_address", "shared_by_link"])
async def test_a_link_is_read_by_a_few_at_once(speaking: Speaking, people: People, which: str) -> None:
    code = (await share(speaking))["code"]
    reads = getattr(speaking.serving.application.parts.limits, which)
    key = "127.0.0.1" if which == "shared_by_address" else secret_hash(code).hex()
    with ExitStack() as stack:
        for _ in range(SHARED_AT_ONCE):
            stack.enter_context(reads.one(key))
        assert await opened(people, code) == (429, "too_many")
    assert (await opened(people, code))[0] == 200


async def test_whoever_has_a_link_may_not_read_by_it_without_end(speaking: Speaking, people: People) -> None:
    code = (await share(speaking))["code"]
    limits = speaking.serving.application.parts.limits
    for _ in range(30):  # more than there are guesses
        assert (await opened(people, code))[0] == 200
    for _ in range(1000):
        limits.pieces_by_address.spend("127.0.0.1")
    assert await opened(people, code) == (429, "too_many")


async def test_a_link_that_was_withdrawn_or_is_too_old_opens_nothing(speaking: Speaking, people: People) -> None:
    path = f"/sessions/{speaking.session_id}/shares"
    one, other = await share(speaking), await share(speaking)
    await speaking.owner.ask("DELETE", f"{path}/{one['id']}")
    assert await opened(people, one["code"]) == GONE
    assert [each["id"] for each in await speaking.owner.ask("GET", path)] == [other["id"]]
    tamper(speaking, "UPDATE shares SET expires_ms = created_ms")
    assert await opened(people, other["code"]) == GONE
    assert await speaking.owner.ask("GET", path) == []


async def test_a_link_works_only_while_who_made_it_owns_the_project(speaking: Speaking, people: People) -> None:
    code = (await share(speaking))["code"]
    tamper(speaking, "UPDATE members SET role = 'operator'")
    assert await opened(people, code) == GONE
    tamper(speaking, "UPDATE members SET role = 'owner'")
    assert (await opened(people, code))[0] == 200


async def test_links_are_not_guessed(speaking: Speaking, people: People) -> None:
    made = await share(speaking)
    code = made["code"]
    assert len(code) >= 43  # 256 bits
    guesses = ["", "x", code[:-1], code + "x", code.swapcase(), made["id"], speaking.session_id, "%", "x" * 200]
    answers = [await opened(people, guess) for guess in guesses]
    assert {status for status, _ in answers} <= {410, 422}
    for _ in range(20):
        status, told = await opened(people, "y" * 43)
        if status != 410:
            break
    assert (status, told) == (429, "too_many")


async def test_a_link_is_no_credential(speaking: Speaking, people: People) -> None:
    code = (await share(speaking))["code"]
    session = f"/api/v1/sessions/{speaking.session_id}"
    async with people.browser(authorization=f"Bearer {code}") as browser:
        for path in (session, f"{session}/items", f"{session}/frames", "/api/v1/search?q=answer", "/api/v1/me"):
            assert (await browser.get(path)).status_code == 401


async def test_the_code_is_kept_nowhere_and_travels_in_no_address(speaking: Speaking, people: People) -> None:
    made = await share(speaking)
    url = urlsplit(made["url"])
    assert (url.path, url.query, url.fragment) == ("/shared", "", made["code"])
    assert (await opened(people, made["code"]))[0] == 200
    with speaking.serving.application.parts.store.engines[0].connect() as connection:
        for name, table in metadata.tables.items():
            assert made["code"] not in repr(connection.execute(select(table)).all()), name


async def test_what_was_shared_and_withdrawn_is_in_the_audit_log(speaking: Speaking) -> None:
    made = await share(speaking, days=1)
    await speaking.owner.ask("DELETE", f"/sessions/{speaking.session_id}/shares/{made['id']}")
    lines = await speaking.owner.ask("GET", "/audit")
    told = [(line["action"], line["target"], line["detail"]) for line in lines if line["action"].startswith("share")]
    assert told == [
        ("share_withdrawn", speaking.session_id, made["id"]),
        ("shared", speaking.session_id, f"{made['id']}, for 1 day"),
    ]


@pytest.mark.parametrize("days", [0, 91, 1.5, "7", None])
async def test_a_link_for_ever_is_refused(speaking: Speaking, days: object) -> None:
    await speaking.owner.ask("POST", f"/sessions/{speaking.session_id}/shares", {"days": days}, expect=422)
