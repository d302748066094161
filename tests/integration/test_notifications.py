"""Notifications against real receivers: what arrives is decrypted, verified and answered, once."""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from claudios.protocol.messages import Command, Instruction, parse_body
from claudios.server.config import Config
from claudios.server.serving import Serving, running
from claudios.server.store import looks, tables
from claudios.server.store.engine import Store
from tests.helpers.push_browser import PushBrowser, vapid_claims
from tests.helpers.receiver import LOOPBACK, Posted, Receiver, receiving
from tests.helpers.server import PASSWORD, People, Person, StartServer
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, new_agent
from tests.helpers.viewers import page
from tests.integration.test_viewer_page import RESULT, asks, send

pytestmark = pytest.mark.integration

AT_ONCE: dict[str, Any] = {
    "waits": True,
    "finished": False,
    "ended": False,
    "failed": False,
    "silent": False,
    "silent_minutes": 15,
    "only_mine": False,
    "delay_seconds": 0,
    "quiet_from": None,
    "quiet_until": None,
    "time_zone": "Europe/Berlin",
    "muted_projects": [],
}


@pytest.fixture
async def server(start_server: StartServer) -> Serving:
    """A server that may notify receivers of tests."""
    return await start_server(notify_networks=(ipaddress.ip_network(LOOPBACK),))


@pytest.fixture
async def owner(people: People) -> Person:
    found = await people.owner()
    await found.ask("PUT", "/notifications/settings", AT_ONCE)
    return found


@pytest.fixture
async def receiver(server: Serving) -> AsyncIterator[Receiver]:
    with receiving() as opened:
        yield opened


class Asking:
    """A session on a synthetic agent that asks what it is told to."""

    def __init__(self, agent: SyntheticAgent, link: Link, output: Output) -> None:
        self.agent = agent
        self.link = link
        self.output = output
        self.session_id = output.session_id

    async def ask(self, request_id: str, command: str = "rm -r build") -> None:
        await send(self.link, self.output, asks(request_id, command=command))

    async def answer(self) -> dict[str, Any]:
        """Return the next answer that the machine is sent."""
        instruction = await self.link.expect(Instruction, lambda one: one.kind.value == "command")
        body = parse_body(instruction.kind, instruction.body)
        assert isinstance(body, Command)
        found: dict[str, Any] = orjson.loads(body.input.line)["response"]
        return found


@asynccontextmanager
async def asking(owner: Person, server: Serving) -> AsyncIterator[Asking]:
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "title": "Tidy up"}
    session_id = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    async with agent.link() as link:
        output = agent.output(session_id)
        await send(link, output, event("started", pid=1))
        yield Asking(agent, link, output)


async def test_a_push_can_be_read_by_its_browser_alone_and_says_who_sent_it(
    owner: Person, server: Serving, receiver: Receiver
) -> None:
    browser = PushBrowser()
    key = (await owner.ask("GET", "/notifications/push-key"))["key"]
    await owner.ask("POST", "/notifications/push", browser.subscription(f"{receiver.url}/push/1"), expect=201)
    async with asking(owner, server) as session:
        await session.ask("r1")
        posted = await receiver.next()
        told = browser.read(posted)
        assert (told["title"], told["text"]) == ("Tidy up", "Bash:\nrm -r build")
        assert (told["session_id"], told["request_id"], told["is_answerable"]) == (session.session_id, "r1", True)
        assert b"build" not in posted.body
        claims = vapid_claims(posted, key)
        assert claims["aud"] == receiver.url
        assert time.time() < claims["exp"] <= time.time() + 24 * 60 * 60
        assert (posted.headers["ttl"], posted.headers["urgency"]) == ("86400", "high")
        assert len(posted.headers["topic"]) <= 32
        await session.ask("r2")
        assert browser.read(await receiver.next())["request_id"] == "r2"
    log = await logged(owner, lambda log: all(each["state"] == "sent" for each in log))
    assert [(each["attempts"], each["status"]) for each in log] == [(1, 200), (1, 200)]


