"""`claudios diff` and `claudios worktree`."""

from __future__ import annotations

import sys

import click

from claudios.cli import exits, find
from claudios.cli.completing import AGENT, SESSION
from claudios.cli.help import Command, Group
from claudios.cli.options import connected, json_option
from claudios.cli.table import print_json, print_table
from claudios.cli.text import harmless, one_line, plural
from claudios.client.api import Client
from claudios.client.shapes import Agent, ChangedFile, ListedWorktree, WorktreeLoss
from claudios.protocol.errors import Conflict

COLOURS = {"+": "green", "-": "red", "@": "cyan"}
MERGED = {
    "nothing_new": "{base} has it all already.",
    "fast_forward": "{base} was moved forward to {commit}.",
    "merge_commit": "Merged into {base} as {commit}.",
}


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.argument("path", required=False)
@click.option("--base", is_flag=True, help="Against where the session's branch began, not the newest commit.")
@click.option("--stat", is_flag=True, help="Only name the files, with how many lines differ.")
@connected
@json_option
def diff(client: Client, session: str, path: str | None, base: bool, stat: bool, as_json: bool) -> None:
    """Show what differs in the repository in which SESSION works, or in its file PATH, asked of its machine now."""
    found = client.git_diff(find.session(client, session).id, against="base" if base else "head", path=path)
    if as_json:
        print_json(found)
        return
    for file in found.files:
        click.secho(_heading(file), bold=True)
        if not stat:
            _print_patch(file)
    if not found.files:
        click.echo("Nothing differs.", err=True)
    if found.total > len(found.files):
        click.echo(f"{plural(found.total - len(found.files), 'more file')} differ.", err=True)
    if found.is_cut:
        click.echo("There may be more: the list was cut.", err=True)


@click.group(cls=Group)
def worktree() -> None:
    """List the git worktrees of sessions, merge their branches, and remove them.

    `claudios run --worktree` starts a session in one.
    """


@worktree.command()
@click.argument("agents", metavar="[AGENT...]", nargs=-1, type=AGENT)
@connected
@json_option
def ls(client: Client, agents: tuple[str, ...], as_json: bool) -> None:
    """List the worktrees on each AGENT's machine, or on all that are online."""
    chosen = [find.agent(client, each) for each in agents] or [each for each in client.agents() if each.online]
    found: list[tuple[Agent, ListedWorktree]] = []
    for agent in chosen:
        try:
            found += [(agent, each) for each in client.worktrees(agent.id).worktrees]
        except Conflict as away:
            if agents:
                raise
            click.echo(f"{one_line(agent.name)}: {one_line(away.message)}", err=True)
    if as_json:
        print_json([each for _, each in found])
        return
    rows = [
        (
            find.short(each.session_id),
            one_line(agent.name),
            one_line(each.worktree.branch),
            one_line(each.worktree.base or ""),
            _standing(each),
            one_line(each.worktree.directory),
        )
        for agent, each in found
    ]
    print_table(
        ("SESSION", "AGENT", "BRANCH", "BASE", "STATE", "DIRECTORY"), rows, give="DIRECTORY", none="No worktrees."
    )


@worktree.command()
@click.argument("session", type=SESSION)
@connected
@json_option
def merge(client: Client, session: str, as_json: bool) -> None:
    """Merge the branch of SESSION's worktree into the branch that it was made from.

    Where the two conflict, or something is not committed, nothing is merged, and it is said why.
    """
    merged = client.merge_worktree(find.session(client, session).id)
    if as_json:
        print_json(merged)
    else:
        click.echo(MERGED.get(merged.how, "Merged.").format(base=one_line(merged.base), commit=merged.commit[:12]))


@worktree.command()
@click.argument("session", type=SESSION)
@click.option("-f", "--force", is_flag=True, help="Remove it with what is lost by that, without asking.")
@connected
@json_option
def rm(client: Client, session: str, force: bool, as_json: bool) -> int:
    """Remove SESSION's worktree and its branch.

    What would be lost is named first: files that are not committed, and commits that the base does not have.
    """
    session_id = find.session(client, session).id
    removed = client.remove_worktree(session_id)
    if removed.loss is not None:
        if not as_json:
            _print_loss(removed.loss)
        can_ask = sys.stdin.isatty() and not as_json
        if not force and not (can_ask and click.confirm("All of this would be lost. Remove it?", err=True)):
            if as_json:
                print_json(removed)
            else:
                click.echo("Nothing was removed. Merge it, or remove it all the same with --force.", err=True)
            return exits.FAILED
        removed = client.remove_worktree(session_id, removed.loss.digest)
        if removed.loss is not None:
            raise Conflict("Something has changed in the worktree just now. Nothing was removed: look again.")
    if as_json:
        print_json(removed)
    else:
        click.echo("Removed, with its branch.")
    return exits.OK


def _heading(file: ChangedFile) -> str:
    name = one_line(file.path) if file.was is None else f"{one_line(file.was)} → {one_line(file.path)}"
    counts = (
        "binary"
        if file.is_binary
        else " ".join(f"{sign}{count}" for sign, count in (("+", file.added), ("-", file.removed)) if count is not None)
    )
    return f"{file.status:<10} {name}  {counts}".rstrip()


def _print_patch(file: ChangedFile) -> None:
    for line in harmless(file.patch).split("\n") if file.patch else ():
        click.secho(line, fg=COLOURS.get(line[:1]))
    if file.is_cut:
        click.secho(f"… There is more to {one_line(file.path)}: name it to see more of it.", dim=True)


def _standing(each: ListedWorktree) -> str:
    if each.problem is not None:
        return one_line(each.problem)
    parts = [
        f"{plural(each.ahead, 'commit')} ahead" if each.ahead else "",
        f"{each.changed} changed" if each.changed else "",
        f"{each.untracked} new" if each.untracked else "",
    ]
    return ", ".join(part for part in parts if part) or "merged, clean"


def _print_loss(loss: WorktreeLoss) -> None:
    for what, names, count in (
        ("not committed", loss.files, loss.file_count),
        ("not merged", loss.commits, loss.commit_count),
    ):
        for name in names:
            click.echo(f"{what}: {one_line(name)}", err=True)
        if count > len(names):
            click.echo(f"{what}: {count - len(names)} more", err=True)
