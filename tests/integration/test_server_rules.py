"""What holds for every request, whatever its route: host, origin, body, headers, limits on strangers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from typing import Literal
from uuid import uuid4

import argon2
import httpx2
import pytest
import websockets
from websockets.asyncio.client import connect

from claudios.server.app import Application
from claudios.server.config import Config
from claudios.server.passwords import MAX_WAITING, Passwords
from claudios.server.serving import Serving
from tests.helpers.server import PASSWORD, People, StartServer

pytestmark = pytest.mark.integration


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example.org",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://{host}",
        "",
        "http://{host}.evil.org",
    ],
)
async def test_another_site_cannot_use_a_persons_cookie(people: People, origin: str) -> None:
    owner = await people.owner()
    host = people.serving.url.removeprefix("http://")
    answer = await owner.http.post("/api/v1/projects", json={"name": "x"}, headers={"origin": origin.format(host=host)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert await owner.ask("GET", "/projects") == []


@pytest.mark.fault("X8")
async def test_a_cookie_without_an_origin_changes_nothing_but_may_read(people: People) -> None:
    owner = await people.owner()
    del owner.http.headers["origin"]
    assert (await owner.http.post("/api/v1/projects", json={"name": "x"})).status_code == 403
    assert (await owner.http.get("/api/v1/me")).status_code == 200


@pytest.mark.fault("X8")
@pytest.mark.parametrize("path", ["/api/v1/auth/sign-in", "/api/v1/auth/register", "/api/v1/auth/link"])
async def test_another_site_cannot_sign_a_person_in_as_somebody_else(people: People, path: str) -> None:
    async with people.browser() as browser:
        answer = await browser.post(path, json={}, headers={"origin": "http://evil.example.org"})
        assert answer.status_code == 403


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonx"],
)
async def test_a_body_that_is_not_json_is_refused(people: People, kind: str) -> None:
    owner = await people.owner()
    answer = await owner.http.post("/api/v1/projects", content=b'{"name": "x"}', headers={"content-type": kind})
    assert answer.status_code == 415
    for body in (b"a=b", b"{}"):
        answer = await owner.http.post("/api/v1/auth/sign-out", content=body, headers={"content-type": kind})
        assert answer.status_code == 415
    assert (await owner.http.get("/api/v1/me")).status_code == 200


@pytest.mark.fault("X8")
async def test_a_get_changes_nothing(people: People) -> None:
    owner = await people.owner()
    for path in ("/api/v1/auth/sign-out", "/api/v1/auth/sign-in", "/api/v1/auth/link"):
        assert (await owner.http.get(path)).status_code == 405
    assert (await owner.http.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.evil.org:3000", "", "localhost.evil.org"])
async def test_a_name_that_was_rebound_to_this_address_is_refused(people: People, host: str) -> None:
    async with people.browser() as browser:
        for path in ("/", "/api/v1/server", "/openapi.json"):
            answer = await browser.get(path, headers={"host": host, "origin": f"http://{host}"})
            assert answer.status_code == 403
        answer = await browser.get("/api/v1/server", headers={"host": "localhost:1"})
        assert answer.status_code == 200


async def test_a_body_beyond_the_limit_is_refused(people: People) -> None:
    owner = await people.owner()
    kind = {"content-type": "application/json"}
    answer = await owner.http.post("/api/v1/projects", content=b" " * (1024 * 1024 + 1), headers=kind)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "message_too_large")


async def test_a_body_of_unknown_length_is_refused(people: People) -> None:
    owner = await people.owner()

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"name":'
        yield b'"x"}'

    answer = await owner.http.post("/api/v1/projects", content=pieces(), headers={"content-type": "application/json"})
    assert answer.status_code == 411


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"name": 1}',
        b'{"name": ""}',
        b'{"name": "  "}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "a\\nb"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": "\\u202e"}',
        b'{"name": "x", "nmae": "y"}',
        b'{"name": NaN}',
        b"[" * 100_000,
        b'{"name": ' + b"9" * 5_000 + b"}",
        b'{"name": "' + b"x" * 101 + b'"}',
    ],
)
async def test_nonsense_is_refused_with_a_4xx_that_names_what_is_wrong(people: People, content: bytes) -> None:
    owner = await people.owner()
    answer = await owner.http.post("/api/v1/projects", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"] == "input_invalid"


async def test_a_refusal_speaks_plainly(people: People) -> None:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "x"})
    agents = f"/projects/{project['id']}/agents"
    refused = await owner.ask("POST", agents, {"name": ""}, expect=422)
    assert refused["error"]["message"] == "name must not be empty."
    refused = await owner.ask("POST", agents, {}, expect=422)
    assert refused["error"]["message"] == "name is missing."
    agent = (await owner.ask("POST", agents, {"name": "x"}))["agent"]
    start = {"agent_id": agent["id"], "prompt": "x" * 1_000_000}
    refused = await owner.ask("POST", f"/projects/{project['id']}/sessions", start, expect=422)
    assert "prompt is 1,000,000 bytes long, and 500,000 is the most" in refused["error"]["message"]


async def test_a_start_that_is_sent_again_starts_once_and_another_one_by_its_id_is_refused(people: People) -> None:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "x"})
    created = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "x"})
    path = f"/projects/{project['id']}/sessions"
    start = {"id": str(uuid4()), "agent_id": created["agent"]["id"], "prompt": "hello"}
    for _ in range(2):
        assert (await owner.ask("POST", path, start))["title"] == "hello"
    assert len(await owner.ask("GET", "/sessions")) == 1
    refused = await owner.ask("POST", path, {**start, "prompt": "something else"}, expect=409)
    assert "another prompt" in refused["error"]["message"]


async def test_a_refused_field_is_named_and_its_value_is_not_told(people: People) -> None:
    async with people.browser() as browser:
        answer = await browser.post("/api/v1/auth/register", json={"username": "ada", "password": "hunter2"})
        assert answer.status_code == 422
        assert answer.json()["error"]["field"] == "password"
        assert "hunter2" not in answer.text
        answer = await browser.post("/api/v1/auth/sign-in", json={"username": "ada", "pasword": "hunter2-secret"})
        assert answer.status_code == 422
        assert "hunter2" not in answer.text


async def test_answers_of_the_api_are_never_stored_nor_guessed_at_nor_framed(people: People) -> None:
    async with people.browser() as browser:
        for path in ("/api/v1/server", "/api/v1/me", "/api/v1/nothing", "/openapi.json", "/healthz"):
            headers = (await browser.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_the_page_may_load_nothing_from_elsewhere(people: People) -> None:
    async with people.browser() as browser:
        policy = (await browser.get("/")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == f"'self' {people.serving.url.replace('http', 'ws')}"


async def test_over_https_the_cookie_is_bound_to_the_host_and_secure(start_server: StartServer) -> None:
    people = People(await start_server(behind_proxy=True))
    origin = people.serving.url.replace("http", "https")
    async with people.browser() as browser:
        body = {"username": "ada", "password": PASSWORD}
        plain = await browser.post("/api/v1/auth/register", json=body)
        assert plain.status_code == 403
        made = await browser.post("/api/v1/auth/register", json=body, headers={"origin": origin})
        assert made.status_code == 201
        cookie = made.headers["set-cookie"]
        assert cookie.startswith("__Host-claudios=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert made.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.fault("X10")
async def test_an_unknown_username_is_answered_like_a_wrong_password(people: People) -> None:
    owner = await people.owner()
    async with people.browser() as browser:
        answers = [
            await browser.post("/api/v1/auth/sign-in", json={"username": name, "password": "a wrong password"})
            for name in (owner.user["username"], "nobody")
        ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


@pytest.fixture
async def people_outside_time(start_server: StartServer) -> AsyncIterator[People]:
    """The people of a server whose clock of tries stands still: however slow they are, they get no try back."""
    people = People(await start_server(build=partial(Application, monotonic=lambda: 1_000.0)))
    yield people
    await people.close()


@pytest.mark.fault("X10")
async def test_guessing_at_an_account_is_slowed_and_its_owner_is_not_locked_out(people_outside_time: People) -> None:
    people = people_outside_time
    owner = await people.owner()
    name = owner.user["username"]
    right = {"username": name, "password": PASSWORD}
    async with people.browser() as guesser:
        answers = [
            (await guesser.post("/api/v1/auth/sign-in", json={"username": name, "password": f"guess {n}"})).status_code
            for n in range(12)
        ]
        assert answers[:10] == [401] * 10
        assert answers[-1] == 429
        refused = await guesser.post("/api/v1/auth/sign-in", json=right)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
    assert await owner.ask("GET", "/me") == owner.user
    assert await owner.ask("POST", "/auth/sign-in", right) == owner.user


@pytest.mark.fault("X10")
async def test_guessing_from_one_address_at_many_accounts_is_slowed(people_outside_time: People) -> None:
    async with people_outside_time.browser() as guesser:
        answers = [
            (await guesser.post("/api/v1/auth/sign-in", json={"username": f"u{n}", "password": "guess"})).status_code
            for n in range(22)
        ]
    assert answers[:20] == [401] * 20
    assert answers[-1] == 429


class HeldHasher:
    """Hashes like the server's own, but checks nothing until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self._argon2 = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, stored: str, password: str) -> Literal[True]:
        self.released.wait()
        return self._argon2.verify(stored, password)


