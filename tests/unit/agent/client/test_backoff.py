"""When the agent tries again: rule L-10."""

from __future__ import annotations

import random

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
    """L-10: no two alike, spread evenly, and the server sees them about every half minute each."""
    delays = []
    for seed in range(200):
        backoff, elapsed = Backoff(random.Random(seed).random), 0.0
        while elapsed < 3600:
            delay = backoff.next_seconds()
            assert 0 <= delay < 60
            elapsed += delay
        delays.append(delay)
    assert len(set(delays)) == 200
    assert 20 < sum(delays) / 200 < 45
    assert sum(delay < 30 for delay in delays) < 140


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