async def test_a_subscription_that_its_push_service_does_not_know_any_more_is_removed(
    owner: Person, server: Serving, receiver: Receiver
) -> None:
    for number in (404, 410):
        receiver.answers.append((number, {}))
        given = PushBrowser().subscription(f"{receiver.url}/push/{number}")
        channel = await owner.ask("POST", "/notifications/push", given, expect=201)
        await owner.ask("POST", f"/notifications/channels/{channel['id']}/test")
        await receiver.next()
        await logged(owner, lambda log: log == [])
        assert await owner.ask("GET", "/notifications/channels") == []


async def test_a_button_of_ntfy_answers_once_and_says_so_afterwards(
    owner: Person, server: Serving, receiver: Receiver, people: People
) -> None:
    await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine", "token": "tk_1"}, expect=201)
    async with asking(owner, server) as session, people.browser() as phone:
        await session.ask("r1")
        posted = await receiver.next()
        told = orjson.loads(posted.body)
        assert (posted.path, posted.headers["authorization"]) == ("/", "Bearer tk_1")
        assert (told["topic"], told["title"], told["message"]) == ("mine", "Tidy up", "Bash:\nrm -r build")
        assert told["click"] == f"{server.url}/sessions/{session.session_id}?request=r1"
        allow, deny = told["actions"]
        assert [allow["label"], deny["label"], allow["clear"]] == ["Allow", "Deny", True]
        secret = orjson.loads(allow["body"])["secret"]
        assert secret not in allow["url"]
        assert (await phone.get(allow["url"])).status_code == 405
        assert await press(phone, allow) == 200
        answer = await session.answer()
        assert (answer["request_id"], answer["response"]["behavior"]) == ("r1", "allow")
        assert [await press(phone, button) for button in (allow, deny)] == [410, 409]
        (request,) = await owner.ask("GET", "/requests")
        assert (request["answer"], request["answered_by"]) == ("allow", owner.user["username"])
        assert "request_answered_by_link" in [line["action"] for line in await owner.ask("GET", "/audit")]
        await session.ask("r2", command="x" * 2000)
        assert "actions" not in orjson.loads((await receiver.next()).body)


async def test_a_button_answers_no_more_once_its_person_may_not(
    owner: Person, server: Serving, receiver: Receiver, people: People
) -> None:
    async with asking(owner, server) as session, people.browser() as phone:
        operator = await people.member(session.agent.project_id, "operator")
        await operator.ask("PUT", "/notifications/settings", AT_ONCE)
        await operator.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/theirs"}, expect=201)
        await session.ask("r1")
        allow, deny = orjson.loads((await receiver.next()).body)["actions"]
        member = f"/projects/{session.agent.project_id}/members/{operator.user['id']}"
        await owner.ask("PATCH", member, {"role": "viewer"})
        assert await press(phone, allow) == 403
        await owner.ask("DELETE", member)
        assert await press(phone, deny) == 404
        (request,) = await owner.ask("GET", "/requests")
        assert request["state"] == "pending"


async def test_what_a_person_has_before_them_is_told_to_others_alone(
    owner: Person, server: Serving, receiver: Receiver, people: People
) -> None:
    await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/owner"}, expect=201)
    async with asking(owner, server) as session, page(owner) as window:
        operator = await people.member(session.agent.project_id, "operator")
        await operator.ask("PUT", "/notifications/settings", AT_ONCE)
        await operator.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/operator"}, expect=201)
        await window.say(type="look", session_id=session.session_id)
        await looked(server, owner, session.session_id, is_looking=True)
        await session.ask("r1")
        assert orjson.loads((await receiver.next()).body)["topic"] == "operator"
        (log,) = await owner.ask("GET", "/notifications")
        assert (log["state"], log["attempts"]) == ("pending", 0)
        await window.say(type="look", session_id=None)
        await looked(server, owner, session.session_id, is_looking=False)
        await window.say(type="look", session_id=session.session_id)
        await looked(server, owner, session.session_id, is_looking=True)
    await looked(server, owner, session.session_id, is_looking=False)


