"""How much output is on its way: rule O-6."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claudios.agent.output.window import FIRST_BYTES, LEAST_BYTES, Window

MEGABYTE = 1024 * 1024


def opened(largest: int = 8 * MEGABYTE) -> Window:
    window = Window()
    window.open(largest)
    return window


def test_a_quick_link_is_filled_step_by_step() -> None:
    """O-6"""
    window = opened()
    for _ in range(20):
        size = window.free
        window.sent(size)
        window.returned(size, 0.01)
    assert window.size == 8 * MEGABYTE


def test_a_slow_link_is_not_filled() -> None:
    """O-6: at 8 KB/s, what is sent at once stays within what passes in a few seconds."""
    window = opened()
    for _ in range(20):
        size = window.free
        window.sent(size)
        window.returned(size, size / 8000)
    assert window.size == LEAST_BYTES


def test_a_window_that_was_not_used_does_not_grow() -> None:
    """O-6: a keystroke's quick answer says nothing of a megabyte's."""
    window = opened()
    for _ in range(100):
        window.sent(100)
        window.returned(100, 0.001)
    assert window.size == FIRST_BYTES


def test_what_was_learnt_of_the_path_outlives_the_link() -> None:
    """O-6"""
    window = opened()
    window.sent(window.free)
    window.lost()
    assert window.size == FIRST_BYTES // 2
    window.open(8 * MEGABYTE)
    assert (window.size, window.used) == (FIRST_BYTES // 2, 0)
    window.lost()
    assert window.size == FIRST_BYTES // 2


def test_nothing_more_is_sent_into_a_full_window_until_something_returns() -> None:
    """O-6"""
    window = opened()
    window.sent(window.size)
    assert window.free == 0
    window.forget(FIRST_BYTES)
    assert window.free == FIRST_BYTES


@given(st.lists(st.tuples(st.integers(1, 3 * MEGABYTE), st.floats(0, 100)), max_size=60), st.integers(1, 64 * MEGABYTE))
def test_whatever_happens_the_window_stays_open_and_within_its_bounds(
    batches: list[tuple[int, float]], largest: int
) -> None:
    """O-6"""
    window = opened(largest)
    for size, seconds in batches:
        window.sent(size)
        window.returned(size, seconds)
        assert window.used == 0
        assert LEAST_BYTES <= window.size <= max(largest, LEAST_BYTES)
        assert window.free >= LEAST_BYTES
