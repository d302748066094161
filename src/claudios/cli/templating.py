"""What `claudios run` takes from a template: what was typed wins, and every place in its prompt is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click

from claudios.cli import find
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.protocol.placeholders import fill


class Value(click.ParamType[tuple[str, str]]):
    """What fills a place in a template's prompt, as `name=value`."""

    name = "name=value"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f"{value!r} fills nothing. Write it like --set issue=17.")
        return name.strip(), text


class Base(NamedTuple):
    """The template that is started from; without one there is nothing in it."""

    name: str | None = None
    project_id: str | None = None
    agent_id: str | None = None
    directory: str | None = None
    model: str | None = None
    permission_mode: str | None = None
    effort: str | None = None
    prompt: str | None = None
    placeholders: tuple[str, ...] = ()


def base(client: Client, typed: str | None, project: str | None) -> Base:
    """Return the template with this name or id, in a project if one is named. Raises NotFound."""
    if typed is None:
        return Base()
    found = find.template(client, typed, find.project(client, project).id if project else None)
    return Base(*(getattr(found, name) for name in Base._fields))


def prompt(base: Base, typed: str | None, values: Sequence[tuple[str, str]]) -> str:
    """Return the prompt to start with: what was typed, or else the template's, filled in. Raises UsageError."""
    if values and (base.name is None or typed is not None):
        raise click.UsageError("--set fills the prompt of a template: name one with --template, and give no PROMPT.")
    if typed is not None:
        return typed
    if base.name is None:
        raise click.UsageError("Say what Claude is to do: claudios run 'PROMPT', or --template NAME.")
    if base.prompt is None:
        raise click.UsageError(f"The template {one_line(base.name)} has no prompt. Say what Claude is to do.")
    given = dict(values)
    unknown = [name for name in given if name not in base.placeholders]
    if unknown:
        places = ", ".join(base.placeholders) or "none"
        raise click.UsageError(f"The template's prompt has no place {unknown[0]!r}. Its places: {places}.")
    missing = [f"--set {_quoted(name)}=…" for name in base.placeholders if not given.get(name, "").strip()]
    if missing:
        raise click.UsageError(f"The template's prompt is to be filled in: add {' '.join(missing)}")
    return fill(base.prompt, given)


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
