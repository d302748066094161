"""A whole server on a free port, and people who use it over HTTP."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import httpx2
import pytest

from claudios.server.app import Application
from claudios.server.config import Config
from claudios.server.passwords import Passwords
from claudios.server.serving import Serving, running
from tests.helpers.databases import lay_down

PASSWORD = "correct horse battery staple"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TRUST = ssl.create_default_context()
"""One for all clients: making it takes each of them 25 ms."""


@dataclass(frozen=True)
class Person:
    """Somebody with a browser: keeps cookies, and says as browsers do which page asks."""

    http: httpx2.AsyncClient
    user: dict[str, Any]

    async def ask(self, method: str, path: str, body: object = None, expect: int | None = None) -> Any:
        """Return the JSON of an answer, whose status is checked: `expect`, or any success."""
        answer = await self.http.request(method, f"/api/v1{path}", json=body)
        if expect is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


class People:
    """Makes accounts on one server: the first owns it, each further one comes by an invitation to a project."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self._numbers = itertools.count(1)
        self._open = AsyncExitStack()
        self.first: Person | None = None

    def browser(self, **headers: str) -> httpx2.AsyncClient:
        """Return a fresh browser on the server's own page."""
        return httpx2.AsyncClient(
            base_url=self.serving.url, headers={"origin": self.serving.url, **headers}, timeout=60, verify=TRUST
        )

    async def owner(self) -> Person:
        """Return who owns the server."""
        if self.first is None:
            self.first = await self._register(None)
        return self.first

    async def member(self, project_id: str, role: str, inviter: Person | None = None) -> Person:
        """Return a new person with a role in a project of the inviter's (the server's owner)."""
        invitation = await (inviter or await self.owner()).ask(
            "POST", f"/projects/{project_id}/invitations", {"role": role}
        )
        return await self._register(invitation["code"])

    async def stranger(self) -> Person:
        """Return somebody with an account and a project of their own, who is in no other project."""
        owner = await self.owner()
        aside = await owner.ask("POST", "/projects", {"name": "aside"})
        person = await self.member(aside["id"], "viewer", owner)
        await person.ask("POST", "/projects", {"name": "their own"})
        return person

    async def close(self) -> None:
        await self._open.aclose()

    async def _register(self, invitation: str | None) -> Person:
        http = await self._open.enter_async_context(self.browser())
        body = {"username": f"person{next(self._numbers)}", "password": PASSWORD}
        if invitation is not None:
            body["invitation"] = invitation
        answer = await http.post("/api/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Person(http, answer.json())


@asynccontextmanager
async def elsewhere(person: Person, serving: Serving) -> AsyncIterator[Person]:
    """Let somebody use another server on the same database."""
    headers = {"origin": serving.url}
    async with httpx2.AsyncClient(
        base_url=serving.url, headers=headers, cookies=person.http.cookies, timeout=60, verify=TRUST
    ) as http:
        yield Person(http, person.user)


StartServer = Callable[..., Awaitable[Serving]]


@pytest.fixture
async def start_server(tmp_path: Path, migrated: Path) -> AsyncIterator[StartServer]:
    """Start servers that live as long as the test, with hashes that cost little; their settings may be named."""
    async with AsyncExitStack() as stack:

        def build_one(config: Config) -> Application:
            return Application(config, passwords=Passwords(QUICK))

        async def start(build: Callable[[Config], Application] = build_one, **settings: Any) -> Serving:
            config = Config(**{"state_dir": tmp_path / "server", "port": 0, **settings})
            if config.database_url is None:
                lay_down(migrated, config.state_dir / "claudios.db")
            return await stack.enter_async_context(running(config, build))

        yield start


@pytest.fixture
async def server(start_server: StartServer) -> Serving:
    """A running server on a fresh SQLite database."""
    return await start_server()


@pytest.fixture
async def people(server: Serving) -> AsyncIterator[People]:
    """The people of that server."""
    everybody = People(server)
    yield everybody
    await everybody.close()
