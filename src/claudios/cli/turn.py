"""Watch one session until Claude's turn is over: print it, ask the person what Claude asks, obey Ctrl+C."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from enum import Enum

import click

from claudios.cli import asking, find
from claudios.cli.asker import Asker, Reply
from claudios.cli.narrator import Narrator, Piece, Voice
from claudios.cli.progress import working
from claudios.cli.text import one_line
from claudios.client.api import Client
from claudios.client.live import Event, Patch, Snapshot, Upserted, follow_session
from claudios.client.shapes import Item, Request, Session
from claudios.client.sockets import Disconnected
from claudios.protocol.errors import ClaudiosError, Conflict

QUEUED_SECONDS = 3.0
"""How long a session may wait for its machine to begin it before that is said: each does, for a moment."""


class End(Enum):
    """How the watching ended."""

    TURN_DONE = "turn_done"
    TURN_FAILED = "turn_failed"
    INTERRUPTED = "interrupted"
    DETACHED = "detached"
    SESSION_ENDED = "session_ended"


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen: how it ended, the session as it is now, the last turn, and all Claude answered."""

    end: End
    session: Session
    turn: Item | None
    answer: str


class TurnWatch:
    """One session, watched by a person who may be at a terminal."""

    def __init__(self, client: Client, session: Session, *, is_quiet: bool) -> None:
        self._client = client
        self._session = session
        self._is_quiet = is_quiet
        self._narrator = Narrator()
        self._asker = Asker() if sys.stdin.isatty() and sys.stderr.isatty() else None
        self._told_requests: set[str] = set()
        self._answers: dict[int, str] = {}
        self._turn: Item | None = None
        self._interrupts = 0
        self._pending: set[asyncio.Task[None]] = set()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=64)  # full: the socket waits
        self._starting = ExitStack()

    async def run(self) -> Watched:
        """Watch until the turn is over, the session has ended, or the person detaches."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        if self._asker is not None:
            loop.add_reader(sys.stdin.fileno(), self._read_line)
        self._starting.enter_context(working("Waiting for Claude"))
        following = asyncio.create_task(self._follow())
        queued = loop.call_later(QUEUED_SECONDS, self._tell_queued)
        try:
            while True:
                taking = asyncio.create_task(self._events.get())
                await asyncio.wait({taking, following}, return_when=asyncio.FIRST_COMPLETED)
                if not taking.done():
                    taking.cancel()
                    following.result()
                end = await self._take(taking.result())
                if end is not None:
                    return self._watched(end)
        finally:
            self._starting.close()
            queued.cancel()
            following.cancel()
            await asyncio.gather(following, *self._pending, return_exceptions=True)
            loop.remove_signal_handler(signal.SIGINT)
            if self._asker is not None:
                loop.remove_reader(sys.stdin.fileno())

    async def _follow(self) -> None:
        following = follow_session(self._client.address, self._client.token, self._session.id, after=0)
        async with aclosing(following):
            async for event in following:
                await self._events.put(event)

    async def _take(self, event: Event | None) -> End | None:
        match event:
            case None:
                return End.DETACHED
            case Snapshot():
                self._session = event.session
                for item in event.items:
                    self._item(item)
                for request in event.requests:
                    self._request(request)
            case Patch():
                for change in event.changes:
                    if isinstance(change, Upserted):
                        self._item(change.item)
                    else:
                        self._print(self._narrator.change(change))
            case Session():
                self._session = event
            case Request():
                self._request(event)
            case Disconnected():
                self._say(f"Connection lost ({event.reason}); trying again.")
            case _:
                pass
        return self._end()

    def _end(self) -> End | None:
        is_idle = self._session.activity == "idle" and self._turn is not None
        if self._session.state != "ended" and not is_idle:
            return None
        if self._interrupts:
            return End.INTERRUPTED
        if self._turn is None:
            return End.SESSION_ENDED
        return End.TURN_FAILED if self._turn.flag("is_error") else End.TURN_DONE

    def _watched(self, end: End) -> Watched:
        self._print(self._narrator.close())
        return Watched(end, self._session, self._turn, "\n".join(self._answers.values()))

    def _item(self, item: Item) -> None:
        if item.kind == "turn":
            self._turn = item
        if item.kind == "message" and item.parent is None:
            self._answers[item.no] = item.text("text")
        if item.kind == "user" or item.parent is not None:
            return
        self._print(self._narrator.item(item))

    def _print(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.voice is Voice.ANSWER:
                self._starting.close()
                if not self._is_quiet:
                    click.echo(piece.text, nl=False)
            elif piece.voice in (Voice.TOOL, Voice.PROBLEM):
                self._say(piece.text.rstrip("\n"), fg="red" if piece.voice is Voice.PROBLEM else None)

    def _say(self, text: str, fg: str | None = None) -> None:
        self._starting.close()
        click.secho(text, err=True, fg=fg, dim=fg is None)

    def _tell_queued(self) -> None:
        if self._session.state == "queued" and self._session.agent_online:
            name = one_line(self._session.agent_name)
            self._say(f"The session waits for a free place on {name}. What runs there: claudios ps")

    # What Claude asks

    def _request(self, request: Request) -> None:
        is_new = request.id not in self._told_requests
        self._told_requests.add(request.id)
        if self._asker is None:
            if is_new and request.state == "pending":
                name = find.short(request.id)
                self._say(f"Claude waits for you: {asking.summary(request)}", fg="yellow")
                self._say(f"Answer it: claudios approve {name}, or claudios deny {name}; or in the page.")
            return
        was_current = self._asker.current
        if self._asker.offer(request):
            if was_current is not None and was_current.id == request.id:
                self._say(f"\n{_settled(request)}")
            self._ask()

    def _ask(self) -> None:
        assert self._asker is not None
        if self._asker.current is not None:
            self._starting.close()
            click.secho(f"\n{self._asker.introduction()}", err=True, fg="yellow", nl=False)
            click.secho(self._asker.prompt(), err=True, bold=True, nl=False)

    def _read_line(self) -> None:
        assert self._asker is not None
        line = sys.stdin.readline()
        if not line:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            return
        if self._asker.current is None:
            return
        reply = self._asker.feed(line)
        if reply is not None:
            self._act(lambda: self._answer(reply))
            self._ask()
        else:
            click.secho(self._asker.prompt(), err=True, bold=True, nl=False)

    def _answer(self, reply: Reply) -> None:
        self._client.answer(
            reply.request,
            reply.behavior,
            message=reply.message,
            suggestions=reply.suggestions,
            answers=reply.answers,
        )

    # Ctrl+C

    def _interrupt(self) -> None:
        self._interrupts += 1
        if self._interrupts == 1 and self._session.state == "queued":
            self._say("\nClaude has not begun. Ending the session; Ctrl+C again leaves it to itself.")
            self._act(self._end_queued)
        elif self._interrupts == 1:
            self._say("\nInterrupting. Ctrl+C again leaves the session to itself.")
            self._act(lambda: self._client.interrupt(self._session.id))
        else:
            while self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(None)

    def _end_queued(self) -> None:
        """End a session that waits: one whose start its machine does not have yet never comes there."""
        asked = self._client.instructions(self._session.id)
        start = next((each for each in asked if each.kind == "start_session" and each.state == "queued"), None)
        if start is not None:
            with suppress(Conflict):  # its machine has it by now
                self._client.withdraw_instruction(start)
                return
        self._client.terminate(self._session.id)

    def _act(self, request: Callable[[], object]) -> None:
        task = asyncio.create_task(self._try(request))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _try(self, request: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(request)
        except ClaudiosError as error:
            self._say(error.message, fg="red")


def _settled(request: Request) -> str:
    """Say why a request is not asked any more."""
    if request.state != "answered":
        return "Claude does not ask any more."
    return f"{'Allowed' if request.answer == 'allow' else 'Denied'} by {one_line(request.answered_by or 'somebody')}."
