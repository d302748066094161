"""Output waits for a viewer that is behind in showing it."""

from __future__ import annotations

import asyncio

from claudios.server.live.flow_control import FlowControl


async def has_room(control: FlowControl) -> bool:
    """Say whether there is room without anything having to happen first."""
    waiting = asyncio.create_task(control.room())
    await asyncio.sleep(0)
    return waiting.done() or not waiting.cancel()


async def test_output_waits_from_the_limit_on_until_the_viewer_has_shown_something() -> None:
    control = FlowControl(100)
    control.sent(99)
    assert await has_room(control)
    control.sent(51)
    assert not await has_room(control)
    waiting = asyncio.create_task(control.room())
    control.shown(50)
    await asyncio.sleep(0)
    assert not waiting.done()
    control.shown(51)
    await waiting


async def test_a_viewer_that_says_more_than_it_was_sent_gains_nothing_and_an_older_word_takes_nothing_back() -> None:
    control = FlowControl(100)
    control.sent(100)
    control.shown(1_000_000)
    control.shown(1)
    control.sent(99)
    assert await has_room(control)
    control.sent(1)
    assert not await has_room(control)


async def test_without_a_limit_there_is_always_room() -> None:
    control = FlowControl(None)
    control.sent(10**9)
    assert await has_room(control)
