"""Who may use which route: generated from the route table, so that a route without a declared policy fails.

Rules (docs/security.md): a stranger to a project gets the same 404 as for a thing that never was; a member with too low
a role gets 403; who is nobody, holds a revoked token or is an agent gets 401.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

import httpx2
import pytest
import websockets
from starlette.routing import BaseRoute, Route, WebSocketRoute
from websockets.asyncio.client import connect

from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token
from claudios.server.app import describe
from claudios.server.store.notification_settings import NotificationSettings
from tests.helpers.push_browser import PushBrowser
from tests.helpers.server import People

pytestmark = pytest.mark.integration

API = "/api/v1"
SOCKET = "WEBSOCKET"


class Who(Enum):
    """Who may use a route."""

    ANYBODY = "anybody"
    SIGNED_IN = "anybody with an account, on their own things"
    VIEWER = "members of the thing's project"
    OPERATOR = "operators and owners of the thing's project"
    OWNER = "owners of the thing's project"
    AGENT = "agents"


_SESSION = f"{API}/sessions/{{session_id}}"
_PROJECT = f"{API}/projects/{{project_id}}"
_SCHEDULE = f"{_PROJECT}/schedules/{{schedule_id}}"
_PLAN = {"name": "x", "agent_id": "{agent_id}", "expression": "0 9 * * *", "time_zone": "UTC", "prompt": "x"}
POLICY: dict[tuple[str, str], Who] = {
    ("GET", "/healthz"): Who.ANYBODY,
    ("GET", "/readyz"): Who.ANYBODY,
    ("GET", "/metrics"): Who.ANYBODY,  # from this machine
    ("GET", "/openapi.json"): Who.ANYBODY,
    ("GET", f"{API}/server"): Who.ANYBODY,
    ("POST", f"{API}/auth/register"): Who.ANYBODY,
    ("POST", f"{API}/auth/sign-in"): Who.ANYBODY,
    ("POST", f"{API}/auth/sign-out"): Who.ANYBODY,
    ("POST", f"{API}/auth/link"): Who.ANYBODY,
    ("POST", f"{API}/auth/device"): Who.ANYBODY,
    ("POST", f"{API}/auth/device/token"): Who.ANYBODY,
    ("GET", f"{API}/auth/device/{{user_code}}"): Who.SIGNED_IN,
    ("POST", f"{API}/auth/device/{{user_code}}/approve"): Who.SIGNED_IN,
    ("GET", f"{API}/me"): Who.SIGNED_IN,
    ("PATCH", f"{API}/me"): Who.SIGNED_IN,
    ("GET", f"{API}/me/logins"): Who.SIGNED_IN,
    ("DELETE", f"{API}/me/logins/{{login_id}}"): Who.SIGNED_IN,
    ("POST", f"{API}/auth/codes"): Who.SIGNED_IN,
    ("GET", f"{API}/tokens"): Who.SIGNED_IN,
    ("POST", f"{API}/tokens"): Who.SIGNED_IN,
    ("DELETE", f"{API}/tokens/{{token_id}}"): Who.SIGNED_IN,
    ("GET", f"{API}/notifications"): Who.SIGNED_IN,
    ("GET", f"{API}/notifications/settings"): Who.SIGNED_IN,
    ("PUT", f"{API}/notifications/settings"): Who.SIGNED_IN,
    ("GET", f"{API}/notifications/push-key"): Who.SIGNED_IN,
    ("GET", f"{API}/notifications/channels"): Who.SIGNED_IN,
    ("POST", f"{API}/notifications/push"): Who.SIGNED_IN,
    ("POST", f"{API}/notifications/ntfy"): Who.SIGNED_IN,
    ("DELETE", f"{API}/notifications/channels/{{channel_id}}"): Who.SIGNED_IN,
    ("POST", f"{API}/notifications/channels/{{channel_id}}/test"): Who.SIGNED_IN,
    ("GET", f"{_PROJECT}/webhooks"): Who.OWNER,
    ("POST", f"{_PROJECT}/webhooks"): Who.OWNER,
    ("DELETE", f"{_PROJECT}/webhooks/{{webhook_id}}"): Who.OWNER,
    ("POST", f"{_PROJECT}/webhooks/{{webhook_id}}/test"): Who.OWNER,
    ("GET", f"{_PROJECT}/webhooks/{{webhook_id}}/deliveries"): Who.OWNER,
    ("POST", f"{_PROJECT}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/redeliver"): Who.OWNER,
    ("POST", f"{API}/answer-links"): Who.ANYBODY,  # who holds the secret of one
    ("GET", f"{API}/projects"): Who.SIGNED_IN,
    ("POST", f"{API}/projects"): Who.SIGNED_IN,
    ("GET", _PROJECT): Who.VIEWER,
    ("PATCH", _PROJECT): Who.OWNER,
    ("DELETE", _PROJECT): Who.OWNER,
    ("GET", f"{_PROJECT}/members"): Who.VIEWER,
    ("PATCH", f"{_PROJECT}/members/{{user_id}}"): Who.OWNER,
    ("DELETE", f"{_PROJECT}/members/{{user_id}}"): Who.OWNER,
    ("GET", f"{_PROJECT}/invitations"): Who.OWNER,
    ("POST", f"{_PROJECT}/invitations"): Who.OWNER,
    ("DELETE", f"{_PROJECT}/invitations/{{invitation_id}}"): Who.OWNER,
    ("POST", f"{API}/invitations/accept"): Who.SIGNED_IN,
    ("GET", f"{_PROJECT}/retention"): Who.VIEWER,
    ("GET", f"{_PROJECT}/retention/preview"): Who.VIEWER,
    ("PUT", f"{_PROJECT}/retention"): Who.OWNER,
    ("GET", f"{API}/agents"): Who.SIGNED_IN,
    ("GET", f"{API}/costs"): Who.SIGNED_IN,
    ("POST", f"{_PROJECT}/agents"): Who.OWNER,
    ("GET", f"{API}/agents/{{agent_id}}"): Who.VIEWER,
    ("PATCH", f"{API}/agents/{{agent_id}}"): Who.OWNER,
    ("DELETE", f"{API}/agents/{{agent_id}}"): Who.OWNER,
    ("POST", f"{API}/agents/{{agent_id}}/token"): Who.OWNER,
    ("POST", f"{API}/agents/{{agent_id}}/revoke"): Who.OWNER,
    ("POST", f"{API}/agents/{{agent_id}}/give-up"): Who.OWNER,
    ("GET", f"{API}/agents/{{agent_id}}/files"): Who.OPERATOR,
    ("GET", f"{API}/agents/{{agent_id}}/files/content"): Who.OPERATOR,
    ("PUT", f"{API}/agents/{{agent_id}}/files/content"): Who.OPERATOR,
    ("GET", f"{API}/agents/{{agent_id}}/files/download"): Who.OPERATOR,
    ("GET", f"{API}/agents/{{agent_id}}/worktrees"): Who.OPERATOR,
    ("GET", f"{API}/agents/{{agent_id}}/conversations"): Who.OPERATOR,
    ("POST", f"{API}/agents/{{agent_id}}/conversations/{{conversation_id}}/import"): Who.OPERATOR,
    ("GET", f"{API}/sessions"): Who.SIGNED_IN,
    ("POST", f"{_PROJECT}/sessions"): Who.OPERATOR,
    ("GET", _SESSION): Who.VIEWER,
    ("PATCH", _SESSION): Who.OPERATOR,
    ("DELETE", _SESSION): Who.OWNER,
    ("POST", f"{_SESSION}/commands"): Who.OPERATOR,
    ("POST", f"{_SESSION}/interrupt"): Who.OPERATOR,
    ("POST", f"{_SESSION}/terminate"): Who.OPERATOR,
    ("POST", f"{_SESSION}/resume"): Who.OPERATOR,
    ("POST", f"{_SESSION}/fork"): Who.OPERATOR,
    ("GET", f"{API}/instructions"): Who.SIGNED_IN,
    ("GET", f"{_SESSION}/instructions"): Who.VIEWER,
    ("PATCH", f"{_SESSION}/instructions/{{instruction_id}}"): Who.OPERATOR,
    ("POST", f"{_SESSION}/instructions/{{instruction_id}}/withdraw"): Who.OPERATOR,
    ("POST", f"{_SESSION}/instructions/{{instruction_id}}/retry"): Who.OPERATOR,
    ("POST", f"{_SESSION}/instructions/{{instruction_id}}/drop"): Who.OPERATOR,
    ("GET", f"{_SESSION}/prompts"): Who.VIEWER,
    ("POST", f"{_SESSION}/prompts"): Who.OPERATOR,
    ("PUT", f"{_SESSION}/prompts"): Who.OPERATOR,
    ("PATCH", f"{_SESSION}/prompts/{{prompt_id}}"): Who.OPERATOR,
    ("DELETE", f"{_SESSION}/prompts/{{prompt_id}}"): Who.OPERATOR,
    ("POST", f"{_SESSION}/prompts/{{prompt_id}}/send"): Who.OPERATOR,
    ("GET", f"{_SESSION}/offers"): Who.VIEWER,
    ("GET", f"{_SESSION}/paths"): Who.OPERATOR,
    ("GET", f"{_SESSION}/git"): Who.OPERATOR,
    ("GET", f"{_SESSION}/git/diff"): Who.OPERATOR,
    ("POST", f"{_SESSION}/git/worktree/merge"): Who.OPERATOR,
    ("POST", f"{_SESSION}/git/worktree/remove"): Who.OPERATOR,
    ("POST", f"{_SESSION}/settings"): Who.OPERATOR,
    ("POST", f"{_SESSION}/tasks/{{task_id}}/stop"): Who.OPERATOR,
    ("GET", f"{_SESSION}/items"): Who.VIEWER,
    ("GET", f"{_SESSION}/images/{{seq}}/{{offset}}/{{number}}"): Who.VIEWER,
    ("GET", f"{_SESSION}/prompts/{{prompt_id}}/images/{{place}}"): Who.VIEWER,
    ("GET", f"{_SESSION}/log"): Who.VIEWER,
    ("GET", f"{_SESSION}/frames"): Who.VIEWER,
    ("GET", f"{_SESSION}/verify"): Who.VIEWER,
    ("GET", f"{_SESSION}/export"): Who.VIEWER,
    ("GET", f"{_SESSION}/asciicast"): Who.VIEWER,
    ("GET", f"{_SESSION}/transcript"): Who.VIEWER,
    ("POST", f"{_SESSION}/requests/{{request_id}}/answer"): Who.OPERATOR,
    ("GET", f"{API}/requests"): Who.SIGNED_IN,
    ("GET", f"{API}/search"): Who.SIGNED_IN,
    ("GET", f"{_SESSION}/shares"): Who.OWNER,
    ("POST", f"{_SESSION}/shares"): Who.OWNER,
    ("DELETE", f"{_SESSION}/shares/{{share_id}}"): Who.OWNER,
    ("POST", f"{API}/shared"): Who.ANYBODY,  # with a link's code
    ("GET", f"{API}/audit"): Who.SIGNED_IN,
    ("GET", f"{_PROJECT}/budgets"): Who.VIEWER,
    ("PUT", f"{_PROJECT}/budgets"): Who.OWNER,
    ("GET", f"{_SESSION}/budgets"): Who.VIEWER,
    ("GET", f"{API}/schedules/due"): Who.SIGNED_IN,
    ("GET", f"{_PROJECT}/schedules"): Who.VIEWER,
    ("POST", f"{_PROJECT}/schedules"): Who.OPERATOR,
    ("GET", _SCHEDULE): Who.VIEWER,
    ("PUT", _SCHEDULE): Who.OPERATOR,
    ("DELETE", _SCHEDULE): Who.OPERATOR,
    ("POST", f"{_SCHEDULE}/pause"): Who.OPERATOR,
    ("POST", f"{_SCHEDULE}/resume"): Who.OPERATOR,
    ("GET", f"{_SCHEDULE}/runs"): Who.VIEWER,
    ("POST", f"{_SCHEDULE}/runs"): Who.OPERATOR,
    ("PUT", f"{_SESSION}/budget"): Who.OPERATOR,
    ("GET", f"{API}/templates"): Who.SIGNED_IN,
    ("POST", f"{_PROJECT}/templates"): Who.OPERATOR,
    ("PUT", f"{_PROJECT}/templates/{{template_id}}"): Who.OPERATOR,
    ("DELETE", f"{_PROJECT}/templates/{{template_id}}"): Who.OPERATOR,
    ("GET", f"{API}/agents/{{agent_id}}/recent-directories"): Who.VIEWER,
    ("PUT", f"{_SESSION}/limit-prompt"): Who.OPERATOR,
    ("POST", f"{_SESSION}/limit-stop/cancel"): Who.OPERATOR,
    ("GET", f"{API}/usage"): Who.SIGNED_IN,
    ("GET", f"{API}/usage.csv"): Who.SIGNED_IN,
    ("GET", "/agent/v1/check"): Who.AGENT,
    ("POST", "/agent/v1/check"): Who.AGENT,
    ("POST", "/agent/v1/sync"): Who.AGENT,
    (SOCKET, "/agent/v1/link"): Who.AGENT,
    (SOCKET, f"{_SESSION}/live-log"): Who.VIEWER,
    (SOCKET, f"{_SESSION}/terminal"): Who.VIEWER,
    (SOCKET, f"{API}/live"): Who.SIGNED_IN,
}
BODIES: dict[tuple[str, str], object] = {
    ("POST", f"{API}/tokens"): {"name": "x"},
    ("PUT", f"{API}/notifications/settings"): NotificationSettings().model_dump(mode="json"),
    ("POST", f"{API}/notifications/push"): PushBrowser().subscription("https://push.example.org/x"),
    ("POST", f"{API}/notifications/ntfy"): {"address": "https://ntfy.example.org/x"},
    ("POST", f"{_PROJECT}/webhooks"): {"name": "x", "address": "https://hook.example.org/x"},
    ("POST", f"{API}/answer-links"): {"secret": "x"},
    ("POST", f"{API}/projects"): {"name": "x"},
    ("PATCH", _PROJECT): {"name": "x"},
    ("PATCH", f"{_PROJECT}/members/{{user_id}}"): {"role": "viewer"},
    ("POST", f"{_PROJECT}/invitations"): {"role": "viewer"},
    ("POST", f"{_SESSION}/shares"): {"days": 1},
    ("POST", f"{API}/invitations/accept"): {"code": "x"},
    ("POST", f"{_PROJECT}/agents"): {"name": "x"},
    ("PATCH", f"{API}/agents/{{agent_id}}"): {"name": "x"},
    ("POST", f"{API}/agents/{{agent_id}}/token"): {},
    ("PUT", f"{API}/agents/{{agent_id}}/files/content"): {
        "path": "x",
        "upload": "0" * 32,
        "offset": 0,
        "content": "",
    },
    ("POST", f"{_PROJECT}/sessions"): {"agent_id": "{agent_id}"},
    ("PATCH", _SESSION): {"title": "x"},
    ("POST", f"{_SESSION}/commands"): {"text": "x"},
    ("PATCH", f"{_SESSION}/instructions/{{instruction_id}}"): {"text": "x"},
    ("POST", f"{_SESSION}/resume"): {},
    ("POST", f"{_SESSION}/fork"): {},
    ("PUT", f"{_PROJECT}/retention"): {},
    ("PUT", f"{_PROJECT}/budgets"): {},
    ("PUT", f"{_SESSION}/budget"): {"usd": 1},
    ("POST", f"{_PROJECT}/templates"): {"name": "x"},
    ("PUT", f"{_PROJECT}/templates/{{template_id}}"): {"name": "y"},
    ("PUT", f"{_SESSION}/limit-prompt"): {"prompt": "Continue."},
    ("POST", f"{_PROJECT}/schedules"): _PLAN,
    ("PUT", _SCHEDULE): _PLAN,
    ("POST", f"{_SCHEDULE}/runs"): {},
    ("POST", f"{_SESSION}/prompts"): {"id": "{instruction_id}", "text": "x"},
    ("PUT", f"{_SESSION}/prompts"): {"ids": []},
    ("PATCH", f"{_SESSION}/prompts/{{prompt_id}}"): {"text": "x", "instead_of": "y"},
    ("POST", f"{_SESSION}/git/worktree/remove"): {},
    ("POST", f"{API}/agents/{{agent_id}}/conversations/{{conversation_id}}/import"): {},
    ("POST", f"{_SESSION}/settings"): {"setting": "model", "value": "haiku"},
    ("POST", f"{_SESSION}/requests/{{request_id}}/answer"): {"behavior": "deny"},
    ("PATCH", f"{API}/me"): {"username": "x"},
}


def served() -> set[tuple[str, str]]:
    """Return every route of the server: method (or SOCKET) and path."""
    return set(_walk(describe().routes))


def _walk(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is not None:
            yield from ((method, one.path) for one in contexts() for method in one.methods)
        elif isinstance(route, WebSocketRoute):
            yield SOCKET, route.path
        else:
            assert isinstance(route, Route), f"a route of another kind: {route}"
            yield from ((method, route.path) for method in (route.methods or set()) - {"HEAD"})


@pytest.mark.fault("X6")
def test_every_route_declares_who_may_use_it() -> None:
    assert served() - set(POLICY) == set()


@dataclass(frozen=True)
class World:
    """A project with something of every kind in it, and people who come near it."""

    people: People
    ids: dict[str, str]
    bearers: dict[str, str | None]

    async def ask(self, who: str, method: str, path: str, ids: dict[str, str]) -> tuple[int, str]:
        """Return status and error code."""
        bearer, filled = self.bearers[who], path.format(**ids)
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        if method == SOCKET:
            return await self._upgrade(filled, headers)
        body = BODIES.get((method, path))
        if isinstance(body, dict):
            body = {key: value.format(**ids) if isinstance(value, str) else value for key, value in body.items()}
        async with httpx2.AsyncClient(base_url=self.people.serving.url, timeout=60) as http:
            answer = await http.request(method, filled, json=body, headers=headers)
        return answer.status_code, answer.json()["error"]["code"] if answer.is_error else ""

    async def _upgrade(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        url = self.people.serving.url.replace("http", "ws") + path
        try:
            async with connect(url, additional_headers=headers):
                return 101, ""
        except websockets.InvalidStatus as refused:
            return refused.response.status_code, ""


@pytest.fixture
async def world(people: People) -> World:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    path = f"/projects/{home['id']}"
    agent = await owner.ask("POST", f"{path}/agents", {"name": "laptop"})
    session = await owner.ask("POST", f"{path}/sessions", {"agent_id": agent["agent"]["id"]})
    invitation = await owner.ask("POST", f"{path}/invitations", {"role": "viewer"})
    template = await owner.ask("POST", f"{path}/templates", {"name": "kept"})
    share = await owner.ask("POST", f"/sessions/{session['id']}/shares", {})
    plan = {**_PLAN, "agent_id": agent["agent"]["id"]}
    schedule = await owner.ask("POST", f"{path}/schedules", plan)
    everybody = {
        "owner": owner,
        "viewer": await people.member(home["id"], "viewer"),
        "operator": await people.member(home["id"], "operator"),
        "stranger": await people.stranger(),
    }
    bearers: dict[str, str | None] = {"nobody": None}
    for name, person in everybody.items():
        bearers[name] = (await person.ask("POST", "/tokens", {"name": "test"}))["token"]
    kept = await owner.ask("POST", "/tokens", {"name": "kept"})
    channel = await owner.ask("POST", "/notifications/ntfy", {"address": "https://ntfy.example.org/x"})
    webhook = await owner.ask("POST", f"{path}/webhooks", {"name": "x", "address": "https://hook.example.org/x"})
    revoked = await owner.ask("POST", "/tokens", {"name": "revoked"})
    await owner.ask("DELETE", f"/tokens/{revoked['id']}")
    bearers["revoked"] = revoked["token"]
    bearers["agent"] = agent_keys(parse_token(agent["token"], AGENT_TOKEN)).auth
    async with people.browser() as program:
        device = (await program.post("/api/v1/auth/device")).json()
    ids = {
        "project_id": home["id"],
        "agent_id": agent["agent"]["id"],
        "session_id": session["id"],
        "instruction_id": session["id"],
        "invitation_id": invitation["id"],
        "share_id": share["id"],
        "template_id": template["id"],
        "schedule_id": schedule["id"],
        "user_id": everybody["operator"].user["id"],
        "token_id": kept["id"],
        "login_id": (await owner.ask("GET", "/me/logins"))[0]["id"],
        "user_code": device["user_code"],
        "request_id": "req_1",
        "prompt_id": str(uuid4()),
        "task_id": "task_1",
        "conversation_id": str(uuid4()),
        "seq": "1",
        "offset": "0",
        "number": "0",
        "place": "0",
        "channel_id": channel["id"],
        "webhook_id": webhook["id"],
        "delivery_id": "ntf_1",
    }
    return World(people, ids, bearers)


def nowhere() -> dict[str, str]:
    """Return ids of things that never were."""
    return {
        "project_id": "prj_22222222222222222222",
        "agent_id": "agt_22222222222222222222",
        "session_id": str(uuid4()),
        "instruction_id": str(uuid4()),
        "invitation_id": "inv_22222222222222222222",
        "share_id": "shr_22222222222222222222",
        "template_id": "tpl_22222222222222222222",
        "schedule_id": "sch_22222222222222222222",
        "user_id": "usr_22222222222222222222",
        "token_id": "tok_22222222222222222222",
        "login_id": "lgn_22222222222222222222",
        "user_code": "ZZZZ-ZZZZ",
        "request_id": "req_2",
        "prompt_id": str(uuid4()),
        "task_id": "task_2",
        "conversation_id": str(uuid4()),
        "seq": "2",
        "offset": "0",
        "number": "0",
        "place": "0",
        "channel_id": "chn_22222222222222222222",
        "webhook_id": "chn_22222222222222222222",
        "delivery_id": "ntf_2",
    }


def routes(*policies: Who) -> list[tuple[str, str]]:
    return sorted(route for route in served() if POLICY.get(route) in policies)


MEMBERS_ONLY = (Who.VIEWER, Who.OPERATOR, Who.OWNER)


@pytest.mark.fault("X6")
@pytest.mark.parametrize("who", ["nobody", "revoked", "agent"])
async def test_who_is_not_signed_in_gets_nowhere(world: World, who: str) -> None:
    wrong = {}
    for method, path in routes(Who.SIGNED_IN, *MEMBERS_ONLY):
        status, code = await world.ask(who, method, path, world.ids)
        if (status, code) != (401, "not_signed_in") and (method, status) != (SOCKET, 401):
            wrong[method, path] = (status, code)
    assert wrong == {}


@pytest.mark.fault("X6")
@pytest.mark.parametrize("who", ["nobody", "revoked", "owner"])
async def test_people_are_no_agents(world: World, who: str) -> None:
    wrong = {}
    for method, path in routes(Who.AGENT):
        status, _ = await world.ask(who, method, path, world.ids)
        if status != 401:
            wrong[method, path] = status
    assert wrong == {}


async def test_a_token_under_another_scheme_signs_nobody_in(world: World) -> None:
    async with httpx2.AsyncClient(base_url=world.people.serving.url, timeout=60) as http:
        for scheme, status in (("Bearer", 200), ("bearer", 200), ("Basic", 401), ("Token", 401)):
            headers = {"authorization": f"{scheme} {world.bearers['owner']}"}
            assert (await http.get(f"{API}/projects", headers=headers)).status_code == status


@pytest.mark.fault("X6")
async def test_a_stranger_cannot_tell_what_exists_from_what_never_was(world: World) -> None:
    wrong = {}
    for method, path in routes(*MEMBERS_ONLY):
        answers = [await world.ask("stranger", method, path, ids) for ids in (world.ids, nowhere())]
        if answers[0] != answers[1] or answers[0][0] != 404:
            wrong[method, path] = answers
    assert wrong == {}


@pytest.mark.fault("X6")
async def test_ones_own_things_are_not_anothers(world: World) -> None:
    for method, path in (
        ("DELETE", f"{API}/tokens/{{token_id}}"),
        ("DELETE", f"{API}/notifications/channels/{{channel_id}}"),
        ("POST", f"{API}/notifications/channels/{{channel_id}}/test"),
    ):
        assert await world.ask("stranger", method, path, world.ids) == (404, "not_found")
    stranger = await world.people.stranger()
    await stranger.ask("DELETE", f"/me/logins/{world.ids['login_id']}", expect=404)
    async with httpx2.AsyncClient(base_url=world.people.serving.url, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {world.bearers['stranger']}"
        assert (await http.get(f"{API}/search?q=laptop")).json()["hits"] == []
        for path in ("agents", "sessions", "notifications", "notifications/channels"):
            assert (await http.get(f"{API}/{path}")).json() == []
            assert (await http.get(f"{API}/{path}?project_id={world.ids['project_id']}")).json() == []
        assert (await http.get(f"{API}/instructions?id={world.ids['instruction_id']}")).json() == []


@pytest.mark.fault("X6")
@pytest.mark.parametrize(("who", "refused"), [("viewer", (Who.OPERATOR, Who.OWNER)), ("operator", (Who.OWNER,))])
async def test_a_role_that_is_too_low_is_told_so(world: World, who: str, refused: tuple[Who, ...]) -> None:
    wrong = {}
    for method, path in routes(*refused):
        if (method, path) == ("DELETE", f"{_PROJECT}/members/{{user_id}}") and who == "operator":
            continue  # the id is their own, and everybody may leave
        status, code = await world.ask(who, method, path, world.ids)
        if (status, code) != (403, "forbidden"):
            wrong[method, path] = (status, code)
    assert wrong == {}


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    ("who", "granted"),
    [("viewer", (Who.VIEWER,)), ("operator", (Who.VIEWER, Who.OPERATOR))],
)
async def test_a_role_that_is_enough_is_let_in(world: World, who: str, granted: tuple[Who, ...]) -> None:
    wrong = {}
    for method, path in routes(*granted):
        status, code = await world.ask(who, method, path, world.ids)
        if status in (401, 403) or status >= 500:
            wrong[method, path] = (status, code)
    assert wrong == {}
