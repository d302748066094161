"""`claudios files`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from uuid import uuid4

import click

from claudios.cli import find
from claudios.cli.completing import AGENT
from claudios.cli.help import Group
from claudios.cli.options import connected, json_option
from claudios.cli.progress import working
from claudios.cli.table import print_json, print_table
from claudios.cli.text import age, one_line, size
from claudios.client.api import Client
from claudios.client.shapes import Directory, DirectoryEntry
from claudios.protocol.errors import Conflict, Exists, InputInvalid, NotFound

PIECE_BYTES = 256 * 1024
"""Of a file, in one request."""
SIGNS = {"directory": "/", "file": "", "other": "?"}

force_option = click.option("-f", "--force", is_flag=True, help="Replace a file that is there already.")


class Remote(NamedTuple):
    """A place on a machine: the agent's name or id, and a path, or None for the agent's default directory."""

    agent: str
    path: str | None


@click.group(cls=Group)
def files() -> None:
    """List files of a machine, fetch them, and put some there, as far as the machine's policy allows.

    A place on a machine is AGENT:PATH, the agent by name or id. A path that is not absolute counts from the agent's
    default directory.
    """


@files.command()
@click.argument("place", metavar="AGENT[:PATH]", type=AGENT)
@connected
@json_option
def ls(client: Client, place: str, as_json: bool) -> None:
    """List a directory of a machine."""
    remote = _remote(place)
    found = _whole(client, find.agent(client, remote.agent).id, remote.path)
    if as_json:
        print_json(found)
        return
    rows = [(_shown(each), size(each.size), age(each.modified_ms)) for each in found.entries]
    print_table(("NAME", "SIZE", "CHANGED"), rows, give="NAME", none=f"Nothing is in {one_line(found.path)}.")
    if found.is_cut:
        click.secho("The directory has more entries than are looked at.", err=True)


@files.command()
@click.argument("source", metavar="AGENT:PATH")
@click.argument("target", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@force_option
@connected
@json_option
def get(client: Client, source: str, target: Path | None, force: bool, as_json: bool) -> None:
    """Fetch a file from a machine, into FILE, or into the directory FILE; `-` writes it to standard output."""
    agent, path_there = _named(source)
    pieces = client.download(find.agent(client, agent).id, path_there)
    if target is not None and str(target) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    name = PurePosixPath(path_there).name
    path = Path(name) if target is None else target / name if target.is_dir() else target
    if path.exists() and not force:
        raise InputInvalid(f"{path} exists already. Name another file, or replace it with --force.")
    unfinished = path.with_name(f"{uuid4().hex}.part")  # a name that nobody else has
    taken = 0
    try:
        with working("Fetching"), unfinished.open("wb") as file:
            for piece in pieces:
                taken += file.write(piece)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(path), "bytes": taken})
    else:
        click.echo(f"{path}: {taken:,} bytes.")


@files.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("target", metavar="AGENT[:PATH]", type=AGENT)
@force_option
@connected
@json_option
def put(client: Client, source: Path, target: str, force: bool, as_json: bool) -> None:
    """Put FILE on a machine: as PATH, or into PATH where that is a directory there."""
    remote = _remote(target)
    agent = find.agent(client, remote.agent)
    path = _target(client, agent.id, remote.path, source.name)
    try:
        with working("Uploading"):
            *_, written = (
                client.write_file(
                    agent.id, path, upload, offset=offset, content=piece, is_last=is_last, overwrite=force
                )
                for upload in (uuid4().hex,)
                for offset, piece, is_last in _pieces(source)
            )
    except Exists as exists:
        raise Exists(f"{one_line(path)} exists on {one_line(agent.name)}. Replace it with --force.") from exists
    if as_json:
        print_json(written)
    else:
        click.echo(f"{one_line(agent.name)}:{one_line(written.path)}: {written.size:,} bytes.")


def _remote(place: str) -> Remote:
    agent, _, path = place.partition(":")
    return Remote(agent, path or None)


def _named(place: str) -> tuple[str, str]:
    """Return agent and path of a place that must name one. Raises InputInvalid."""
    agent, path = _remote(place)
    if path is None:
        raise InputInvalid(f"{place} names no file. Write the agent, a colon and a path, such as laptop:notes.txt.")
    return agent, path


def _whole(client: Client, agent_id: str, path: str | None) -> Directory:
    """Return a directory with all its entries, asked for piece by piece."""
    found = client.directory(agent_id, path)
    entries = list(found.entries)
    while found.more and found.entries:
        found = client.directory(agent_id, path, len(entries))
        entries += found.entries
    return Directory(found.path, tuple(entries), found.more, found.is_cut)


def _target(client: Client, agent_id: str, path: str | None, name: str) -> str:
    """Return the path that a file gets: `path`, or that name in it where it is a directory."""
    try:
        directory = client.directory(agent_id, path).path
    except (NotFound, Conflict):
        if path is None or path.endswith("/"):
            raise
        return path
    return str(PurePosixPath(directory, name))


def _pieces(source: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the pieces of a file: where each begins, what it is, and whether it is the last."""
    with source.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        offset = 0
        while True:
            piece = file.read(PIECE_BYTES)
            is_last = len(piece) < PIECE_BYTES or offset + len(piece) == left
            yield offset, piece, is_last
            if is_last:
                return
            offset += len(piece)


def _shown(entry: DirectoryEntry) -> str:
    return one_line(entry.name) + SIGNS.get(entry.kind, "?")
