"""How much output is on its way: rule O-6."""

from __future__ import annotations

import pytest
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
        window.sent(size, size)
        window.returned(size, size, 0.01)
    assert window.size == 8 * MEGABYTE


def test_a_slow_link_is_not_filled() -> None:
    """O-6: at 8 KB/s, what is sent at once stays within what passes in a few seconds."""
    window = opened()
    for _ in range(20):
        size = window.free
        window.sent(size, size)
        window.returned(size, size, size / 8000)
    assert window.size == LEAST_BYTES


def test_a_window_that_was_not_used_does_not_grow() -> None:
    """O-6: a keystroke's quick answer says nothing of a megabyte's."""
    window = opened()
    for _ in range(100):
        window.sent(100, 100)
        window.returned(100, 100, 0.001)
    assert window.size == FIRST_BYTES


def test_what_was_learnt_of_the_path_outlives_the_link() -> None:
    """O-6"""
    window = opened()
    window.sent(window.free, window.free)
    window.lost()
    assert window.size == FIRST_BYTES // 2
    window.open(8 * MEGABYTE)
    assert (window.size, window.used) == (FIRST_BYTES // 2, 0)
    window.lost()
    assert window.size == FIRST_BYTES // 2


def test_nothing_more_is_sent_into_a_full_window_until_something_returns() -> None:
    """O-6"""
    window = opened()
    window.sent(window.size, window.size)
    assert window.free == 0
    window.forget(FIRST_BYTES, FIRST_BYTES)
    assert window.free == FIRST_BYTES


def carried(window: Window, bytes_per_second: float, shrunk: float = 1.0, times: int = 30) -> int:
    """Pass full windows over a link, one after the other; return how many bytes of output the last of them held."""
    for _ in range(times):
        expanded = window.free
        wire = int(expanded / shrunk) if window.is_slow else expanded
        window.sent(wire, expanded)
        window.returned(wire, expanded, wire / bytes_per_second)
    return expanded


@pytest.mark.parametrize("bytes_per_second", [8_000, 125_000, 1_000_000])
def test_a_slow_link_is_told_by_full_windows_that_take_their_time_whatever_they_compress_to(
    bytes_per_second: int,
) -> None:
    """O-10"""
    window = opened()
    plain = carried(window, bytes_per_second)
    assert window.is_slow
    for shrunk in (2.5, 3.9):
        grown = carried(window, bytes_per_second, shrunk)
        assert window.is_slow
        assert grown > plain * 1.5


def test_a_quick_link_is_not_slow_nor_is_one_that_has_become_quick() -> None:
    """O-10"""
    window = opened()
    seen = []
    for bytes_per_second in (50 * MEGABYTE, 10_000, 50 * MEGABYTE):
        carried(window, bytes_per_second, 5.0)
        seen.append((window.is_slow, window.size))
    assert seen == [(False, 8 * MEGABYTE), (True, LEAST_BYTES), (False, 8 * MEGABYTE)]


def test_what_was_not_full_says_nothing_of_the_link() -> None:
    """O-10: a far server answers late, also to a keystroke; compressing that gains nothing."""
    window = opened()
    for _ in range(20):
        window.sent(100, 100)
        window.returned(100, 100, 1.0)
    assert not window.is_slow


def test_what_compressed_well_makes_room_for_four_times_as_much_at_most() -> None:
    """O-6: so that what does not compress, coming next, is no more than four windows."""
    window = opened()
    window.sent(1_000, 60_000)
    assert window.used == 15_000
    assert window.free <= 4 * FIRST_BYTES


@given(
    st.lists(
        st.tuples(st.integers(1, 3 * MEGABYTE), st.floats(1, 1000), st.floats(0, 100), st.booleans()), max_size=60
    ),
    st.integers(1, 64 * MEGABYTE),
)
def test_whatever_happens_the_window_stays_open_and_within_its_bounds(
    batches: list[tuple[int, float, float, bool]], largest: int
) -> None:
    """O-6"""
    window = opened(largest)
    for expanded, shrunk, seconds, is_lost in batches:
        wire = max(1, int(expanded / shrunk))
        window.sent(wire, expanded)
        assert window.free <= max(0, max(largest, LEAST_BYTES) - expanded)
        if is_lost:
            window.lost()
        else:
            window.returned(wire, expanded, seconds)
        assert window.used == 0
        assert LEAST_BYTES <= window.size <= max(largest, LEAST_BYTES)
        assert LEAST_BYTES <= window.free <= max(largest, LEAST_BYTES)
