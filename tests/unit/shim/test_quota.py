"""What a log of a certain size means, up and down again."""

from __future__ import annotations

import pytest

from claudios.shim.quota import Quota, Space

QUOTA = Quota(400)


@pytest.mark.parametrize(
    ("size", "space"),
    [
        *((0, Space.ROOM), (199, Space.ROOM), (200, Space.LOW), (299, Space.LOW)),
        *((300, Space.HELD), (399, Space.HELD), (400, Space.DROPPING), (9999, Space.DROPPING)),
    ],
)
def test_a_log_that_grows_is_judged_by_its_quarters(size: int, space: Space) -> None:
    assert QUOTA.judge(size, Space.ROOM) is space


@pytest.mark.parametrize(
    ("before", "size", "space"),
    [
        *((Space.DROPPING, 301, Space.DROPPING), (Space.DROPPING, 300, Space.HELD)),
        *((Space.HELD, 201, Space.HELD), (Space.HELD, 200, Space.LOW)),
        *((Space.LOW, 101, Space.LOW), (Space.LOW, 100, Space.ROOM)),
        *((Space.DROPPING, 0, Space.ROOM), (Space.HELD, 100, Space.ROOM)),
    ],
)
def test_a_log_that_shrinks_leaves_each_state_a_quarter_later(before: Space, size: int, space: Space) -> None:
    assert QUOTA.judge(size, before) is space


@pytest.mark.parametrize("space", Space)
def test_without_a_limit_there_is_always_room(space: Space) -> None:
    assert Quota(0).judge(10**15, space) is Space.ROOM


def test_input_is_taken_while_there_is_room_and_while_it_is_only_low() -> None:
    assert {space for space in Space if space.takes_input} == {Space.ROOM, Space.LOW}
