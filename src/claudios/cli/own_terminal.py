"""The terminal that this program runs in, while it shows another one: raw, and as it was before however that ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty

from claudios.cli.escapes import RESET

READ_BYTES = 16 * 1024
GIVES_UP_SECONDS = 1.0
"""How long a terminal may take to read what makes it as it was before. One that was stopped (Ctrl+S) reads nothing."""
KEEP_TITLE, KEPT_TITLE = b"\x1b[22;0t", b"\x1b[23;0t"
"""Puts the window's title on a stack, and takes it from there."""
_CANCEL = b"\x18"
"""Ends the sequence amid which writing may have been given up."""


class OwnTerminal:
    """Passes every key on as it comes. It is raw from `take_over` to `give_back`, which may alternate.

    `is_stuck` says that it took nothing more when it was given back: whatever else is written there would block.
    """

    def __init__(self, source: int, target: int) -> None:
        self.is_stuck = False
        self._source = source
        self._before = termios.tcgetattr(source)
        self._output = _unblocked(target)
        self._writing = asyncio.Lock()

    async def take_over(self) -> None:
        """Make it raw."""
        tty.setraw(self._source, termios.TCSAFLUSH)
        await self.write(KEEP_TITLE)

    async def give_back(self, last: bytes = b"") -> None:
        """Write the last, and make it as it was: nothing that a program has set stays in force."""
        try:
            async with asyncio.timeout(GIVES_UP_SECONDS):
                await self.write(_CANCEL + last + RESET + KEPT_TITLE + b"\r\n")
            self.is_stuck = False
        except TimeoutError:
            self.is_stuck = True
        except OSError:
            pass  # its window was closed
        with contextlib.suppress(termios.error):
            termios.tcflush(self._source, termios.TCIFLUSH)
            termios.tcsetattr(self._source, termios.TCSANOW, self._before)

    def close(self) -> None:
        os.close(self._output)

    async def write(self, data: bytes) -> None:
        """Write, and wait until the terminal has taken it; everything else goes on meanwhile."""
        async with self._writing:
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(self._output, view) :]
                except BlockingIOError:
                    await self._reads()

    def read(self) -> bytes | None:
        """Return what was typed: nothing where the terminal is gone, None where somebody else has taken it."""
        try:
            return os.read(self._source, READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    async def _reads(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._output, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._output)


def _unblocked(target: int) -> int:
    """Open a terminal anew, so that writing to it never blocks, and whoever else has it open does not notice."""
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    for path in (_name_of(target), f"/dev/fd/{target}"):
        with contextlib.suppress(OSError):
            return os.open(path, flags)
    return os.dup(target)  # another user's, as after `su`: writing may block


def _name_of(target: int) -> str:
    try:
        return os.ttyname(target)
    except OSError:  # it has none in a container that it was handed to
        return ""


def cleared(rows: int) -> bytes:
    """Return what empties a terminal of `rows`, and leaves what was there in its scrollback."""
    return b"\x1b[999;1H" + b"\n" * rows + b"\x1b[H\x1b[J"


def size_of(descriptor: int) -> tuple[int, int]:
    """Return columns and rows, within what a session takes; the usual 80 and 24 of a terminal that does not know."""
    found = os.get_terminal_size(descriptor)
    return min(max(found.columns or 80, 2), 1000), min(max(found.lines or 24, 2), 1000)
