"""When the agent tries again: rule L-10."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.agent.client.backoff import MAX_RETRY_AFTER_SECONDS, Backoff, retry_after_seconds

NOW = 1_800_000_000.0


def test_the_window_doubles_up_to_a_minute() -> None:
    """L-10"""
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_seconds() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_delay_lies_anywhere_in_its_window() -> None:
    """L-10"""
    assert Backoff(lambda: 0.0).next_seconds() == 0.0
    assert Backoff(lambda: 0.5).next_seconds() == 0.5


def test_a_link_that_held_for_a_while_begins_anew() -> None:
    """L-10"""
    backoff = Backoff(lambda: 1.0)
    for _ in range(5):
        backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() == 1.0


@pytest.mark.fault("N6")
def test_two_hundred_agents_that_lost_one_server_for_an_hour_come_back_apart() -> None:
    """L-10: no two alike, each delay anywhere in its window, those of the first seconds as well as the later ones."""
    agents = [delays_of_an_hour(seed) for seed in range(200)]
    assert all(0 <= delay < window for delays in agents for delay, window in zip(delays, windows(), strict=False))
    assert len({delay for delays in agents for delay in delays}) == sum(map(len, agents))
    for n in range(8):
        require_uniform([delays[n] for delays in agents], list(windows())[n])
    require_uniform([delay for delays in agents for delay in delays[7:]], 60)
    shares = [delay / window for delays in agents for delay, window in zip(delays, windows(), strict=False)]
    require_uniform(shares, 1)


def delays_of_an_hour(seed: int) -> list[float]:
    """Return the delays of an agent that finds no server for an hour, by a clock that only its waiting moves."""
    backoff, delays = Backoff(random.Random(seed).random), list[float]()
    while sum(delays) < 3600:
        delays.append(backoff.next_seconds())
    return delays


def windows() -> Iterator[float]:
    """Yield how long the first delay is at most, the second, and so on."""
    yield from (1, 2, 4, 8, 16, 32)
    yield from repeat(60, 1000)


def require_uniform(found: Sequence[float], most: float) -> None:
    """Demand what Kolmogorov and Smirnov do of a sample that is uniform from 0 to `most`, at a level of one in 1000."""
    ordered, count = sorted(found), len(found)
    farthest = max(max((n + 1) / count - each / most, each / most - n / count) for n, each in enumerate(ordered))
    assert farthest < 1.95 / math.sqrt(count), f"{count} delays of up to {most} s lie {farthest:.3f} from even"


@pytest.mark.parametrize(
    "wrong",
    [lambda even: 0.5 + even / 2, lambda even: even**1.2, lambda even: round(even, 1)],
    ids=["late", "skew", "steps"],
)
def test_the_demand_of_evenness_notices_what_is_not_even(wrong: Callable[[float], float]) -> None:
    dice = random.Random(1)
    with pytest.raises(AssertionError, match="from even"):
        require_uniform([wrong(dice.random()) for _ in range(10_000)], 1)


@pytest.mark.fault("N8")
def test_a_wait_that_the_server_asks_for_is_kept_and_jittered_upwards() -> None:
    """L-10"""
    backoff = Backoff(lambda: 0.5)
    assert backoff.next_seconds(120) == 120.5
    assert backoff.next_seconds(86_400) == MAX_RETRY_AFTER_SECONDS + 1.0


@pytest.mark.fault("N8")
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1000000", 900.0),
        ("9" * 5000, 900.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("Fri, 15 Jan 2999 08:00:00 GMT", 900.0),
        ("Fri, 99 Jan 2027 08:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_of_at_most_a_quarter_hour(header: str | None, seconds: float | None) -> None:
    """L-10"""
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=60))
def test_no_header_makes_the_agent_fail(header: str) -> None:
    """L-10"""
    asked = retry_after_seconds(header, NOW)
    assert asked is None or 0 <= asked <= 900
