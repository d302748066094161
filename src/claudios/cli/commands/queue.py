"""`claudios queue`, `edit`, `withdraw`, `retry` and `drop`: what one has asked of a session, and what becomes of it."""

from __future__ import annotations

import click

from claudios.cli import find
from claudios.cli.commands.steer import text_or_stdin
from claudios.cli.completing import INSTRUCTION, SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line, plural
from claudios.client.api import Client
from claudios.client.shapes import Instruction, Session

SETTLED = ("done", "withdrawn", "retried", "dropped")
_STATES = {
    "sent": "sent, not confirmed yet",
    "taken": "taken by the agent",
    "session_lost": "not done: the session was gone",
    "unknown": "unknown whether Claude got it",
    "expired": "expired before it was delivered",
}
_KINDS = {"start_session": "start", "command": "command", "terminate_session": "stop"}


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option("-a", "--all", "with_settled", is_flag=True, help="What is done and settled too.")
@click.option("-q", "--quiet", is_flag=True, help="Print ids only.")
@connected
@json_option
def queue(client: Client, session: str, with_settled: bool, quiet: bool, as_json: bool) -> None:
    """List what was asked of SESSION and is not done: what waits, is on its way, was refused, expired or is unknown.

    What waits can be edited and withdrawn; what was not done, sent again or dropped.
    """
    found = find.session(client, session)
    shown = [each for each in client.all_instructions(found.id) if with_settled or each.state not in SETTLED]
    if as_json:
        print_json(shown)
    elif quiet:
        for each in shown:
            click.echo(each.id)
    else:
        headers = ("INSTRUCTION", "KIND", "STATE", "TEXT", "BY", "AGE")
        print_table(headers, [_row(each, found) for each in shown], give="TEXT", none="Nothing waits.")


@click.command(cls=Command)
@click.argument("instruction", type=INSTRUCTION)
@click.argument("text", nargs=-1, required=True)
@connected
@json_option
def edit(client: Client, instruction: str, text: tuple[str, ...], as_json: bool) -> None:
    """Replace the text of INSTRUCTION, a prompt that waits for its agent, by TEXT; - reads standard input.

    Exit code 1 when the agent may have it already, or somebody else has edited it meanwhile.
    """
    known = find.instruction(client, instruction)
    edited = client.edit_instruction(known, text_or_stdin(" ".join(text)))
    _tell(edited, "Edited. It still waits.", as_json)


@click.command(cls=Command)
@click.argument("instruction", type=INSTRUCTION)
@connected
@json_option
def withdraw(client: Client, instruction: str, as_json: bool) -> None:
    """Take back INSTRUCTION, which waits for its agent. A start takes its session with it.

    Exit code 1 when the agent may have it already.
    """
    _tell(client.withdraw_instruction(find.instruction(client, instruction)), "Withdrawn.", as_json)


@click.command(cls=Command)
@click.argument("instruction", type=INSTRUCTION)
@connected
@json_option
def retry(client: Client, instruction: str, as_json: bool) -> None:
    """Send INSTRUCTION again, a prompt that was not done, or of which it is unknown whether it was.

    Claude runs it once, even if it did arrive the first time. A session that has ended is resumed with it.
    """
    again = client.retry_instruction(find.instruction(client, instruction))
    _tell(again, f"Sent again. Follow it: claudios logs -f {find.short(again.session_id)}", as_json)


@click.command(cls=Command)
@click.argument("instruction", type=INSTRUCTION)
@connected
@json_option
def drop(client: Client, instruction: str, as_json: bool) -> None:
    """Settle INSTRUCTION, which was not done, or of which it is unknown: it is listed no more."""
    _tell(client.drop_instruction(find.instruction(client, instruction)), "Dropped.", as_json)


def state_of(instruction: Instruction, session: Session) -> str:
    """Return the state of an instruction in a few words."""
    if instruction.state == "queued":
        return "waits for an agent that is offline" if not session.agent_online else "queued"
    words = _STATES.get(instruction.state, instruction.state)
    return f"{words}: {one_line(instruction.message)}" if instruction.message and words == instruction.state else words


def _row(instruction: Instruction, session: Session) -> tuple[str, ...]:
    return (
        find.short(instruction.id),
        _KINDS.get(instruction.kind, instruction.kind),
        state_of(instruction, session),
        one_line(instruction.text or "") + (f" ({plural(instruction.images, 'image')})" if instruction.images else ""),
        one_line(instruction.created_by or ""),
        age(instruction.created_ms),
    )


def _tell(now: Instruction, done: str, as_json: bool) -> None:
    if as_json:
        print_json(now)
    else:
        click.echo(done)
