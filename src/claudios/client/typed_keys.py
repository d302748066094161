"""What was typed and has no receipt yet. Pure.

Each has an id under which it may be sent again, and takes effect once.
"""

from __future__ import annotations

from dataclasses import dataclass

TOO_OLD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TypedKeys:
    """Bytes that were typed at once, at a time in seconds of a clock that never goes back."""

    id: str
    data: bytes
    at: float


class Keys:
    """Keys in the order in which they were typed. The caller sends what it is told to send."""

    def __init__(self) -> None:
        self.dropped = 0
        self._untaken: dict[str, TypedKeys] = {}
        self._doubted: set[str] = set()
        self._is_held = True
        self._round: int | None = None

    @property
    def untaken(self) -> int:
        """How many the machine does not have, as far as is known, and a receipt is to come."""
        return len(self._untaken.keys() - self._doubted)

    @property
    def is_under_way(self) -> bool:
        """Whether a receipt is still to be expected."""
        return self.untaken > 0 and not self._is_held

    def type_in(self, typed: TypedKeys) -> bool:
        """Take what was typed; say whether it is to be sent now."""
        self._untaken[typed.id] = typed
        return not self._is_held

    def taken(self, identity: str) -> None:
        """Let go of what the machine has, or never will."""
        self._untaken.pop(identity, None)

    @property
    def round(self) -> int | None:
        """The round in which keys are sent now; None while none are."""
        return self._round

    def refuse(self, round: int) -> None:
        """Send nothing more in this round: it is over. What was said of an earlier one changes nothing."""
        if round == self._round:
            self.hold()

    def doubt(self) -> None:
        """Wait for no receipt of what was typed so far: part of the log was passed over. It is sent again as ever."""
        self._doubted = set(self._untaken)

    def hold(self) -> None:
        """Send nothing more: the machine is away, or the server is."""
        self._is_held = True
        self._round = None

    def registered(self, round: int | None, now: float) -> list[TypedKeys]:
        """Take which round it is, None while the machine is away; return what is to be sent again, in order.

        What is older than TOO_OLD_SECONDS is dropped: nobody expects what they typed so long ago.
        """
        if round is None:
            self.hold()
        if round is None or (round == self._round and not self._is_held):
            return []
        self._round, self._is_held = round, False
        kept = {each.id: each for each in self._untaken.values() if now - each.at <= TOO_OLD_SECONDS}
        self.dropped += len(self._untaken.keys() - kept.keys() - self._doubted)
        self._untaken = kept
        return list(kept.values())
