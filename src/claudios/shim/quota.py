"""How much room the log still has, and what that means for the program. Pure."""

from __future__ import annotations

from enum import Enum


class Space(Enum):
    """ROOM: all is well. LOW: people are told. HELD: the turn was interrupted, and input waits. FULL: the disk takes
    nothing, and the program is not read. DROPPING: the program is read, and what it prints is dropped.
    """

    ROOM = "room"
    LOW = "low"
    HELD = "held"
    FULL = "full"
    DROPPING = "dropping"

    @property
    def takes_input(self) -> bool:
        return self in (Space.ROOM, Space.LOW)


class Quota:
    """What a spool of a certain size means where it may take `max_bytes` (0: any).

    Half of it is LOW and three quarters are HELD; the last quarter is for what a program still prints after it was
    interrupted. Each state is left only at the mark below its own, so that none comes and goes with every frame.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes

    def judge(self, size: int, space: Space) -> Space:
        """Return what a spool of `size` bytes means, coming from `space`."""
        quarter = self.max_bytes // 4
        if not quarter:
            return Space.ROOM
        if size >= self.max_bytes or (space is Space.DROPPING and size > 3 * quarter):
            return Space.DROPPING
        if size >= 3 * quarter or (space in (Space.HELD, Space.DROPPING) and size > 2 * quarter):
            return Space.HELD
        if size >= 2 * quarter or (space is not Space.ROOM and size > quarter):
            return Space.LOW
        return Space.ROOM
