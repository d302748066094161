"""Help pages in colour where the terminal has it, drawn by click alone: rich would triple the time to print them."""

from __future__ import annotations

import os

import click


class Formatter(click.HelpFormatter):
    """Click's help, with bold headings and coloured names."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, click.style("Usage: ", bold=True) if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{click.style(heading, bold=True)}\n")

    def write_dl(self, rows: list[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # type: ignore[override]  # narrower: a list is what click passes
        super().write_dl([(click.style(term, fg="cyan"), text) for term, text in rows], col_max, col_spacing)


class Context(click.Context):
    """A context whose help pages have the house's form, and which obeys NO_COLOR."""

    formatter_class = Formatter

    def __init__(self, *arguments: object, **settings: object) -> None:
        settings.setdefault("max_content_width", 100)
        settings.setdefault("help_option_names", ["-h", "--help"])
        if os.environ.get("NO_COLOR"):
            settings.setdefault("color", False)
        super().__init__(*arguments, **settings)  # type: ignore[arg-type]  # passed through as click made them


class Command(click.Command):
    """A command with the house's help pages."""

    context_class = Context


class Group(click.Group):
    """A group with the house's help pages."""

    context_class = Context
    command_class = Command


class ListingGroup(Group):
    """A group that lists (its command `ls`) when no command of it is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_asking_for_help = bool({"-h", "--help"} & set(args[:1]))
        if not args or (args[0].startswith("-") and not is_asking_for_help):
            args = ["ls", *args]
        return super().parse_args(ctx, args)
