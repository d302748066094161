"""`claudios schedules`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import click

from claudios.cli import find
from claudios.cli.commands.run import PERMISSION_MODES
from claudios.cli.commands.steer import text_or_stdin
from claudios.cli.commands.usage import local_zone
from claudios.cli.completing import AGENT, PROJECT, SCHEDULE
from claudios.cli.directories import absolute
from claudios.cli.help import ListingGroup
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import one_line, plural
from claudios.client.api import Client
from claudios.client.schedules import Run, Schedule

project_option = click.option("--project", type=PROJECT, metavar="NAME", help="Only of one project, by name or id.")


@click.group(cls=ListingGroup)
def schedules() -> None:
    """Start sessions at given times. Without a command: ls."""


@schedules.command()
@project_option
@connected
@json_option
def ls(client: Client, project: str | None, as_json: bool) -> None:
    """List schedules: when they start a session next, and where."""
    found = find.schedules(client, project)
    if as_json:
        print_json(found)
        return
    rows = [_row(each) for each in found]
    print_table(("NAME", "WHEN", "NEXT", "AGENT", "AS", "ID"), rows, give="WHEN", none="There is no schedule yet.")
    for each in found:
        if each.stopped:
            click.echo(f"{one_line(each.name)} was stopped: {one_line(each.stopped)}", err=True)


@schedules.command(short_help="Start a session at given times, in your name")
@click.argument("name")
@click.argument("prompt", nargs=-1, required=True)
@click.option("--when", required=True, metavar="CRON", help="Minute, hour, day, month, weekday: '30 7 * * MON-FRI'.")
@click.option(
    "--time-zone", metavar="ZONE", help="Whose hours they are, like Europe/Zurich.  [default: this machine's]"
)
@click.option("--agent", type=AGENT, metavar="NAME", help="The agent, by name or id (default: the only one online).")
@click.option("--project", type=PROJECT, metavar="NAME", help="Look for the agent in this project only.")
@click.option("--dir", "directory", metavar="PATH", help="Directory on the agent's machine (default: the agent's own).")
@click.option("--model", metavar="NAME", help="Claude's model.")
@click.option("--permission-mode", type=click.Choice(PERMISSION_MODES), help="What Claude may do without asking.")
@click.option(
    "--missed",
    type=click.Choice(("skip", "once")),
    default="skip",
    show_default=True,
    help="What becomes of times at which the server was down.",
)
@click.option(
    "--wait", type=click.IntRange(1, 1440), default=60, show_default=True, help="Minutes a start waits for the agent."
)
@click.option("--keep", is_flag=True, help="Leave each session open when Claude's turn is over.")
@connected
@json_option
def create(
    client: Client,
    name: str,
    prompt: tuple[str, ...],
    when: str,
    time_zone: str | None,
    agent: str | None,
    project: str | None,
    directory: str | None,
    model: str | None,
    permission_mode: str | None,
    missed: str,
    wait: int,
    keep: bool,
    as_json: bool,
) -> None:
    """Create a schedule called NAME that starts a session with PROMPT (- reads standard input), in your name.

    Where the clocks are put forward, what falls into the missing hour runs right after it; where they are put back, a
    fixed time runs the first time it comes.
    """
    chosen = find.agent_to_use(client, agent, project)
    plan: dict[str, object] = {
        "name": name,
        "agent_id": chosen.id,
        "expression": when,
        "time_zone": time_zone or local_zone(),
        "prompt": text_or_stdin(" ".join(prompt)),
        "missed": missed,
        "wait_minutes": wait,
        "ends_when_done": not keep,
    }
    if directory is not None:
        plan["directory"] = absolute(directory)
    if model is not None:
        plan["model"] = model
    if permission_mode is not None:
        plan["permission_mode"] = permission_mode
    made = client.schedules.create(chosen.project_id, plan)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{one_line(made.name)}: {one_line(made.words)} ({one_line(made.time_zone)}).")
        click.echo(f"First at {_time(made.next_ms)} on {one_line(made.agent_name)}.")


@schedules.command()
@click.argument("schedule", type=SCHEDULE)
@project_option
@connected
@json_option
def pause(client: Client, schedule: str, project: str | None, as_json: bool) -> None:
    """Let SCHEDULE (name or id) start nothing by itself."""
    found = find.schedule(client, schedule, project)
    _tell(client.schedules.pause(found), "is paused.", as_json)


@schedules.command()
@click.argument("schedule", type=SCHEDULE)
@project_option
@connected
@json_option
def resume(client: Client, schedule: str, project: str | None, as_json: bool) -> None:
    """Let SCHEDULE (name or id) run again, in your name."""
    found = find.schedule(client, schedule, project)
    now = client.schedules.resume(found)
    _tell(now, f"runs next at {_time(now.next_ms)}.", as_json)


@schedules.command()
@click.argument("schedule", type=SCHEDULE)
@project_option
@connected
@json_option
def run(client: Client, schedule: str, project: str | None, as_json: bool) -> None:
    """Start a session of SCHEDULE (name or id) now, and print the session's id."""
    found = find.schedule(client, schedule, project)
    made = client.schedules.run(found, str(uuid4()))
    if as_json:
        print_json(made)
    else:
        click.echo(made.session_id or "")


@schedules.command()
@click.argument("schedule", type=SCHEDULE)
@project_option
@click.confirmation_option("--yes", prompt="The schedule goes with its history; its sessions stay. Go on?")
@connected
@json_option
def rm(client: Client, schedule: str, project: str | None, as_json: bool) -> None:
    """Remove SCHEDULE (name or id) with its history."""
    found = find.schedule(client, schedule, project)
    client.schedules.remove(found)
    if as_json:
        print_json({"id": found.id, "removed": True})
    else:
        click.echo(f"{one_line(found.name)} is removed.")


@schedules.command()
@click.argument("schedule", type=SCHEDULE)
@project_option
@connected
@json_option
def history(client: Client, schedule: str, project: str | None, as_json: bool) -> None:
    """List the newest runs of SCHEDULE (name or id), and what became of them."""
    found = find.schedule(client, schedule, project)
    runs = client.schedules.runs(found)
    if as_json:
        print_json(runs)
        return
    rows = [
        (
            _time(each.due_ms) if each.due_ms is not None else "by hand",
            _time(each.at_ms),
            each.outcome,
            _session(each),
            _why(each),
        )
        for each in runs
    ]
    print_table(("DUE", "AT", "OUTCOME", "SESSION", "WHY"), rows, give="WHY", none="It has not run yet.")


def _row(each: Schedule) -> tuple[str, ...]:
    following = "stopped" if each.stopped else "paused" if each.next_ms is None else _time(each.next_ms)
    when = f"{one_line(each.words)} ({one_line(each.time_zone)})"
    return one_line(each.name), when, following, one_line(each.agent_name), one_line(each.runs_as or ""), each.id


def _tell(now: Schedule, what: str, as_json: bool) -> None:
    if as_json:
        print_json(now)
    else:
        click.echo(f"{one_line(now.name)} {what}")


def _session(run: Run) -> str:
    if run.session_id is None:
        return "deleted" if run.outcome == "started" else ""
    return f"{find.short(run.session_id)} {run.session_reason or run.session_state or ''}".strip()


def _why(run: Run) -> str:
    more = f"and {plural(run.missed, 'time')} more" if run.missed else ""
    said = run.problem or (run.session_detail if run.session_reason == "failed" else None) or ""
    return one_line(f"{said} {more}")


def _time(at_ms: int | None) -> str:
    return "" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
