"""Find what a person means by a short id or a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.notifications import Channel
from claudios.client.schedules import Schedule
from claudios.client.shapes import Agent, Instruction, Project, Request, Session
from claudios.client.templates import Template
from claudios.protocol.errors import NotFound
from claudios.protocol.ids import is_uuid

SHORT_ID_LENGTH = 8
PAGE = 200

T = TypeVar("T", Agent, Project, Template, Channel, Schedule)


def short(session_id: str) -> str:
    """Return the part of a session's id that people see."""
    return session_id[:SHORT_ID_LENGTH]


def all_sessions(client: Client, state: str | None = None) -> Iterator[Session]:
    """Yield all sessions that one may see, newest first, page by page."""
    before: int | None = None
    seen: set[str] = set()
    while True:
        page = [each for each in client.sessions(state=state, limit=PAGE, before_ms=before) if each.id not in seen]
        yield from page
        if len(page) < PAGE // 2:
            return
        seen = {each.id for each in page}
        before = page[-1].created_ms + 1  # sessions made in the same millisecond may straddle two pages


def session(client: Client, typed: str) -> Session:
    """Return the session with this id, or whose id alone begins so. Raises NotFound when none or several do."""
    if is_uuid(typed):
        return client.session(typed)
    wanted = typed.lower()
    matches = [each for each in all_sessions(client) if each.id.startswith(wanted)] if wanted else []
    if not matches:
        raise NotFound(f"There is no session {typed!r} that you may see. `claudios ps -a` lists them.")
    if len(matches) > 1:
        raise NotFound(f"{typed!r} begins the ids of {_listed(each.id for each in matches)}. Write more of it.")
    return matches[0]


def project(client: Client, typed: str | None) -> Project:
    """Return the project with this name or id; without one, the only project there is. Raises NotFound."""
    found = client.projects()
    if typed is not None:
        return _named("project", found, typed)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound("There is no project yet. Create one: claudios projects create NAME")
    raise NotFound(f"Which project? Add --project: {_listed(each.name for each in found)}.")


def agent(client: Client, typed: str, project_id: str | None = None) -> Agent:
    """Return the agent with this name or id. Raises NotFound when none or several have it."""
    return _named("agent", client.agents(project_id), typed)


def agent_to_use(
    client: Client, typed: str | None, project_typed: str | None = None, remedy: str = "Add --agent"
) -> Agent:
    """Return the agent meant: the one named, the only one online, or the only one at all.

    Raises NotFound, with the remedy for several.
    """
    project_id = project(client, project_typed).id if project_typed else None
    if typed is not None:
        return agent(client, typed, project_id)
    everything = client.agents(project_id)
    online = [each for each in everything if each.online]
    if len(online) == 1 or len(everything) == 1:
        return (online or list(everything))[0]
    if not everything:
        raise NotFound("There is no agent yet. Create one: claudios agents create NAME")
    names = ", ".join(one_line(each.name) for each in online or everything)
    raise NotFound(f"Which agent? {remedy}: {names}." + ("" if online else " None of them is online."))


def template(client: Client, typed: str, project_id: str | None = None) -> Template:
    """Return the template with this name or id. Raises NotFound when none or several have it."""
    return _named("template", client.templates(project_id), typed)


def channel(client: Client, typed: str) -> Channel:
    """Return the way of being told with this name or id. Raises NotFound when none or several have it."""
    return _named("channel", client.channels(), typed)


def schedules(client: Client, typed_project: str | None) -> list[Schedule]:
    """Return the schedules of a project, or of all that one is a member of. Raises NotFound."""
    among = client.projects() if typed_project is None else (project(client, typed_project),)
    return [each for one in among for each in client.schedules.of_project(one.id)]


def schedule(client: Client, typed: str, typed_project: str | None) -> Schedule:
    """Return the schedule with this name or id. Raises NotFound when none or several have it."""
    return _named("schedule", schedules(client, typed_project), typed)


def request(client: Client, typed: str | None) -> Request:
    """Return the open request whose id, or whose session's id, begins so; without one, the only open one."""
    open_ones = client.requests()
    if typed is None:
        matches = list(open_ones)
    else:
        matches = [each for each in open_ones if each.id.startswith(typed) or each.session_id.startswith(typed.lower())]
    if not matches:
        raise NotFound(
            "Nothing waits for an answer."
            if typed is None
            else f"No open request matches {typed!r}. See `claudios requests`."
        )
    if len(matches) > 1:
        raise NotFound(f"{len(matches)} requests wait. Name one of {_listed(short(each.id) for each in matches)}.")
    return matches[0]


def instruction(client: Client, typed: str) -> Instruction:
    """Return the instruction whose id alone begins so. Raises NotFound when none or several do."""
    wanted = typed.lower()
    matches = [each for each in client.instructions_like(wanted) if each.id.startswith(wanted)] if wanted else []
    if not matches:
        raise NotFound(f"There is no instruction {typed!r} that you may see. `claudios queue SESSION` lists them.")
    if len(matches) > 1:
        raise NotFound(f"{typed!r} begins the ids of {_listed(each.id for each in matches)}. Write more of it.")
    return matches[0]


def _named(kind: str, found: Iterable[T], typed: str) -> T:
    everything = list(found)
    matches = [each for each in everything if typed in (each.name, each.id)]
    matches = matches or [each for each in everything if each.name.lower() == typed.lower()]
    matches = matches or [each for each in everything if each.id.startswith(typed)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NotFound(f"Several {kind}s match {typed!r}: {_listed(each.id for each in matches)}. Use an id.")
    there = _listed(each.name for each in everything)
    raise NotFound(f"There is no {kind} {typed!r}. " + (f"There are {there}." if there else f"There is no {kind} yet."))


def _listed(names: Iterable[str], most: int = 6) -> str:
    everything = list(names)
    return ", ".join(everything[:most]) + (", …" if len(everything) > most else "")