async def test_a_webhook_is_signed_tried_again_and_delivered_once_more_when_asked(
    owner: Person, server: Serving, receiver: Receiver
) -> None:
    async with asking(owner, server) as session:
        path = f"/projects/{session.agent.project_id}/webhooks"
        hook = await owner.ask("POST", path, {"name": "ci", "address": f"{receiver.url}/hook"}, expect=201)
        secret = base64.b64decode(hook["secret"].removeprefix("whsec_"))
        (listed,) = await owner.ask("GET", path)
        assert "secret" not in listed
        receiver.answers.append((500, {}))
        await session.ask("r1")
        first, again = await receiver.next(), await receiver.next()
        assert first.body == again.body
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        for posted in (first, again):
            verify(posted, secret)
        told = orjson.loads(again.body)
        assert told["type"] == "session.waits"
        assert (told["data"]["session_id"], told["data"]["request_id"]) == (session.session_id, "r1")
        (delivery,) = await deliveries(owner, f"{path}/{hook['id']}")
        assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("sent", 2, 200)
        await owner.ask("POST", f"{path}/{hook['id']}/deliveries/{delivery['id']}/redeliver")
        once_more = await receiver.next()
        verify(once_more, secret)
        assert (once_more.body, once_more.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])


async def test_a_turn_that_ends_and_a_session_that_fails_are_told_of(
    owner: Person, server: Serving, receiver: Receiver
) -> None:
    await owner.ask("PUT", "/notifications/settings", {**AT_ONCE, "finished": True, "failed": True})
    await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine"}, expect=201)
    async with asking(owner, server) as session:
        now = int(time.time() * 1000)
        await session.link.say(session.output.batch(session.link.boot, RESULT, wall_ms=now))
        assert orjson.loads((await receiver.next()).body)["message"] == "Claude has finished."
        failed = event("failed", message="out of memory")
        await session.link.say(session.output.batch(session.link.boot, failed, wall_ms=now))
        told = orjson.loads((await receiver.next()).body)
        assert (told["message"], told["tags"]) == ("The session failed. out of memory", ["warning"])


async def test_what_was_not_sent_when_the_server_stopped_is_sent_after_its_next_start(tmp_path: Path) -> None:
    config = Config(tmp_path / "server", port=0, notify_networks=(ipaddress.ip_network(LOOPBACK),))
    with receiving() as receiver:
        async with running(config) as first:
            people = People(first)
            owner = await people.owner()
            channel = await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine"}, expect=201)
            receiver.answers.append((503, {"retry-after": "1"}))
            await owner.ask("POST", f"/notifications/channels/{channel['id']}/test")
            await receiver.next()
            await logged(owner, lambda log: log[0]["problem"] is not None)
            await people.close()
        async with running(config):
            assert orjson.loads((await receiver.next()).body)["title"] == "ClaudiOS"


async def test_what_is_being_sent_when_the_server_stops_is_sent_once(tmp_path: Path) -> None:
    config = Config(tmp_path / "server", port=0, notify_networks=(ipaddress.ip_network(LOOPBACK),))
    with receiving() as receiver:
        async with AsyncExitStack() as first:
            people = People(await first.enter_async_context(running(config)))
            owner = await people.owner()
            channel = await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine"}, expect=201)
            receiver.may_answer.clear()
            await owner.ask("POST", f"/notifications/channels/{channel['id']}/test")
            await receiver.next()
            loops = people.serving.application.loops
            assert loops is not None
            await people.close()
            stopping = asyncio.create_task(first.aclose())
            async with asyncio.timeout(60):
                while not loops.cancelling():
                    await asyncio.wait({stopping}, timeout=0.01)
            receiver.may_answer.set()
            await stopping
    store = Store(config.database)
    rows = await store.read(lambda connection: connection.execute(select(tables.notifications)).all())
    store.close()
    assert [(row.state, row.attempts) for row in rows] == [("sent", 1)]


