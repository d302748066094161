"""`claudios import`."""

from __future__ import annotations

from itertools import islice

import click

from claudios.cli import find
from claudios.cli.completing import AGENT
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.program import program
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line, plural
from claudios.client.api import Client
from claudios.client.conversations import Conversation
from claudios.protocol.errors import NotFound
from claudios.protocol.ids import is_uuid


@click.command("import", cls=Command)
@click.argument("agent", required=False, type=AGENT)
@click.argument("conversation", required=False)
@click.option("-p", "--prompt", metavar="TEXT", help="Say this first.")
@click.option("--title", metavar="TEXT", help="A name for the session in lists.")
@click.option(
    "-n", "--limit", type=click.IntRange(1, 2000), default=50, show_default=True, help="List at most so many."
)
@connected
@json_option
def import_(
    client: Client,
    agent: str | None,
    conversation: str | None,
    prompt: str | None,
    title: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the conversations that were held with Claude on AGENT's machine outside of ClaudiOS; with CONVERSATION, an
    id from that list or its beginning, go on with that one as a session.

    What was said in it is the beginning of the session. The conversation itself stays as it is, also where it is open
    in a terminal, and it is imported once: again, the session is the one of before.
    """
    chosen = find.agent_to_use(client, agent, remedy="Name one")
    if conversation is None:
        if prompt is not None or title is not None:
            raise click.UsageError("--prompt and --title go with a conversation. Name one of the list.")
        _list(client, chosen.id, limit, as_json=as_json)
        return
    session = client.import_conversation(chosen.id, _found(client, chosen.id, conversation), prompt=prompt, title=title)
    if as_json:
        print_json(session)
    else:
        name = find.short(session.id)
        click.echo(f"{one_line(session.title or 'It')} goes on as {name}. Follow it: {program()} logs -f {name}")


def _list(client: Client, agent_id: str, limit: int, *, as_json: bool) -> None:
    found = list(islice(client.all_conversations(agent_id), limit + 1))
    shown = found[:limit]
    if as_json:
        print_json(shown)
        return
    rows = [(find.short(each.id), age(each.modified_ms), _title(each), one_line(each.directory)) for each in shown]
    print_table(("ID", "CHANGED", "CONVERSATION", "DIRECTORY"), rows, give="CONVERSATION", none="No conversations.")
    if len(found) > limit:
        click.echo(f"There are more than {plural(limit, 'conversation')}: see more with --limit.", err=True)


def _title(each: Conversation) -> str:
    return f"{one_line(each.title) or 'untitled'}{' (open)' if each.is_running else ''}"


def _found(client: Client, agent_id: str, typed: str) -> str:
    """Return the id of the conversation meant. Raises NotFound when none or several begin so."""
    wanted = typed.lower()
    if is_uuid(wanted):
        return wanted
    # One that is written to meanwhile moves to the front, and another stands on two pages then.
    matches = {each.id for each in client.all_conversations(agent_id) if wanted and each.id.startswith(wanted)}
    if not matches:
        raise NotFound(f"There is no conversation {typed!r} to be imported. `claudios import AGENT` lists them.")
    if len(matches) > 1:
        raise NotFound(f"{typed!r} begins the ids of {plural(len(matches), 'conversation')}. Write more of it.")
    return matches.pop()
