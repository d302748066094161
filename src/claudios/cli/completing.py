"""Arguments that the shell completes by asking the server; a server that does not answer completes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click
from click.shell_completion import CompletionItem

from claudios.cli import find
from claudios.cli.credentials import choose
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.protocol.errors import ClaudiosError

PATIENCE_SECONDS = 2.0
MOST_SHOWN = 50


class Completed(click.ParamType[str]):
    """A text, completed by the ids or names of a kind of thing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        named = ctx.params.get("server")
        try:
            address, token = choose(named if isinstance(named, str) else None)
            with Client(address, token, PATIENCE_SECONDS) as client:
                return [item for item in self._items(client, ctx.params) if str(item.value).startswith(incomplete)]
        except ClaudiosError:
            return []

    def _items(self, client: Client, given: Mapping[str, object]) -> Iterator[CompletionItem]:
        match self.name:
            case "session":
                for session in client.sessions(limit=MOST_SHOWN):
                    yield CompletionItem(session.id, help=one_line(session.title or session.state))
            case "agent":
                for agent in client.agents():
                    yield CompletionItem(agent.name, help="online" if agent.online else "offline")
            case "project":
                for project in client.projects():
                    yield CompletionItem(project.name, help=project.role)
            case "template":
                for template in client.templates():
                    yield CompletionItem(template.name, help=one_line(template.prompt or ""))
            case "channel":
                for channel in client.channels():
                    yield CompletionItem(channel.name, help=channel.kind)
            case "directory":
                yield from _directories(client, given)
            case "schedule":
                for project in client.projects():
                    for schedule in client.schedules.of_project(project.id):
                        yield CompletionItem(schedule.name, help=one_line(schedule.words))
            case "instruction":
                for session in client.sessions(limit=MOST_SHOWN):
                    if session.agent_online and session.state == "ended":
                        continue
                    for each in client.instructions(session.id):
                        if each.state not in ("done", "withdrawn", "retried", "dropped"):
                            yield CompletionItem(each.id, help=one_line(each.text or each.kind))
            case _:
                for request in client.requests():
                    yield CompletionItem(request.id, help=one_line(request.title or request.tool_name))


def _directories(client: Client, given: Mapping[str, object]) -> Iterator[CompletionItem]:
    """Yield the directories used last on the agent that is meant, then those its machine allows."""
    agent, project = given.get("agent"), given.get("project")
    chosen = find.agent_to_use(
        client, agent if isinstance(agent, str) else None, project if isinstance(project, str) else None
    )
    recent = [each.directory for each in client.recent_directories(chosen.id)]
    allowed = () if chosen.machine is None else chosen.machine.directories
    for directory in dict.fromkeys((*recent, *allowed)):
        if one_line(directory) != directory:
            continue  # what a machine says of itself is to command no shell
        yield CompletionItem(directory, help="used before" if directory in recent else "allowed")


SESSION, AGENT, PROJECT, REQUEST, INSTRUCTION = (
    Completed(name) for name in ("session", "agent", "project", "request", "instruction")
)
TEMPLATE, CHANNEL, DIRECTORY, SCHEDULE = (Completed(name) for name in ("template", "channel", "directory", "schedule"))
