"""When the daemon hears of what has been recorded: at once, but for what the program was given.

That waits a moment for what the program says to it: sent ahead, it would only keep the server from the answer.
"""

from __future__ import annotations

LINGER_SECONDS = 0.02


class Announcement:
    """How far the log has been announced, and what may wait. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.seq = 0
        self.due: float | None = None  # what is not announced yet waits until then; None: it waits for nothing

    def given(self, seq: int, now: float) -> None:
        """Take note that the program is given what was recorded after `seq`, which may wait unless more was unheard."""
        if self.seq == seq:
            self.due = now + LINGER_SECONDS

    def said(self) -> None:
        """Take note that the program has said something: nothing waits any more."""
        self.due = None

    def take(self, seq: int, now: float) -> bool:
        """Return whether the log up to `seq` is to be announced now, which the caller then does."""
        if self.due is not None and now >= self.due:
            self.due = None
        if self.seq == seq or self.due is not None:
            return False
        self.seq = seq
        return True
