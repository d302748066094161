"""A terminal session in one's own terminal: keys go there, the screen comes here, until one leaves or it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any

from claudios.cli.detach_key import DetachKey, shown
from claudios.cli.escapes import Escapes
from claudios.cli.own_terminal import KEEP_TITLE, KEPT_TITLE, OwnTerminal, cleared, size_of
from claudios.client.sockets import Disconnected
from claudios.client.terminal import Begun, Over, Refused, Resized, Screen, State, Terminal

LAST_WORDS_SECONDS = 3.0
"""How long the last of a log may take to come once its session is known to have ended; some have none."""
RECEIPT_SECONDS = 1.0
"""How long leaving waits for the receipts of what was typed just before."""
SETTLES_SECONDS = 0.05
"""How long a window must keep its size before the session takes it: who drags its edge passes many."""
NO_SERVER = "The server cannot be reached; it is tried again."
NO_MACHINE = "The machine is away."
NO_PLACE = "The session has not begun yet: it waits for a free place on its machine."
QUEUED_SECONDS = 2.0
"""How long a session may wait for its machine to begin it before that is said: each does, for a moment."""
_EMPTY = b"\x1b[H\x1b[J"
_NOTHING = re.compile(rb"(?:\x1b\[[\d;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\s)*")
"""What shows nothing on a screen."""


class Left(Enum):
    """How it ended: the person left, the program ended, or this process was told to end."""

    DETACHED = "detached"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass
class Attachment:
    """Attach with `run`; the rest tells afterwards what became of it.

    `missing` says what is missing on the way to the program or on the screen, and so it does meanwhile in the window's
    title, and on a screen that shows nothing yet. `is_chat` says that the session goes on as one, `is_stuck` that the
    terminal takes nothing more.
    """

    terminal: Terminal
    detach_key: bytes
    is_read_only: bool = False
    takes_size: bool = False
    over: Over | None = None
    refusal: str | None = None
    missing: str | None = None
    is_chat: bool = False
    is_stuck: bool = False

    async def run(self, source: int, target: int) -> Left:
        """Show on a terminal and type from it until one leaves. Raises what the server refuses."""
        own = OwnTerminal(source, target)
        attached = _Attached(self, own, source, target)
        try:
            await own.take_over()
            return await attached.run()
        finally:
            await own.give_back(b"" if self.missing is None else KEPT_TITLE)
            own.close()
            self.is_stuck = own.is_stuck


class _Attached:
    """An attachment that goes on."""

    def __init__(self, attachment: Attachment, own: OwnTerminal, source: int, target: int) -> None:
        self._of = attachment
        self._terminal = attachment.terminal
        self._own = own
        self._source = source
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._left: asyncio.Future[Left] = self._loop.create_future()
        self._keys: asyncio.Queue[bytes] = asyncio.Queue()  # bounded by a person's typing
        self._detach_key = DetachKey(attachment.detach_key)
        self._resized, self._suspended, self._continued = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._escapes = Escapes()
        self._is_connected = True
        self._state: State | None = None
        self._is_queued = False
        self._is_blank = True
        self._size: tuple[int, int] | None = None

    async def run(self) -> Left:
        signals = {
            **dict.fromkeys((signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT), lambda: self._leave(Left.STOPPED)),
            signal.SIGWINCH: self._resized.set,
            signal.SIGTSTP: self._suspended.set,
            signal.SIGCONT: self._continued.set,
        }
        for number, heard in signals.items():
            self._loop.add_signal_handler(number, heard)
        self._loop.add_reader(self._source, self._take)
        self._resized.set()
        loops = (self._pass_on(), self._show(), self._follow_size(), self._stop(), self._go_on())
        tasks = [self._loop.create_task(self._while_there(each)) for each in loops]
        ends_it: list[asyncio.Future[Any]] = [self._left, *tasks]
        try:
            await asyncio.wait(ends_it, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._loop.remove_reader(self._source)
            for number in signals:
                self._loop.remove_signal_handler(number)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        return self._left.result()

    def _leave(self, how: Left) -> None:
        if not self._left.done():
            self._left.set_result(how)

    async def _while_there(self, loop: Coroutine[None, None, None]) -> None:
        """Run a loop while the terminal is there."""
        try:
            await loop
        except OSError:  # of the terminal: those of the network are the client's own
            self._leave(Left.STOPPED)

    def _take(self) -> None:
        """Take what was typed."""
        typed = self._own.read()
        if typed is None:
            return
        keys, detaches = self._detach_key.feed(typed)
        if keys and not self._of.is_read_only:
            self._keys.put_nowait(keys)
        if detaches or not typed:
            self._loop.remove_reader(self._source)
        if detaches:
            self._keys.put_nowait(b"")  # what was typed before goes out first
        elif not typed:
            self._leave(Left.STOPPED)

    async def _pass_on(self) -> None:
        while keys := await self._keys.get():
            await self._terminal.type_in(keys)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECEIPT_SECONDS):
                await self._terminal.settled()
        self._leave(Left.DETACHED)

    async def _follow_size(self) -> None:
        """Tell the size of this terminal, at first and whenever it has become another."""
        while True:
            await self._resized.wait()
            self._resized.clear()
            if not self._of.is_read_only:
                await self._terminal.resize(*size_of(self._target))
            await self._tell_missing()
            await asyncio.sleep(SETTLES_SECONDS)

    async def _stop(self) -> None:
        """Give the terminal back before the shell has it."""
        while True:
            await self._suspended.wait()
            self._suspended.clear()
            await self._own.give_back(b"" if self._of.missing is None else KEPT_TITLE)
            self._of.missing = None
            os.kill(os.getpid(), signal.SIGSTOP)

    async def _go_on(self) -> None:
        """Take the terminal again when the shell gives it back, however it was stopped."""
        while True:
            await self._continued.wait()
            self._continued.clear()
            await self._own.take_over()
            self._resized.set()
            self._of.takes_size |= self._owns_size()  # which drawing it anew gives up
            await self._terminal.redraw()

    async def _show(self) -> None:
        """Write what comes until the session has ended: a program that ended before it was resumed does not count."""
        last_words: asyncio.TimerHandle | None = None
        queued: asyncio.TimerHandle | None = None
        has_ended = False
        async for event in self._terminal.events():
            self._is_connected = not isinstance(event, Disconnected)
            match event:
                case bytes():
                    await self._draw(event)
                    continue
                case Screen():
                    self._escapes = Escapes()
                    self._size = event.columns, event.rows
                    await self._draw(event.data, cleared(size_of(self._target)[1]))
                    self._is_blank = _NOTHING.fullmatch(event.data) is not None
                case State():
                    self._state = event
                    has_ended = event.session_state == "ended"
                    if event.session_state != "queued":
                        self._is_queued = False
                        if queued is not None:
                            queued.cancel()
                            queued = None
                    elif queued is None:
                        queued = self._loop.call_later(QUEUED_SECONDS, self._still_queued)
                    if last_words is not None:
                        last_words.cancel()
                    last_words = None
                    if has_ended:
                        last_words = self._loop.call_later(LAST_WORDS_SECONDS, self._leave, Left.ENDED)
                    if self._of.takes_size and not self._of.is_read_only:
                        self._of.takes_size = False
                        await self._terminal.own()
                case Resized():
                    self._size = event.columns, event.rows
                case Refused():
                    self._of.refusal = event.message
                case Begun():
                    self._of.over = None
                case Over():
                    self._of.over = event
                case Disconnected():
                    pass
            await self._tell_missing()
            self._of.is_chat = self._state is not None and self._state.mode != "terminal"
            if self._of.is_chat or (has_ended and self._of.over is not None):
                self._leave(Left.ENDED)
                return

    def _owns_size(self) -> bool:
        state = self._state
        return state is not None and state.owner is not None and state.owner.viewer == state.viewer

    def _still_queued(self) -> None:
        self._is_queued = True
        self._resized.set()

    async def _draw(self, output: bytes, before: bytes = b"") -> None:
        """Write what draws of an output. The window's title is the program's again, until it is told anew."""
        back = b"" if self._of.missing is None else KEPT_TITLE
        note = _EMPTY if self._is_blank and self._of.missing is not None else b""
        self._of.missing, self._is_blank = None, False
        await self._own.write(back + (before or note) + self._escapes.feed(output))
        await self._tell_missing()

    async def _tell_missing(self) -> None:
        """Say in the window's title what is missing; give it back afterwards."""
        missing = self._missing()
        if missing == self._of.missing:
            return
        back = b"" if self._of.missing is None else KEPT_TITLE
        self._of.missing = missing
        said = b"" if missing is None else KEEP_TITLE + b"\x1b]0;%b\x07" % missing.encode()
        note = "" if missing is None else f"{missing} {shown(self._of.detach_key)} leaves it."
        await self._own.write(back + said + (_EMPTY + note.encode() if self._is_blank else b""))

    def _missing(self) -> str | None:
        state = self._state
        if not self._is_connected:
            return NO_SERVER
        if state is None or state.session_state == "ended":
            return None
        if state.round is None:
            return NO_MACHINE
        if self._is_queued:
            return NO_PLACE
        columns, rows = size_of(self._target)
        if (
            state.owner is None
            or self._owns_size()
            or self._size is None
            or (self._size[0] <= columns and self._size[1] <= rows)
        ):
            return None
        larger = f"The session is {self._size[0]} by {self._size[1]}, this terminal {columns} by {rows}."
        return larger if self._of.is_read_only else f"{larger} `attach --take-size` makes it fit."
