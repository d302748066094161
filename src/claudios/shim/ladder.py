"""The steps that end a program, from a request to SIGKILL. Pure: time is passed in."""

from __future__ import annotations

from enum import IntEnum


class Step(IntEnum):
    """What is done at each rung of the ladder."""

    POLITE = 0
    INTERRUPT = 1
    TERMINATE = 2
    KILL = 3


class Ladder:
    """Climb from POLITE to KILL, waiting `seconds` after each of the first three steps.

    `due` is the monotonic time of the next step: None before `begin` and after KILL.
    """

    def __init__(self, seconds: tuple[float, float, float]) -> None:
        self._seconds = seconds
        self._next = Step.POLITE
        self.due: float | None = None

    @property
    def has_begun(self) -> bool:
        return self._next is not Step.POLITE or self.due is not None

    def begin(self, now: float) -> None:
        """Make the first step due now; once begun, beginning again changes nothing."""
        if not self.has_begun:
            self.due = now

    def climb(self, now: float) -> Step | None:
        """Return the step that is due, if one is, and set when the one after it is."""
        if self.due is None or now < self.due:
            return None
        step = self._next
        if step is Step.KILL:
            self.due = None
        else:
            self._next = Step(step + 1)
            self.due = now + self._seconds[step]
        return step
