"""Projects, members, invitations and the audit log, on each database."""

from __future__ import annotations

from functools import partial

import pytest

from claudios.protocol.errors import Conflict, Expired, Forbidden, NotFound
from claudios.server.store import accounts, audit, project_removal, projects
from claudios.server.store.accounts import User
from claudios.server.store.audit import Action
from claudios.server.store.engine import Store
from claudios.server.store.projects import INVITATION_MS, Project, Role

NOW = 1_800_000_000_000


async def person(store: Store, name: str) -> User:
    return await store.write(lambda connection: accounts.create(connection, name, None, NOW))


async def project(store: Store, user: User, name: str = "Home") -> Project:
    return await store.write(lambda connection: projects.create(connection, user.id, name, NOW))


async def join(store: Store, user: User, owner: User, joined: Project, role: Role) -> Project:
    code, _ = await store.write(lambda connection: projects.invite(connection, joined.id, owner.id, role, NOW))
    return await store.write(lambda connection: projects.accept_invitation(connection, user.id, code, NOW))


async def test_a_project_exists_only_for_its_members(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    home = await project(store, ada)
    assert await store.read(lambda connection: projects.of_user(connection, ada.id)) == [home]
    assert await store.read(lambda connection: projects.of_user(connection, bob.id)) == []
    for look in (
        lambda connection: projects.get(connection, bob.id, home.id),
        lambda connection: projects.require_role(connection, bob.id, home.id, Role.VIEWER),
    ):
        with pytest.raises(NotFound):
            await store.read(look)


@pytest.mark.parametrize(
    ("role", "needed", "is_enough"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.OPERATOR, False),
        (Role.OPERATOR, Role.OPERATOR, True),
        (Role.OPERATOR, Role.OWNER, False),
        (Role.OWNER, Role.OPERATOR, True),
    ],
)
async def test_a_role_covers_what_lies_below_it(store: Store, role: Role, needed: Role, is_enough: bool) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    home = await project(store, ada)
    assert (await join(store, bob, ada, home, role)).role is role
    if is_enough:
        found = await store.read(lambda connection: projects.require_role(connection, bob.id, home.id, needed))
        assert found is role
    else:
        with pytest.raises(Forbidden):
            await store.read(lambda connection: projects.require_role(connection, bob.id, home.id, needed))


async def test_an_invitation_works_once_and_within_its_time(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    home = await project(store, ada)
    invite = lambda connection: projects.invite(connection, home.id, ada.id, Role.VIEWER, NOW)  # noqa: E731
    code, made = await store.write(invite)
    assert await store.read(lambda connection: projects.invitations_of(connection, home.id, NOW)) == [made]
    await store.write(lambda connection: projects.accept_invitation(connection, bob.id, code, NOW))
    with pytest.raises(Expired):
        await store.write(lambda connection: projects.accept_invitation(connection, bob.id, code, NOW))
    code, _ = await store.write(invite)
    with pytest.raises(Expired):
        await store.write(lambda connection: projects.accept_invitation(connection, bob.id, code, NOW + INVITATION_MS))


async def test_a_withdrawn_invitation_is_gone(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    home, other = await project(store, ada), await project(store, ada, "other")
    code, made = await store.write(lambda connection: projects.invite(connection, home.id, ada.id, Role.VIEWER, NOW))
    with pytest.raises(NotFound):
        await store.write(lambda connection: projects.withdraw_invitation(connection, other.id, made.id))
    await store.write(lambda connection: projects.withdraw_invitation(connection, home.id, made.id))
    with pytest.raises(Expired):
        await store.write(lambda connection: projects.accept_invitation(connection, bob.id, code, NOW))


async def test_an_invitation_never_lowers_a_role(store: Store) -> None:
    ada = await person(store, "ada")
    home = await project(store, ada)
    assert (await join(store, ada, ada, home, Role.VIEWER)).role is Role.OWNER


async def test_a_project_keeps_at_least_one_owner(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    home = await project(store, ada)
    await join(store, bob, ada, home, Role.OPERATOR)
    with pytest.raises(Conflict):
        await store.write(lambda connection: projects.remove_member(connection, home.id, ada.id))
    with pytest.raises(Conflict):
        await store.write(lambda connection: projects.change_role(connection, home.id, ada.id, Role.VIEWER, NOW))
    await store.write(lambda connection: projects.change_role(connection, home.id, bob.id, Role.OWNER, NOW))
    await store.write(lambda connection: projects.remove_member(connection, home.id, ada.id))
    left = await store.read(lambda connection: projects.members_of(connection, home.id))
    assert [(member.username, member.role) for member in left] == [("bob", Role.OWNER)]


async def test_a_deleted_project_is_out_of_sight_at_once_and_nothing_else_is(store: Store) -> None:
    ada = await person(store, "ada")
    home, other = await project(store, ada), await project(store, ada, "other")
    await store.write(lambda connection: projects.invite(connection, home.id, ada.id, Role.VIEWER, NOW))
    await store.write(lambda connection: project_removal.hide(connection, home.id, NOW))
    assert await store.read(lambda connection: projects.of_user(connection, ada.id)) == [other]
    assert await store.read(project_removal.next_hidden) == home.id
    assert await store.write(lambda connection: project_removal.remove_piece(connection, home.id))
    assert await store.read(project_removal.next_hidden) is None
    assert await store.read(lambda connection: projects.of_user(connection, ada.id)) == [other]


async def test_the_audit_log_is_read_by_those_it_concerns(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    mine, shared = await project(store, ada), await project(store, bob)
    await join(store, ada, bob, shared, Role.OPERATOR)
    for target, project_id in (("mine", mine.id), ("shared", shared.id), ("server", None)):
        await store.write(
            partial(audit.write, now_ms=NOW, actor="x", action=Action.JOINED, target=target, project_id=project_id)
        )

    async def seen(user: User, sees_all: bool) -> list[str]:
        lines = await store.read(lambda connection: audit.newest(connection, user.id, sees_all=sees_all, limit=10))
        return [line.target for line in lines]

    assert await seen(ada, sees_all=True) == ["server", "shared", "mine"]
    assert await seen(ada, sees_all=False) == ["mine"]
    assert await seen(bob, sees_all=False) == ["shared"]
