"""Who is let into a room, in which order, and what becomes of those who leave or are refused meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Forbidden, NotFound
from claudios.server.live.door import Door, Guest, Read
from claudios.server.live.patches import Patch


class Viewer:
    """Says what was begun with, and by whom."""

    def __init__(self, door: Door, events: list[object], fault: Exception | None = None) -> None:
        self._events = events
        self._fault = fault
        self.guest = Guest(self, self._read, self._begin)
        door.knock(self.guest)

    def show(self, shown: Patch) -> None: ...

    def lose(self, session_id: str) -> None: ...

    def _read(self, connection: Connection) -> object:
        if self._fault is not None:
            raise self._fault
        return self

    def _begin(self, found: Any, position: int) -> None:
        assert found is self
        self._events.append(("begun", self, position))


async def read_at_once(read: Read) -> object:
    return read(cast("Connection", None))  # these viewers ask no database


async def open_to(door: Door, events: list[object], read: Any = read_at_once) -> None:
    await door.let_in(read, 7, lambda viewer: events.append(("attached", viewer)))


async def test_each_begins_and_is_attached_before_the_next_in_the_order_they_came() -> None:
    door, events = Door(), list[object]()
    first, second = Viewer(door, events), Viewer(door, events)
    await open_to(door, events)
    assert events == [("begun", first, 7), ("attached", first), ("begun", second, 7), ("attached", second)]
    assert first.guest.is_in.done()
    assert len(door) == 0


async def test_who_may_not_come_in_is_refused_alone() -> None:
    door, events = Door(), list[object]()
    refused, other = Viewer(door, events, NotFound()), Viewer(door, events)
    await open_to(door, events)
    assert events == [("begun", other, 7), ("attached", other)]
    with pytest.raises(NotFound):
        await refused.guest.is_in


async def test_who_leaves_before_their_turn_is_not_read_for_and_never_attached() -> None:
    door, events = Door(), list[object]()
    leaver, other = Viewer(door, events, AssertionError("it was read for")), Viewer(door, events)
    door.leave(cast("Any", leaver))
    await open_to(door, events)
    assert events == [("begun", other, 7), ("attached", other)]
    with pytest.raises(NotFound):
        await leaver.guest.is_in


async def test_who_leaves_while_it_is_read_for_them_is_not_attached() -> None:
    door, events = Door(), list[object]()
    leaver = Viewer(door, events)

    async def read_slowly(read: Read) -> object:
        door.leave(cast("Any", leaver))
        return await read_at_once(read)

    await open_to(door, events, read_slowly)
    assert events == []
    with pytest.raises(NotFound):
        await leaver.guest.is_in


async def test_who_hangs_up_is_passed_over() -> None:
    door, events = Door(), list[object]()
    gone, other = Viewer(door, events), Viewer(door, events)
    gone.guest.is_in.cancel()
    await open_to(door, events)
    assert events == [("begun", other, 7), ("attached", other)]


async def test_nobody_who_only_waits_is_told_when_it_is_their_turn() -> None:
    door, events = Door(), list[object]()
    first = Viewer(door, events)
    waiting = Guest(None, None, None)
    door.knock(waiting)
    await open_to(door, events)
    assert events == [("begun", first, 7), ("attached", first)]
    await waiting.is_in


async def test_who_knocks_while_others_are_let_in_is_let_in_too() -> None:
    door, events = Door(), list[object]()
    late: list[Viewer] = []
    first = Viewer(door, events)

    async def read_slowly(read: Read) -> object:
        if not late:
            late.append(Viewer(door, events))
        return await read_at_once(read)

    await open_to(door, events, read_slowly)
    assert events[1::2] == [("attached", first), ("attached", late[0])]


async def test_a_reading_that_fails_leaves_everybody_waiting_to_be_refused_together() -> None:
    door, events = Door(), list[object]()
    viewers = [Viewer(door, events, ZeroDivisionError()), Viewer(door, events)]
    with pytest.raises(ZeroDivisionError):
        await open_to(door, events)
    assert len(door) == 2
    door.refuse_all(Forbidden())
    for viewer in viewers:
        with pytest.raises(Forbidden):
            await asyncio.wait_for(viewer.guest.is_in, 60)
    assert (len(door), events) == (0, [])
