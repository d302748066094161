"""What is on its way into the program: each line, or what was typed, once, whole, in order, and never waited for."""

from __future__ import annotations

import os
import selectors
from collections import deque

from claudios.shim.terminal import is_hung_up

PENDING_BYTES = 32 * 1024 * 1024
REMEMBERED = 10_000


class Inputs:
    """The lines that a program has not read yet, and the ids of those it was given.

    Watches the program's pipe only while a line waits. Remembers the newest 10,000 ids, about 1 MB; an id comes again
    only while its daemon is unsure of it.
    """

    def __init__(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        self._descriptor = descriptor
        self._selector = selector
        self._is_watched = False
        self._is_finishing = False
        self._taken: dict[str, None] = {}
        self._pending: deque[memoryview] = deque()
        self._pending_bytes = 0

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0 and not self._is_finishing

    def has_taken(self, identity: str) -> bool:
        """Say whether this id's line was accepted before."""
        return identity in self._taken

    def has_room(self, size: int) -> bool:
        """Say whether `size` more bytes may wait; a single line always may."""
        return not self._pending or self._pending_bytes + size <= PENDING_BYTES

    def take(self, line: bytes, identity: str | None = None) -> None:
        """Accept a whole line, its newline included, or typed bytes; write what the program takes of it now."""
        if identity is not None:
            self._taken[identity] = None
            if len(self._taken) > REMEMBERED:
                del self._taken[next(iter(self._taken))]
        self._pending.append(memoryview(line))
        self._pending_bytes += len(line)
        self._write()

    def finish(self) -> None:
        """Take no more lines, and close the pipe once the last one is written."""
        self._is_finishing = True
        if not self._pending:
            self.close()

    def close(self) -> None:
        """Drop what is pending and close the pipe."""
        self._pending.clear()
        self._pending_bytes = 0
        self._watch(wanted=False)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, _: int = 0) -> None:
        try:
            while self._pending:
                written = os.write(self._descriptor, self._pending[0])
                self._pending_bytes -= written
                if written == len(self._pending[0]):
                    self._pending.popleft()
                else:
                    self._pending[0] = self._pending[0][written:]
        except BlockingIOError:
            self._watch(wanted=True)
        except OSError as problem:
            if not isinstance(problem, BrokenPipeError) and not is_hung_up(problem):
                raise
            self.close()  # the program closed its input: what it did not read, it will not read
        else:
            self._watch(wanted=False)
            if self._is_finishing:
                self.close()

    def _watch(self, *, wanted: bool) -> None:
        if wanted and not self._is_watched:
            self._selector.register(self._descriptor, selectors.EVENT_WRITE, self._write)
        elif self._is_watched and not wanted:
            self._selector.unregister(self._descriptor)
        self._is_watched = wanted
