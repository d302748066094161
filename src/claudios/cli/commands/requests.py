"""`claudios requests`, `approve` and `deny`."""

from __future__ import annotations

import click

from claudios.cli import asking, find
from claudios.cli.completing import REQUEST
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line
from claudios.client.api import Client
from claudios.client.shapes import Request


@click.command(cls=Command)
@click.option("-a", "--all", "with_answered", is_flag=True, help="Answered and withdrawn ones too.")
@connected
@json_option
def requests(client: Client, with_answered: bool, as_json: bool) -> None:
    """List what Claude waits for: permissions, questions, plans."""
    found = client.requests(state=None if with_answered else "pending")
    if as_json:
        print_json(found)
        return
    rows = [_row(each) for each in found]
    print_table(
        ("REQUEST", "SESSION", "AGENT", "KIND", "WHAT", "STATE", "AGE"), rows, give="WHAT", none="Claude asks nothing."
    )


@click.command(cls=Command)
@click.argument("request", required=False, type=REQUEST)
@click.option("--always", is_flag=True, help="Grant the first wider permission it suggests, too.")
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=ANSWER", help="Answer a question of Claude's.")
@connected
@json_option
def approve(client: Client, request: str | None, always: bool, answers: tuple[str, ...], as_json: bool) -> None:
    """Allow REQUEST: the beginning of its id, or of its session's. Without one, the only one that waits."""
    wanted = find.request(client, request)
    if wanted.kind == "question" and not answers:
        raise click.UsageError(
            f"It is a question. Answer it: claudios approve {find.short(wanted.id)} --answer 'ANSWER'"
        )
    if always and not wanted.suggestions:
        raise click.UsageError("It suggests no wider permission. Leave out --always.")
    answered = client.answer(
        wanted, "allow", suggestions=(0,) if always else (), answers=_answers(wanted, answers) if answers else None
    )
    _tell(answered, "Allowed", as_json)


@click.command(cls=Command)
@click.argument("request", required=False, type=REQUEST)
@click.option("-m", "--message", help="What Claude is told.")
@click.option("--interrupt", is_flag=True, help="End Claude's turn, too.")
@connected
@json_option
def deny(client: Client, request: str | None, message: str | None, interrupt: bool, as_json: bool) -> None:
    """Deny REQUEST: the beginning of its id, or of its session's. Without one, the only one that waits."""
    answered = client.answer(find.request(client, request), "deny", message=message, interrupt=interrupt)
    _tell(answered, "Denied", as_json)


def _answers(request: Request, typed: tuple[str, ...]) -> dict[str, str]:
    """Return answers by question. Typed are QUESTION=ANSWER, NUMBER=ANSWER, or the answer to the only question."""
    questions = [str(each.get("question")) for each in asking.questions(request)]
    found: dict[str, str] = {}
    for each in typed:
        name, has_name, answer = each.partition("=")
        if len(questions) == 1 and (not has_name or name not in ("1", questions[0])):
            found[questions[0]] = each
        elif name in questions:
            found[name] = answer
        elif name.isdecimal() and 1 <= int(name) <= len(questions):
            found[questions[int(name) - 1]] = answer
        else:
            told = "; ".join(f"{n}: {one_line(text)}" for n, text in enumerate(questions, 1))
            raise click.UsageError(f"Which question is {each!r} for? Write NUMBER=ANSWER. {told}")
    return found


def _tell(answered: Request, done: str, as_json: bool) -> None:
    if as_json:
        print_json(answered)
    else:
        click.echo(f"{done}: {asking.summary(answered)}")


def _row(request: Request) -> tuple[str, ...]:
    state = request.state if request.state != "answered" else f"{request.answer} by {request.answered_by or 'somebody'}"
    return (
        find.short(request.id),
        find.short(request.session_id),
        one_line(request.agent_name or ""),
        request.kind,
        asking.summary(request),
        one_line(state),
        age(request.created_ms),
    )