async def test_guesses_made_at_once_count_as_much_as_one_after_the_other(start_server: StartServer) -> None:
    hasher = HeldHasher()

    def build(config: Config) -> Application:
        return Application(config, passwords=Passwords(hasher), monotonic=lambda: 1_000.0)

    people = People(await start_server(build=build))
    name = (await people.owner()).user["username"]
    async with people.browser() as guesser:
        guesses = [
            asyncio.ensure_future(
                guesser.post("/api/v1/auth/sign-in", json={"username": name, "password": f"guess {number}"})
            )
            for number in range(MAX_WAITING)
        ]
        await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
        hasher.released.set()
        answers = [answer.status_code for answer in await asyncio.gather(*guesses)]
        assert (answers.count(401), answers.count(429)) == (10, MAX_WAITING - 10)
    await people.close()


async def test_who_knows_the_password_may_sign_in_as_often_as_they_like(start_server: StartServer) -> None:
    hasher = HeldHasher()
    hasher.released.set()

    def build(config: Config) -> Application:
        return Application(config, passwords=Passwords(hasher), monotonic=lambda: 1_000.0)

    people = People(await start_server(build=build))
    right = {"username": (await people.owner()).user["username"], "password": PASSWORD}
    async with people.browser() as browser:
        for _ in range(25):
            assert (await browser.post("/api/v1/auth/sign-in", json=right)).status_code == 200
            browser.cookies.clear()
    await people.close()


