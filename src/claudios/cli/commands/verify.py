"""`claudios verify`."""

from __future__ import annotations

import click

from claudios.cli import exits, find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.cli.text import one_line, plural
from claudios.client.api import Client
from claudios.client.shapes import Verification
from claudios.client.verify import RecordCheck


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@connected
@json_option
def verify(client: Client, session: str, as_json: bool) -> int:
    """Check SESSION's record: the server checks every signature, and this machine the chain over every frame.

    Exit code 1 when a frame is missing, changed or out of order; it is named.
    """
    found = find.session(client, session)
    told = client.verify(found.id)
    check = RecordCheck()
    with working("Checking the chain"):
        for piece in client.frames(found.id):
            check.feed(piece)
    result = check.result(told)
    if as_json:
        print_json(result)
    else:
        _tell(result)
    return exits.OK if result.verified else exits.FAILED


def _tell(result: Verification) -> None:
    if result.verified:
        verdict = click.style("Verified", fg="green", bold=True)
        batches = "1 signed batch" if result.batches == 1 else f"{result.batches} signed batches"
        click.echo(f"{verdict}: {plural(result.frames, 'frame')} in {batches}, chain head {(result.head or '')[:16]}.")
        return
    where = "" if result.first_bad_seq is None else f" at frame {result.first_bad_seq}"
    click.echo(
        f"{click.style('Not verified', fg='red', bold=True)}{where}: {one_line(result.problem or 'it differs')}."
    )
