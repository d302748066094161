"""The command tree: every name with its one line of help, so that help and completion load no command."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

from claudios.cli import exits
from claudios.cli.help import Formatter, Group

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """Where a command is, the section of the help it stands in, and its line there."""

    place: str
    section: str
    summary: str


SESSIONS, ANSWERS, PLACES, HERE = "Sessions", "What Claude asks you", "Server, projects, agents", "This machine"

ENTRIES = {
    "run": Entry("run:run", SESSIONS, "Start a session and show what Claude says"),
    "terminal": Entry("attach:terminal", SESSIONS, "Start a session as Claude's full screen, in this terminal"),
    "attach": Entry("attach:attach", SESSIONS, "Show a terminal session in this terminal, and type into it"),
    "ps": Entry("ps:ps", SESSIONS, "List sessions"),
    "logs": Entry("logs:logs", SESSIONS, "Show or follow what happened in a session"),
    "search": Entry("search:search", SESSIONS, "Find what was said in any session"),
    "send": Entry("steer:send", SESSIONS, "Send Claude a further prompt"),
    "interrupt": Entry("steer:interrupt", SESSIONS, "Interrupt what Claude is doing"),
    "stop": Entry("steer:stop", SESSIONS, "End sessions"),
    "resume": Entry("steer:resume", SESSIONS, "Go on with an ended session"),
    "fork": Entry("steer:fork", SESSIONS, "Start a new session from a session's conversation"),
    "import": Entry("importing:import_", SESSIONS, "Go on with a conversation that was held outside of ClaudiOS"),
    "update": Entry("steer:update", SESSIONS, "Change a session's title, or whether it resumes by itself"),
    "archive": Entry("archive:archive", SESSIONS, "Put ended sessions out of the way"),
    "unarchive": Entry("archive:unarchive", SESSIONS, "Bring archived sessions back into the lists"),
    "queue": Entry("queue:queue", SESSIONS, "List what is asked of a session and not done yet"),
    "edit": Entry("queue:edit", SESSIONS, "Edit a prompt that waits for its agent"),
    "withdraw": Entry("queue:withdraw", SESSIONS, "Take back what waits for its agent"),
    "retry": Entry("queue:retry", SESSIONS, "Send a prompt again that was not done"),
    "drop": Entry("queue:drop", SESSIONS, "Settle what was not done"),
    "diff": Entry("git:diff", SESSIONS, "Show what differs in a session's repository"),
    "worktree": Entry("git:worktree", SESSIONS, "List, merge and remove git worktrees of sessions"),
    "verify": Entry("verify:verify", SESSIONS, "Check a session's record, frame by frame"),
    "export": Entry("export:export", SESSIONS, "Write a session's record, or its transcript, into one file"),
    "requests": Entry("requests:requests", ANSWERS, "List what waits for an answer"),
    "approve": Entry("requests:approve", ANSWERS, "Allow what Claude asks for"),
    "deny": Entry("requests:deny", ANSWERS, "Deny what Claude asks for"),
    "login": Entry("login:login", PLACES, "Sign in to a server"),
    "logout": Entry("login:logout", PLACES, "Sign out of a server"),
    "whoami": Entry("login:whoami", PLACES, "Say who is signed in, and where"),
    "projects": Entry("projects:projects", PLACES, "List and create projects"),
    "templates": Entry("templates:templates", PLACES, "List, create and remove templates to start sessions from"),
    "usage": Entry("usage:usage", PLACES, "Show what Claude used, by day, project, machine, model or person"),
    "budget": Entry("usage:budget", PLACES, "Show or set what a session or a project may use"),
    "notifications": Entry("notifications:notifications", PLACES, "List what you were told, and by which ways"),
    "schedules": Entry("schedules:schedules", PLACES, "Start sessions at given times, and see how that went"),
    "agents": Entry("agents:agents", PLACES, "List agents, create them, and manage their tokens"),
    "files": Entry("files:files", PLACES, "List files of a machine, fetch them, and put some there"),
    "up": Entry("up:up", HERE, "Run a server and an agent here, ready to use"),
    "agent": Entry("agent:agent", HERE, "Run the agent, or manage the one that runs"),
    "server": Entry("server:server", HERE, "Run the server"),
    "doctor": Entry("doctor:doctor", HERE, "Find out what is wrong, and what to do"),
    "completion": Entry("completion:completion", HERE, "Print the completion script of a shell"),
    "version": Entry("version:version", HERE, "Print the version"),
}


class Tree(Group):
    """The root: commands are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        module, name = entry.place.split(":")
        command = getattr(import_module(f"claudios.cli.commands.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        begun = [(name, entry.summary) for name, entry in ENTRIES.items() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)  # a group's own would load each command
        return [*(CompletionItem(name, help=summary) for name, summary in begun), *options]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as unknown:
            if unknown.option_name != "--json":
                raise
            raise click.UsageError("--json comes after the command, as in: claudios ps --json", ctx) from unknown

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in ENTRIES and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], ENTRIES, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "`claudios --help` lists the commands."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in (SESSIONS, ANSWERS, PLACES, HERE):
            with formatter.section(section):
                formatter.write_dl(
                    [(name, entry.summary) for name, entry in ENTRIES.items() if entry.section == section]
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        assert isinstance(formatter, Formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in exits.MEANINGS])
