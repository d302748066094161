"""Every state of a small world: rules L-4, L-5, L-7, I-1, I-3, I-4, I-6, I-8, O-1 to O-4, and that the search can fail.

Larger worlds are explored in tests/integration/test_protocol_model.py. Output and instructions share nothing but the
connection and its registration, so that each is looked at in depth alone, and both together in a smaller world.
"""

from __future__ import annotations

import pytest

from tests.unit.protocol.model.explore import CounterExample, explore
from tests.unit.protocol.model.world import Bounds, Guards, Protocol


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(frames=3, instructions=0, faults=1),
        Bounds(frames=2, instructions=0, faults=2),
        Bounds(frames=0, instructions=1, faults=1),
        Bounds(frames=0, instructions=1, faults=1, expires=1),
        Bounds(frames=0, instructions=2, faults=0, withdraws=1),
        Bounds(frames=0, instructions=1, faults=1, withdraws=1),
    ],
    ids=str,
)
def test_no_order_of_events_loses_doubles_or_blocks_anything(bounds: Bounds) -> None:
    protocol = Protocol(bounds)
    explored = explore(protocol.start, protocol.steps, protocol.check, protocol.is_good_end)
    print(explored)
    assert explored.good_ends > 0


@pytest.mark.parametrize(
    ("guards", "bounds", "found"),
    [
        (Guards(fences_boots=False), Bounds(1, 0, 1), "of boot 1 are stored, though boot 2 is open"),
        (Guards(acknowledges_after_commit=False), Bounds(1, 0, 0), "lets go of frame 1, but only 0 are committed"),
        (Guards(checks_the_cursor=False), Bounds(1, 0, 1), "Frame 1 is stored where 2 belongs"),
        (Guards(keeps_until_acknowledged=False), Bounds(1, 0, 0), "lets go of frame 1, but only 0 are committed"),
        (Guards(repeats_reports=False), Bounds(0, 1, 1), "No quiet run leads from here to a good end"),
        (Guards(knows_inputs_by_their_ids=False), Bounds(0, 1, 1), "An instruction took effect twice"),
        (Guards(claims_before_it_delivers=False), Bounds(0, 1, 0, withdraws=1), "that was withdrawn took effect"),
        (Guards(refuses_ghosts=False), Bounds(0, 1, 1), "The agent has lost an instruction that it had taken"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_the_search_finds_each_guard_that_is_missing(guards: Guards, bounds: Bounds, found: str) -> None:
    protocol = Protocol(bounds, guards)
    with pytest.raises(CounterExample) as caught:
        explore(protocol.start, protocol.steps, protocol.check, protocol.is_good_end)
    print(caught.value)
    assert found in caught.value.reason
    assert "the agent connects" in caught.value.trace
