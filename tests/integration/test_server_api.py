"""Accounts, projects, members, agents and tokens, as people use them over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from claudios.protocol.ids import AGENT_TOKEN, agent_keys, parse_token
from claudios.server.bus import topics
from claudios.server.config import Registration
from claudios.server.serving import Serving
from claudios.server.store import agents, tables
from tests.helpers.patience import patience
from tests.helpers.server import PASSWORD, People, StartServer
from tests.helpers.synthetic_agent import new_agent

pytestmark = pytest.mark.integration


async def test_the_first_account_owns_the_server_and_later_ones_need_an_invitation(people: People) -> None:
    async with people.browser() as nobody:
        assert (await nobody.get("/api/v1/server")).json()["registration"] == "first"
        owner = await people.owner()
        assert owner.user["is_owner"]
        assert (await nobody.get("/api/v1/server")).json()["registration"] == "invitation"
        refused = await nobody.post("/api/v1/auth/register", json={"username": "eve", "password": PASSWORD})
        assert refused.status_code == 403
        assert "invitation" in refused.json()["error"]["message"]


async def test_an_invited_person_registers_and_is_in_the_project_with_the_role(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    viewer = await people.member(home["id"], "viewer")
    assert [(one["name"], one["role"]) for one in await viewer.ask("GET", "/projects")] == [("Home", "viewer")]
    assert not viewer.user["is_owner"]


async def test_a_deleted_project_is_gone_at_once_and_what_it_held_soon(people: People) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, people.serving.url)
    store = people.serving.application.parts.store
    assert (await owner.ask("GET", f"/agents/{agent.agent_id}"))["id"] == agent.agent_id
    await owner.ask("DELETE", f"/projects/{agent.project_id}")
    assert agent.project_id not in [each["id"] for each in await owner.ask("GET", "/projects")]
    for path in (f"/projects/{agent.project_id}", f"/agents/{agent.agent_id}"):
        await owner.ask("GET", path, expect=404)
    left = select(tables.projects.c.id).where(tables.projects.c.id == agent.project_id)
    async with patience("the removal of the project"):
        while await store.read(lambda connection: connection.execute(left).first()) is not None:
            pass


async def test_an_invitation_makes_one_account_only(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    code = (await owner.ask("POST", f"/projects/{home['id']}/invitations", {"role": "viewer"}))["code"]
    async with people.browser() as browser:
        body = {"username": "bob", "password": PASSWORD, "invitation": code}
        assert (await browser.post("/api/v1/auth/register", json=body)).status_code == 201
        again = await browser.post("/api/v1/auth/register", json=body | {"username": "eve"})
        assert (again.status_code, again.json()["error"]["code"]) == (410, "expired")


async def test_open_registration_lets_anybody_in(start_server: StartServer) -> None:
    people = People(await start_server(registration=Registration.OPEN))
    await people.owner()
    async with people.browser() as browser:
        body = {"username": "bob", "password": PASSWORD}
        assert (await browser.post("/api/v1/auth/register", json=body)).status_code == 201
    await people.close()


async def test_a_person_signs_in_and_out_and_in_again(people: People) -> None:
    owner = await people.owner()
    async with people.browser() as browser:
        body = {"username": owner.user["username"].upper(), "password": PASSWORD}
        assert (await browser.get("/api/v1/me")).status_code == 401
        assert (await browser.post("/api/v1/auth/sign-in", json=body)).json() == owner.user
        assert (await browser.get("/api/v1/me")).json() == owner.user
        stolen = dict(browser.cookies)
        assert (await browser.post("/api/v1/auth/sign-out", json={})).status_code == 200
        browser.cookies.update(stolen)
        assert (await browser.get("/api/v1/me")).status_code == 401
    assert await owner.ask("GET", "/me") == owner.user


async def test_a_new_password_signs_out_everywhere_else(people: People) -> None:
    owner = await people.owner()
    async with people.browser() as other:
        body = {"username": owner.user["username"], "password": PASSWORD}
        await other.post("/api/v1/auth/sign-in", json=body)
        wrong = await owner.ask("PATCH", "/me", {"password": "another password", "current_password": "no"}, expect=422)
        assert wrong["error"]["field"] == "current_password"
        await owner.ask("PATCH", "/me", {"password": "another password", "current_password": PASSWORD})
        assert (await other.get("/api/v1/me")).status_code == 401
        assert (await other.post("/api/v1/auth/sign-in", json=body)).status_code == 401
        body["password"] = "another password"
        assert (await other.post("/api/v1/auth/sign-in", json=body)).status_code == 200


async def test_a_login_survives_a_restart_of_the_server(start_server: StartServer) -> None:
    first = People(await start_server())
    owner = await first.owner()
    second = People(await start_server())
    async with second.browser() as browser:
        browser.cookies.update(dict(owner.http.cookies))
        assert (await browser.get("/api/v1/me")).json() == owner.user
    await first.close()


async def test_an_api_token_works_without_cookie_or_origin_until_it_is_revoked(people: People) -> None:
    owner = await people.owner()
    made = await owner.ask("POST", "/tokens", {"name": "laptop"})
    async with people.browser(authorization=f"Bearer {made['token']}") as program:
        del program.headers["origin"]
        assert (await program.get("/api/v1/me")).json() == owner.user
        assert (await program.post("/api/v1/projects", json={"name": "x"})).status_code == 201
        refused = await program.patch("/api/v1/me", json={"username": "mallory"})
        assert refused.status_code == 403
        assert "token" not in str((await owner.ask("GET", "/tokens"))[0])
        await owner.ask("DELETE", f"/tokens/{made['id']}")
        assert (await program.get("/api/v1/me")).status_code == 401


async def test_a_code_signs_another_device_in_once_and_that_device_is_signed_out_again(people: People) -> None:
    owner = await people.owner()
    made = await owner.ask("POST", "/auth/codes", {})
    async with people.browser(**{"user-agent": "A phone"}) as phone:
        assert (await phone.post("/api/v1/auth/link", json={"code": made["code"]})).json() == owner.user
        assert (await phone.post("/api/v1/auth/link", json={"code": made["code"]})).status_code == 410
        seen = await owner.ask("GET", "/me/logins")
        assert sorted((login["device"] == "A phone", login["is_this"]) for login in seen) == [
            (False, True),
            (True, False),
        ]
        assert made["code"] not in str(seen)
        (theirs,) = [login for login in seen if not login["is_this"]]
        await owner.ask("DELETE", f"/me/logins/{theirs['id']}")
        assert (await phone.get("/api/v1/me")).status_code == 401
    assert len(await owner.ask("GET", "/me/logins")) == 1


async def test_an_api_token_signs_nobody_in_or_out(people: People) -> None:
    owner = await people.owner()
    made = await owner.ask("POST", "/tokens", {"name": "laptop"})
    (own,) = await owner.ask("GET", "/me/logins")
    async with people.browser(authorization=f"Bearer {made['token']}") as program:
        assert (await program.post("/api/v1/auth/codes", json={})).status_code == 403
        assert (await program.delete(f"/api/v1/me/logins/{own['id']}")).status_code == 403


async def test_a_program_signs_in_by_the_consent_of_a_person(people: People) -> None:
    owner = await people.owner()
    async with people.browser() as program:
        started = (await program.post("/api/v1/auth/device")).json()
        code = {"device_code": started["device_code"]}
        pending = await program.post("/api/v1/auth/device/token", json=code)
        assert (pending.status_code, pending.json()["error"]["code"]) == (409, "pending")
        assert (await program.get(f"/api/v1/auth/device/{started['user_code']}")).status_code == 401
        assert (await owner.ask("GET", f"/auth/device/{started['user_code']}"))["address"] == "127.0.0.1"
        await owner.ask("POST", f"/auth/device/{started['user_code']}/approve")
        token = (await program.post("/api/v1/auth/device/token", json=code)).json()["token"]
        program.headers["authorization"] = f"Bearer {token}"
        assert (await program.get("/api/v1/me")).json() == owner.user
        assert (await program.post("/api/v1/auth/device/token", json=code)).status_code == 410


async def test_a_project_is_renamed_and_deleted_by_its_owners_only(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    path = f"/projects/{home['id']}"
    operator = await people.member(home["id"], "operator")
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        await operator.ask(method, path, body, expect=403)
    assert (await owner.ask("PATCH", path, {"name": "House"}))["name"] == "House"
    await owner.ask("DELETE", path)
    await owner.ask("GET", path, expect=404)


async def test_members_change_roles_and_leave(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    path = f"/projects/{home['id']}/members"
    viewer = await people.member(home["id"], "viewer")
    me = f"{path}/{viewer.user['id']}"
    await viewer.ask("PATCH", me, {"role": "owner"}, expect=403)
    await viewer.ask("DELETE", f"{path}/{owner.user['id']}", expect=403)
    await owner.ask("DELETE", f"{path}/{owner.user['id']}", expect=409)
    assert (await owner.ask("PATCH", me, {"role": "operator"}))["role"] == "operator"
    await viewer.ask("DELETE", me)
    await viewer.ask("GET", f"/projects/{home['id']}", expect=404)


async def test_an_agent_is_created_with_a_token_that_is_shown_once(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    made = await owner.ask("POST", f"/projects/{home['id']}/agents", {"name": "laptop"})
    agent = made["agent"]
    assert (agent["name"], agent["online"], agent["machine"]) == ("laptop", False, None)
    assert made["token"] not in made["command"]
    assert people.serving.url in made["command"]
    assert await owner.ask("GET", "/agents") == [agent] == await owner.ask("GET", f"/agents?project_id={home['id']}")
    assert await owner.ask("GET", f"/agents/{agent['id']}") == agent
    assert (await owner.ask("PATCH", f"/agents/{agent['id']}", {"name": "desk"}))["name"] == "desk"


async def test_a_rotated_token_overlaps_and_a_revoked_one_is_cut_at_once(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    made = await owner.ask("POST", f"/projects/{home['id']}/agents", {"name": "laptop"})
    path = f"/agents/{made['agent']['id']}"
    parts = people.serving.application.parts
    cut: list[frozenset[str]] = []
    parts.bus.subscribe(topics.revoked(made["agent"]["id"]), cut.append)

    async def key_of(token: str) -> str:
        bearer = agent_keys(parse_token(token, AGENT_TOKEN)).auth
        return (
            await parts.store.read(lambda connection: agents.authenticate(connection, bearer, parts.now_ms()))
        ).key_id

    rotated = await owner.ask("POST", f"{path}/token", {})
    old, new = await key_of(made["token"]), await key_of(rotated["token"])
    assert old != new
    assert cut == []
    assert len(rotated["agent"]["keys"]) == 2
    assert (await owner.ask("POST", f"{path}/revoke"))["keys"] == []
    assert cut == [{old, new}]
    await owner.ask("POST", f"{path}/token", {"overlap_seconds": 0})
    await owner.ask("DELETE", path)
    await owner.ask("GET", path, expect=404)


async def test_what_matters_for_security_is_in_the_audit_log_and_no_secret_is(people: People) -> None:
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    made = await owner.ask("POST", f"/projects/{home['id']}/agents", {"name": "laptop"})
    api = await owner.ask("POST", "/tokens", {"name": "cli"})
    async with people.browser() as browser:
        body = {"username": owner.user["username"], "password": "a wrong password"}
        await browser.post("/api/v1/auth/sign-in", json=body)
    lines = await owner.ask("GET", "/audit")
    actions = [line["action"] for line in lines]
    assert actions == ["sign_in_failed", "token_created", "agent_created", "project_created", "registered"]
    for secret in (made["token"], api["token"], PASSWORD, "a wrong password", *owner.http.cookies.values()):
        assert secret not in str(lines)
    stranger = await people.stranger()
    assert [line["action"] for line in await stranger.ask("GET", "/audit")] == ["project_created"]


async def test_the_server_owner_sees_no_project_of_others(people: People) -> None:
    stranger = await people.stranger()
    theirs = next(one for one in await stranger.ask("GET", "/projects") if one["role"] == "owner")
    owner = await people.owner()
    await owner.ask("GET", f"/projects/{theirs['id']}", expect=404)


async def test_the_server_runs_on_postgresql_just_the_same(start_server: StartServer, postgres_url: str) -> None:
    people = People(await start_server(database_url=postgres_url))
    owner = await people.owner()
    home = await owner.ask("POST", "/projects", {"name": "Home"})
    made = await owner.ask("POST", f"/projects/{home['id']}/agents", {"name": "laptop"})
    operator = await people.member(home["id"], "operator")
    session = await operator.ask("POST", f"/projects/{home['id']}/sessions", {"agent_id": made["agent"]["id"]})
    sent = await operator.ask("POST", f"/sessions/{session['id']}/commands", {"text": "hello"})
    assert [one["id"] for one in await owner.ask("GET", f"/sessions/{session['id']}/instructions")][-1] == sent["id"]
    assert (await owner.ask("GET", "/projects"))[0]["sessions"] == 1
    assert (await owner.ask("GET", "/sessions"))[0]["created_by"] == operator.user["username"]
    refused = await owner.ask("POST", "/auth/sign-in", {"username": "a\0b", "password": "x" * 9}, expect=422)
    assert refused["error"]["field"] == "username"
    await people.close()


async def test_the_servers_counters_are_for_this_machine_and_its_owner(start_server: StartServer) -> None:
    serving = await start_server(behind_proxy=True)
    people = People(serving)
    async with people.browser() as near, people.browser(**{"x-forwarded-for": "203.0.113.9"}) as far:
        assert "claudios_agents_online 0.0" in (await near.get("/metrics")).text
        assert (await far.get("/metrics")).status_code == 404
        forged = {"x-forwarded-for": "127.0.0.1, 203.0.113.9"}
        assert (await far.get("/metrics", headers=forged)).status_code == 404
    await people.close()


async def test_a_server_that_stops_is_not_ready_but_still_answers(server: Serving, people: People) -> None:
    async with people.browser() as browser:
        assert (await browser.get("/readyz")).status_code == 200
        server.application.drain()
        refused = await browser.get("/readyz")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert (await browser.get("/healthz")).status_code == 200
        assert (await browser.get("/api/v1/server")).status_code == 200


async def test_a_session_cannot_take_the_id_of_a_command(people: People, server: Serving) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    path, wanted = f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id}
    session_id = (await owner.ask("POST", path, wanted))["id"]
    command_id = (await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "hello"}))["id"]
    answer = await owner.http.post(f"/api/v1{path}", json={**wanted, "id": command_id})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


async def test_a_session_is_started_on_an_agent_of_its_own_project(server: Serving, people: People) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    other = await owner.ask("POST", "/projects", {"name": "Other"})
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    await owner.ask("POST", f"/projects/{other['id']}/sessions", wanted, expect=404)
    await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
