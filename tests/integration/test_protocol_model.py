"""The protocol explored with larger bounds than the unit tests have time for: see tests/unit/protocol/model."""

from __future__ import annotations

import pytest

from tests.unit.protocol.model.explore import explore
from tests.unit.protocol.model.world import Bounds, Protocol


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(frames=3, instructions=0, faults=2),
        Bounds(frames=0, instructions=2, faults=1),
        Bounds(frames=1, instructions=1, faults=1),
    ],
    ids=str,
)
def test_no_order_of_events_loses_doubles_or_blocks_anything(bounds: Bounds) -> None:
    protocol = Protocol(bounds)
    explored = explore(protocol.start, protocol.steps, protocol.check, protocol.is_good_end)
    print(explored)
    assert explored.states > 20_000