@pytest.mark.parametrize("leaves", ["signs out", "is signed out", "has a new password"])
async def test_a_browser_that_is_signed_out_is_told_nothing_more(
    owner: Person, receiver: Receiver, people: People, leaves: str
) -> None:
    await owner.ask("POST", "/notifications/push", PushBrowser().subscription(f"{receiver.url}/push"), expect=201)
    async with people.browser() as again:
        signed_in = await again.post(
            "/api/v1/auth/sign-in", json={"username": owner.user["username"], "password": PASSWORD}
        )
        assert signed_in.status_code == 200
        other = Person(again, owner.user)
        assert len(await other.ask("GET", "/notifications/channels")) == 1
        if leaves == "signs out":
            await owner.ask("POST", "/auth/sign-out", {})
        elif leaves == "is signed out":
            (login,) = [each for each in await other.ask("GET", "/me/logins") if not each["is_this"]]
            await other.ask("DELETE", f"/me/logins/{login['id']}")
        else:
            await other.ask("PATCH", "/me", {"password": "another long one", "current_password": PASSWORD})
        assert await other.ask("GET", "/notifications/channels") == []


async def test_a_browser_is_told_what_its_newest_subscriber_is(
    owner: Person, receiver: Receiver, people: People
) -> None:
    given = PushBrowser().subscription(f"{receiver.url}/push")
    await owner.ask("POST", "/notifications/push", given, expect=201)
    stranger = await people.stranger()
    await stranger.ask("POST", "/notifications/push", given, expect=201)
    assert await owner.ask("GET", "/notifications/channels") == []
    assert len(await stranger.ask("GET", "/notifications/channels")) == 1


async def test_a_program_adds_no_way_to_be_told_and_the_audit_log_holds_no_topic(
    owner: Person, receiver: Receiver, people: People
) -> None:
    token = (await owner.ask("POST", "/tokens", {"name": "ci"}))["token"]
    async with people.browser() as program:
        program.headers["authorization"] = f"Bearer {token}"
        for path, body in (
            ("push", PushBrowser().subscription(f"{receiver.url}/push")),
            ("ntfy", {"address": f"{receiver.url}/secret-topic"}),
        ):
            assert (await program.post(f"/api/v1/notifications/{path}", json=body)).status_code == 403
    added = await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/secret-topic"}, expect=201)
    await owner.ask("DELETE", f"/notifications/channels/{added['id']}")
    lines = [line["target"] for line in await owner.ask("GET", "/audit") if "channel" in line["action"]]
    assert lines == [f"ntfy on 127.0.0.1:{receiver.port}"] * 2


async def test_a_program_adds_no_webhook_that_would_outlive_its_token(
    owner: Person, receiver: Receiver, people: People
) -> None:
    project_id = (await owner.ask("POST", "/projects", {"name": "Home"}))["id"]
    path, body = f"/projects/{project_id}/webhooks", {"name": "ci", "address": f"{receiver.url}/hook"}
    token = (await owner.ask("POST", "/tokens", {"name": "ci"}))["token"]
    async with people.browser(authorization=f"Bearer {token}") as program:
        refused = await program.post(f"/api/v1{path}", json=body)
        assert refused.status_code == 403
        assert "Sign in on the server's page" in refused.json()["error"]["message"]
        assert await owner.ask("GET", path) == []
        added = await owner.ask("POST", path, body, expect=201)
        for method, more in (("GET", ""), ("POST", f"/{added['id']}/test"), ("DELETE", f"/{added['id']}")):
            assert (await program.request(method, f"/api/v1{path}{more}")).status_code == 200


async def test_who_tests_without_end_is_told_to_wait(owner: Person, receiver: Receiver) -> None:
    channel = await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine"}, expect=201)
    path = f"/api/v1/notifications/channels/{channel['id']}/test"
    answers = [(await owner.http.post(path)).status_code for _ in range(22)]
    assert (answers[0], answers[-1]) == (200, 429)


