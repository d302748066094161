"""`claudios logs`."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing

import click

from claudios.cli import find
from claudios.cli.completing import SESSION
from claudios.cli.help import Command
from claudios.cli.narrator import Narrator, Piece, Voice
from claudios.cli.options import connected
from claudios.client.api import Client
from claudios.client.live import Patch, Snapshot, follow_session
from claudios.client.live_log import follow_frames
from claudios.client.shapes import Item, Session
from claudios.client.sockets import Disconnected
from claudios.protocol.frame import Frame, Stream

PAGE = 200
STREAMS = ("stdout", "stderr", "stdin", "event", "transcript")
_STYLES: dict[Voice, dict[str, object]] = {
    Voice.ANSWER: {},
    Voice.THINKING: {"dim": True, "italic": True},
    Voice.PROMPT: {"bold": True},
    Voice.TOOL: {"fg": "cyan"},
    Voice.NOTE: {"dim": True},
    Voice.PROBLEM: {"fg": "red"},
}


@click.command(cls=Command)
@click.argument("session", type=SESSION)
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until the session ends.")
@click.option("-n", "--tail", type=click.IntRange(1), metavar="N", help="Only the last N items of the transcript.")
@click.option("--since-seq", type=click.IntRange(0), default=0, metavar="SEQ", help="Only what came after this frame.")
@click.option("--thinking", is_flag=True, help="Claude's thinking, too.")
@click.option("--raw", is_flag=True, help="The bytes as Claude wrote them: JSON lines.")
@click.option(
    "--stream", type=click.Choice(STREAMS), default="stdout", show_default=True, help="Which bytes, with --raw."
)
@click.option("--json", "as_json", is_flag=True, help="Items as JSON lines, each as it is when it comes or changes.")
@connected
def logs(
    client: Client,
    session: str,
    follow: bool,
    tail: int | None,
    since_seq: int,
    thinking: bool,
    raw: bool,
    stream: str,
    as_json: bool,
) -> None:
    """Show what happened in SESSION: the transcript, or with --raw the bytes of its log."""
    if raw and as_json:
        raise click.UsageError("--raw gives bytes as they were written, and --json items. Choose one of them.")
    found = find.session(client, session)
    if raw and tail is not None:
        raise click.UsageError("--tail counts items of the transcript; with --raw use --since-seq.")
    if raw and follow:
        asyncio.run(_follow_raw(client, found, Stream[stream.upper()], since_seq))
    elif raw:
        for piece in client.raw_log(found.id, stream, since_seq):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        shown = _Shown(thinking=thinking, as_json=as_json)
        position = _print_stored(client, found, shown, tail, since_seq)
        if follow:
            asyncio.run(_follow(client, found, shown, position))
        shown.end()


class _Shown:
    """What is on the screen already, and how more gets there."""

    def __init__(self, *, thinking: bool, as_json: bool) -> None:
        self._narrator = Narrator()
        self._skipped = () if thinking else (Voice.THINKING,)
        self._as_json = as_json
        self._last: dict[int, int] = {}

    def item(self, item: Item) -> None:
        if not self._as_json:
            self._print(self._narrator.item(item))
        elif self._last.get(item.no) != item.updated_seq:
            self._last[item.no] = item.updated_seq
            told = {"no": item.no, "kind": item.kind, "body": item.body, "parent": item.parent}
            click.echo(json.dumps({**told, "updated_seq": item.updated_seq, "at_ms": item.at_ms}, ensure_ascii=False))

    def patch(self, patch: Patch) -> None:
        for change in patch.changes:
            if not self._as_json:
                self._print(self._narrator.change(change))
            elif hasattr(change, "item"):
                self.item(change.item)

    def end(self) -> None:
        self._print(self._narrator.close())

    def _print(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.voice not in self._skipped:
                click.secho(piece.text, nl=False, **_STYLES[piece.voice])  # type: ignore[arg-type]  # styles by name


def _print_stored(client: Client, session: Session, shown: _Shown, tail: int | None, since_seq: int) -> int:
    """Print what is stored; return the position from which changes are still to come."""
    if tail is not None:
        page = client.items(session.id, limit=tail)
        for item in page.items:
            if item.updated_seq > since_seq:
                shown.item(item)
        return page.position
    after, position = 0, None
    while True:
        page = client.items(session.id, after=after, limit=PAGE)
        position = page.position if position is None else position
        for item in page.items:
            if item.updated_seq > since_seq:
                shown.item(item)
        if len(page.items) < PAGE:
            return position
        after = page.items[-1].no


async def _follow(client: Client, session: Session, shown: _Shown, position: int) -> None:
    following = follow_session(client.address, client.token, session.id, after=position)
    async with aclosing(following):
        async for event in following:
            match event:
                case Snapshot():
                    session = event.session
                    for item in event.items:
                        shown.item(item)
                case Patch():
                    shown.patch(event)
                case Session():
                    session = event
                case Disconnected():
                    click.secho(f"Connection lost ({event.reason}); trying again.", err=True, dim=True)
                case _:
                    pass
            if session.state == "ended":
                break
    for item in (await asyncio.to_thread(client.items, session.id, limit=PAGE)).items:  # what came with the end
        shown.item(item)


async def _follow_raw(client: Client, session: Session, stream: Stream, since_seq: int) -> None:
    following = follow_frames(client.address, client.token, session.id, since_seq)
    is_ended = session.state == "ended"
    async with aclosing(following):
        async for frames in following:
            if isinstance(frames, Disconnected):
                click.secho(f"Connection lost ({frames.reason}); trying again.", err=True, dim=True)
                continue
            for each in frames:
                if each.stream is stream:
                    sys.stdout.buffer.write(each.payload)
            sys.stdout.buffer.flush()
            is_last = is_ended and frames[-1].seq >= session.last_seq
            if is_last or any(_is_end(each) and each.epoch >= session.epoch for each in frames):
                return


def _is_end(found: Frame) -> bool:
    return found.stream is Stream.EVENT and json.loads(found.payload).get("event") == "ended"
