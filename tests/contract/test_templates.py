"""Templates are of one project, bounded, and known by one name; the directories used last are few and distinct."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, InputInvalid, NotFound
from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.instructions import starting
from claudios.server.keys import ServerKey
from claudios.server.store import agents, directories, projects, templates
from claudios.server.store.engine import Store
from claudios.server.store.sessions import Effort, NewSession
from claudios.server.store.templates import MOST_PLACEHOLDERS, MOST_TEMPLATES, Settings, Template
from tests.contract.test_data_path_store import World, made

PLAIN = Settings(prompt="Fix {issue} in {file}.")


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=False)


async def create(world: World, name: str, settings: Settings = PLAIN, project_id: str | None = None) -> Template:
    return await world.do(
        lambda connection: templates.create(
            connection, project_id or world.project_id, name, settings, world.asker.user_id or "", 5
        )
    )


async def change(world: World, known: Template, name: str, settings: Settings) -> Template:
    return await world.do(
        lambda connection: templates.change(connection, known.project_id, known.id, name, settings, 7)
    )


async def named(world: World, user_id: str | None = None) -> list[str]:
    found = await world.store.read(
        lambda connection: templates.of_user(connection, user_id or world.asker.user_id or "")
    )
    return [template.name for template in found]


async def another_project(world: World) -> str:
    return await world.do(lambda connection: projects.create(connection, world.asker.user_id or "", "other", 1).id)


async def test_a_template_is_kept_as_it_was_given_and_names_its_places(world: World) -> None:
    settings = Settings(
        prompt="Fix {issue} in {file}.",
        agent_id=world.agent.agent_id,
        directory="/work",
        model="opus",
        permission_mode=PermissionMode.PLAN,
        effort=Effort.HIGH,
    )
    template = await create(world, "Fix", settings)
    assert template.placeholders == ("issue", "file")
    assert (template.created_by, template.created_ms, template.updated_ms) == ("ann", 5, 5)
    assert Settings.model_validate(template.model_dump()) == settings
    changed = await change(world, template, "Look", Settings(prompt="Look."))
    assert (changed.name, changed.placeholders, changed.directory, changed.effort) == ("Look", (), None, None)
    assert (changed.created_ms, changed.updated_ms) == (5, 7)


async def test_names_are_told_apart_without_their_capitals_in_one_project(world: World) -> None:
    template = await create(world, "Fix")
    with pytest.raises(Conflict, match="has a template of this name"):
        await create(world, "fIX")
    other = await create(world, "look")
    with pytest.raises(Conflict, match="has a template of this name"):
        await change(world, other, "FIX", PLAIN)
    assert (await change(world, template, "FIX", PLAIN)).name == "FIX"
    await create(world, "Fix", project_id=await another_project(world))
    assert sorted(await named(world)) == ["FIX", "Fix", "look"]


async def test_a_project_has_so_many_templates_and_no_more(world: World) -> None:
    for n in range(MOST_TEMPLATES):
        await create(world, f"{n}")
    with pytest.raises(Conflict, match="at most 50"):
        await create(world, "one too many")
    await create(world, "elsewhere", project_id=await another_project(world))


async def test_at_once_a_project_gets_no_template_more_than_it_may_have(world: World, database_url: str) -> None:
    for n in range(MOST_TEMPLATES - 1):
        await create(world, f"{n}")
    second = Store(database_url)
    try:
        made = [create(there, f"at once {n}") for n in range(6) for there in (world, replace(world, store=second))]
        done = await asyncio.gather(*made, return_exceptions=True)
    finally:
        second.close()
    refused = [each for each in done if isinstance(each, Conflict)]
    assert len(refused) == len(done) - 1
    assert len(await named(world)) == MOST_TEMPLATES


async def test_a_prompt_has_so_many_places_and_no_more(world: World) -> None:
    prompt = "".join(f"{{p{n}}}" for n in range(MOST_PLACEHOLDERS))
    template = await create(world, "many", Settings(prompt=prompt * 2))
    with pytest.raises(InputInvalid) as refused:
        await change(world, template, "many", Settings(prompt=prompt + "{more}"))
    assert refused.value.field == "prompt"


async def test_a_template_is_of_its_own_project_and_so_is_its_agent(world: World) -> None:
    template, elsewhere = await create(world, "Fix"), await another_project(world)
    for work in (
        lambda connection: templates.require(connection, elsewhere, template.id),
        lambda connection: templates.change(connection, elsewhere, template.id, "x", PLAIN, 7),
        lambda connection: templates.remove(connection, elsewhere, template.id),
    ):
        with pytest.raises(NotFound):
            await world.do(work)
    with pytest.raises(InputInvalid) as refused:
        await create(world, "there", Settings(agent_id=world.agent.agent_id), elsewhere)
    assert refused.value.field == "agent_id"
    await world.do(lambda connection: templates.remove(connection, world.project_id, template.id))
    assert await named(world) == []


async def test_who_may_only_read_is_shown_none(world: World) -> None:
    await create(world, "Fix")

    def reader(connection: Connection) -> str:
        from claudios.server.store import accounts

        user = accounts.create(connection, "bob", None, 1)
        projects.put_member(connection, world.project_id, user.id, projects.Role.VIEWER, 1)
        return user.id

    assert await named(world, await world.do(reader)) == []


async def test_a_removed_agent_leaves_its_templates(world: World) -> None:
    def another(connection: Connection) -> str:
        return agents.create(connection, ServerKey(bytes(32)), world.project_id, "shed", 1)[0].id

    agent_id = await world.do(another)
    template = await create(world, "Fix", Settings(agent_id=agent_id))
    assert template.agent_id == agent_id
    await world.do(lambda connection: agents.remove(connection, agent_id, 9))
    found = await world.store.read(lambda connection: templates.require(connection, world.project_id, template.id))
    assert found.agent_id is None


async def test_directories_are_each_named_once_the_one_used_last_first(world: World) -> None:
    async def start(directory: str | None, now_ms: int, agent_id: str = world.agent.agent_id) -> None:
        new = NewSession(
            str(uuid4()), world.project_id, agent_id, "", Mode.CHAT, directory, None, PermissionMode.DEFAULT
        )
        await world.do(lambda connection: starting.start(connection, new, None, world.asker, now_ms))

    other = await world.do(
        lambda connection: agents.create(connection, ServerKey(bytes(32)), world.project_id, "shed", 1)[0].id
    )
    await start("/a", 10)
    await start("/b", 20)
    await start(None, 25)
    await start("/a", 30)
    await start("/elsewhere", 40, other)

    async def recent() -> list[tuple[str, int]]:
        found = await world.store.read(lambda connection: directories.recent(connection, world.agent.agent_id))
        return [(each.directory, each.used_ms) for each in found]

    assert await recent() == [("/a", 30), ("/b", 20), ("/work", 1)]
    for n in range(directories.MOST_DIRECTORIES):
        await start(f"/many/{n}", 50 + n)
    assert len(await recent()) == directories.MOST_DIRECTORIES
    assert (await recent())[0] == ("/many/19", 69)