class TestOnPostgreSQL:
    @pytest.fixture
    async def server(self, start_server: StartServer, migrated_postgres_url: str) -> Serving:
        return await start_server(database_url=migrated_postgres_url, notify_networks=(ipaddress.ip_network(LOOPBACK),))

    async def test_an_answer_that_the_database_does_not_take_ends_nothing(
        self, owner: Person, receiver: Receiver
    ) -> None:
        channel = await owner.ask("POST", "/notifications/ntfy", {"address": f"{receiver.url}/mine"}, expect=201)
        receiver.words = b"not\x00so"
        receiver.answers.append((400, {}))
        await owner.ask("POST", f"/notifications/channels/{channel['id']}/test")
        await receiver.next()
        (log,) = await logged(owner, lambda log: log[0]["state"] == "failed")
        assert log["problem"] == "The other side answered 400. not⟨U+0000⟩so"


class TestForbiddenAddresses:
    @pytest.fixture
    async def server(self, start_server: StartServer) -> Serving:
        """A server as it is by default."""
        return await start_server()

    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"])
    async def test_nothing_that_people_name_may_be_a_private_address(self, owner: Person, host: str) -> None:
        project = await owner.ask("POST", "/projects", {"name": "Home"})
        url = f"https://{host}/x"
        await owner.ask("POST", "/notifications/ntfy", {"address": url}, expect=422)
        await owner.ask("POST", "/notifications/push", PushBrowser().subscription(url), expect=422)
        await owner.ask("POST", f"/projects/{project['id']}/webhooks", {"name": "x", "address": url}, expect=422)

    async def test_a_name_that_leads_to_one_is_not_spoken_to_and_the_log_says_why(self, owner: Person) -> None:
        with receiving() as receiver:
            project = await owner.ask("POST", "/projects", {"name": "Home"})
            url = f"https://localhost:{receiver.port}/x"
            path = f"/projects/{project['id']}/webhooks"
            hook = await owner.ask("POST", path, {"name": "x", "address": url}, expect=201)
            await owner.ask("POST", f"{path}/{hook['id']}/test")
            ways = [
                await owner.ask("POST", "/notifications/ntfy", {"address": url}, expect=201),
                await owner.ask("POST", "/notifications/push", PushBrowser().subscription(f"{url}y"), expect=201),
            ]
            for way in ways:
                await owner.ask("POST", f"/notifications/channels/{way['id']}/test")
            log = await logged(owner, lambda log: all(each["state"] == "failed" for each in log))
            log += await deliveries(owner, f"{path}/{hook['id']}")
            assert [(each["state"], each["attempts"]) for each in log] == [("failed", 1)] * 3
            assert all("--notify-networks" in each["problem"] for each in log)
            assert receiver.posted.empty()


async def press(phone: Any, button: dict[str, Any]) -> int:
    """Do what the ntfy app does when a button is pressed; return the status."""
    phone.headers.pop("origin", None)
    answer = await phone.request(button["method"], button["url"], headers=button["headers"], content=button["body"])
    return int(answer.status_code)


def verify(posted: Posted, secret: bytes) -> None:
    """Check a signature as Standard Webhooks has it."""
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    assert posted.headers["webhook-signature"] == f"v1,{expected}"
    assert abs(time.time() - int(posted.headers["webhook-timestamp"])) < 300


async def logged(person: Person, holds: Any) -> list[dict[str, Any]]:
    """Return the person's notifications once they are so."""
    async with asyncio.timeout(60):
        while not holds(log := await person.ask("GET", "/notifications")):
            pass
    found: list[dict[str, Any]] = log
    return found


async def deliveries(person: Person, webhook: str) -> list[dict[str, Any]]:
    """Return a webhook's deliveries once all are settled."""
    log: list[dict[str, Any]] = [{"state": "pending"}]
    async with asyncio.timeout(60):
        while any(each["state"] == "pending" for each in log):
            log = await person.ask("GET", f"{webhook}/deliveries")
    return log


async def looked(server: Serving, person: Person, session_id: str, *, is_looking: bool) -> None:
    """Wait until the server knows whether the person looks at the session."""
    parts, user_id = server.application.parts, person.user["id"]
    async with asyncio.timeout(60):
        while is_looking != await parts.store.read(
            lambda connection: looks.is_looking(connection, user_id, session_id, parts.now_ms())
        ):
            pass