@pytest.mark.fault("X10")
async def test_a_flood_of_sign_ins_leaves_other_requests_alone(start_server: StartServer) -> None:
    hasher = HeldHasher()
    people = People(await start_server(build=lambda config: Application(config, passwords=Passwords(hasher))))
    owner = await people.owner()
    async with people.browser() as browser:
        flood = [
            asyncio.ensure_future(
                browser.post("/api/v1/auth/sign-in", json={"username": f"u{number}", "password": "guess"})
            )
            for number in range(MAX_WAITING + 2)
        ]
        await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
        assert (await owner.http.get("/api/v1/me")).status_code == 200
        hasher.released.set()
        answers = [answer.status_code for answer in await asyncio.gather(*flood)]
    assert (answers.count(401), answers.count(429)) == (MAX_WAITING, 2)
    await people.close()


async def test_unknown_addresses_of_the_api_are_json_and_other_ones_the_page(people: People) -> None:
    async with people.browser() as browser:
        for method, path in (("GET", "/api/v1/nothing"), ("POST", "/api/v2/x"), ("GET", "/agent/v9/x")):
            answer = await browser.request(method, path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        for path in ("/", "/sign-in", "/sessions/0/x"):
            assert (await browser.get(path)).headers["content-type"] == "text/html; charset=utf-8"
        assert (await browser.get("/missing.js")).status_code == 404
        assert (await browser.get("/../../etc/passwd")).headers["content-type"] == "text/html; charset=utf-8"
        assert (await browser.post("/")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/nothing", "/agent/v9/link"])
async def test_an_upgrade_where_there_is_no_socket_is_refused_with_404(server: Serving, path: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(f"{server.url.replace('http', 'ws', 1)}{path}", proxy=None):
            pass
    assert refused.value.response.status_code == 404


async def test_the_description_names_every_operation_once_and_loads_no_script(server: Serving) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
        described = (await http.get("/openapi.json")).json()
        assert (await http.get("/docs")).headers["content-type"] == "text/html; charset=utf-8"
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) > 30
    assert all(name.replace("_", "").isalpha() for name in names)
