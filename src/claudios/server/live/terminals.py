"""Who sits at which terminal session, and whose window gives it its size: one person's at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from claudios.protocol.terminal import TerminalSize


@dataclass(eq=False, slots=True)
class Seat:
    """One viewer. `size` is that of their window, once they said so; `changed` is called when the owner is another."""

    id: str
    username: str
    may_type: bool
    changed: Callable[[], None]
    size: TerminalSize | None = None


@dataclass(slots=True)
class Asked:
    """Which size was asked for last, in which round of the machine's and of which epoch; None where nothing has it."""

    newest: tuple[int, int, TerminalSize] | None = None


@dataclass(slots=True)
class _Table:
    seats: list[Seat] = field(default_factory=list)
    owner: Seat | None = None
    asked: Asked = field(default_factory=Asked)


class Terminals:
    """The viewers of every terminal session here. The first who may type and says a size owns it until they leave."""

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}

    def sit(self, session_id: str, seat: Seat) -> Callable[[], None]:
        """Add a viewer; return what takes them away again, once."""
        table = self._tables.setdefault(session_id, _Table())
        table.seats.append(seat)

        def leave() -> None:
            if seat not in table.seats:
                return
            table.seats.remove(seat)
            if not table.seats:
                del self._tables[session_id]
            elif table.owner is seat:
                self._hand_over(table)

        return leave

    def owner(self, session_id: str) -> Seat | None:
        """Return whose window gives the session its size."""
        table = self._tables.get(session_id)
        return None if table is None else table.owner

    def asked(self, session_id: str) -> Asked:
        """Return which size the machine was asked for, whoever's it was."""
        return self._tables[session_id].asked

    def resized(self, session_id: str, seat: Seat, size: TerminalSize) -> None:
        """Take the size of a viewer's window. It counts if they own the session's size, or nobody does."""
        table = self._tables[session_id]
        seat.size = size
        if table.owner is None and seat.may_type:
            table.owner = seat
        if table.owner is seat:
            _tell(table)

    def own(self, session_id: str, seat: Seat) -> None:
        """Let a viewer who may type give the session its size from now on."""
        table = self._tables[session_id]
        if seat.may_type and table.owner is not seat:
            table.owner = seat
            _tell(table)

    def may_type(self, session_id: str, seat: Seat, may_type: bool) -> None:
        """Take that a viewer may type, or may not any more."""
        seat.may_type = may_type
        table = self._tables[session_id]
        if table.owner is seat and not may_type:
            self._hand_over(table)
        seat.changed()

    def _hand_over(self, table: _Table) -> None:
        table.owner = next((seat for seat in table.seats if seat.may_type and seat.size is not None), None)
        _tell(table)


def _tell(table: _Table) -> None:
    for seat in tuple(table.seats):
        seat.changed()
