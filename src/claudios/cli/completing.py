"""Arguments that the shell completes by asking the server; a server that does not answer completes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

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
                return [item for item in self._items(client) if str(item.value).startswith(incomplete)]
        except ClaudiosError:
            return []

    def _items(self, client: Client) -> Iterator[CompletionItem]:
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


SESSION, AGENT, PROJECT, REQUEST, INSTRUCTION = (
    Completed(name) for name in ("session", "agent", "project", "request", "instruction")
)
