"""Tables and JSON on stdout."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import PurePath

import click

from claudios.cli.text import cells, fit

GAP = "   "
NARROWEST = 12


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], give: str | None = None, none: str | None = None
) -> None:
    """Print aligned columns of harmless texts; the column `give` is cut where the terminal is too narrow.

    Where there are no rows, `none` is said of that on standard error.
    """
    widths = [max(cells(each[n]) for each in (headers, *rows)) for n in range(len(headers))]
    if give is not None and sys.stdout.isatty():
        place = headers.index(give)
        excess = sum(widths) + len(GAP) * (len(widths) - 1) - shutil.get_terminal_size().columns
        widths[place] = max(min(widths[place], NARROWEST), widths[place] - max(0, excess))
    click.secho(_line(headers, widths), bold=True)
    for row in rows:
        click.echo(_line(row, widths))
    if not rows and none is not None:
        click.echo(none, err=True)


def print_json(value: object, *, err: bool = False) -> None:
    """Print a value, or a sequence of values, as JSON: indented for a person, a single line for a program.

    `err`: on standard error, where something else goes to standard output.
    """
    is_for_person = (sys.stderr if err else sys.stdout).isatty()
    click.echo(json.dumps(_plain(value), indent=2 if is_for_person else None, ensure_ascii=False), err=err)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cut = [fit(text, width) for text, width in zip(row, widths, strict=True)]
    return GAP.join(text + " " * (width - cells(text)) for text, width in zip(cut, widths, strict=True)).rstrip()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, PurePath) else value
