"""`claudios verify`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from claudios.cli import exits, find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import client as client_of
from claudios.cli.options import json_option, server_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.cli.text import one_line, plural
from claudios.client.record import check_record
from claudios.client.shapes import Removed, Verification

PIECE_BYTES = 1024 * 1024
_CLOSINGS = {
    "closed": "The machine has signed that the log ends there.",
    "open": "The session goes on; what comes later is not part of this.",
    "unsigned": "The machine has signed no checkpoints: that the log is whole is the server's word.",
}


@click.command(cls=Command)
@click.argument("session", type=SESSION, metavar="SESSION|FILE")
@click.option("--key", metavar="FINGERPRINT", help="Demand this key, which `claudios agent key` shows there.")
@server_option
@json_option
def verify(session: str, key: str | None, server: str | None, as_json: bool) -> int:
    """Check the record of SESSION, or without any server a FILE that `claudios export` wrote.

    Checks every frame, the chain over them, and the checkpoints that the machine's own key has signed; of a session
    the server also checks the seal of every batch. Exit code 1 when a frame is missing, changed, swapped or sealed by
    somebody else, or the end is cut off; the first such frame is named.
    """
    expected = None if key is None else "".join(key.lower().split())
    path = Path(session)
    result = _of_file(path, expected) if path.is_file() else _of_session(server, session, expected)
    if as_json:
        print_json(result)
    else:
        _tell(result)
    return exits.OK if result.verified else exits.FAILED


def _of_session(server: str | None, session: str, key: str | None) -> Verification:
    with client_of(server) as client:
        found = find.session(client, session)
        told = client.verify(found.id)
        if not told.verified:
            return told
        with working("Checking the chain"):
            return check_record(client.export(found.id), key).found


def _of_file(path: Path, key: str | None) -> Verification:
    with working("Checking the chain"):
        checked = check_record(_pieces(path), key)
    header = checked.header
    written = datetime.fromtimestamp(header.exported_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    click.echo(
        f"Session {header.session_id} {one_line(header.title)!r} on {one_line(header.agent_name)}, exported {written}.",
        err=True,
    )
    return checked.found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _tell_removed(removed: Removed) -> None:
    verdict = click.style("Removed", fg="yellow", bold=True)
    day = datetime.fromtimestamp(removed.removed_ms / 1000, UTC).strftime("%Y-%m-%d")
    limit = plural(removed.kept, "day" if removed.cause == "age" else "byte")
    click.echo(
        f"{verdict}: {plural(removed.frames, 'frame')}, {plural(removed.bytes, 'byte')}, on {day}; "
        f"the project keeps {limit}.\n"
        f"The server checked them before and signed that with its key {removed.key}. Its tombstone holds, and names "
        "the end that the machine has signed."
    )


def _tell(result: Verification) -> None:
    if result.verified:
        batches = "1 signed batch" if result.batches == 1 else f"{result.batches} signed batches"
        verdict = click.style("Verified", fg="green", bold=True)
        if result.removed is not None:
            _tell_removed(result.removed)
        if result.frames or result.removed is None:
            frames = plural(result.frames, "frame")
            click.echo(f"{verdict}: {frames} in {batches}, chain head {(result.head or '')[:16]}.")
    else:
        where = "" if result.first_bad_seq is None else f" at frame {result.first_bad_seq}"
        verdict = click.style("Not verified", fg="red", bold=True)
        click.echo(f"{verdict}{where}: {one_line(result.problem or 'it differs')}")
    if result.checkpoints:
        signed = plural(result.checkpoints, "checkpoint")
        click.echo(f"{signed} up to frame {result.signed_seq}, key {', '.join(result.keys)}.")
    if result.verified:
        click.echo(_CLOSINGS[result.closing])
    if len(result.keys) > 1:
        click.echo(
            "Several keys have signed it: the machine's key changed. `claudios agent key` there shows the newest."
        )
