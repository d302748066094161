"""Cron expressions in time zones: when they are due, each time once, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.errors import InputInvalid
from claudios.server.scheduling import cron

ZURICH = ZoneInfo("Europe/Zurich")  # puts the clocks from 2 to 3 on 2027-03-28, and from 3 to 2 on 2026-10-25
CHATHAM = ZoneInfo("Pacific/Chatham")  # by an hour, at a quarter to
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # by half an hour, from 2:00 to 2:30 on 2026-10-04


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def walked(expression: str, zone: tzinfo, after: str, count: int) -> list[str]:
    """Return the next times as the scheduler finds them: each from the one before."""
    at_ms, found = ms(after), []
    for _ in range(count):
        at_ms = cron.next_ms(expression, zone, at_ms)
        found.append(datetime.fromtimestamp(at_ms / 1000, zone).isoformat(timespec="minutes"))
    return found


def test_what_falls_into_the_missing_hour_is_due_once_right_after_it() -> None:
    assert walked("30 2 * * *", ZURICH, "2027-03-27T12:00+01:00", 3) == [
        "2027-03-28T03:00+02:00",
        "2027-03-29T02:30+02:00",
        "2027-03-30T02:30+02:00",
    ]
    assert walked("15 2 * * *", LORD_HOWE, "2026-10-03T12:00+10:30", 2) == [
        "2026-10-04T02:30+11:00",
        "2026-10-05T02:15+11:00",
    ]


def test_what_falls_into_the_hour_that_comes_twice_is_due_once_the_first_time() -> None:
    assert walked("30 2 * * *", ZURICH, "2026-10-24T12:00+02:00", 3) == [
        "2026-10-25T02:30+02:00",
        "2026-10-26T02:30+01:00",
        "2026-10-27T02:30+01:00",
    ]


def test_a_search_that_begins_in_the_second_of_the_two_hours_does_not_go_back_to_the_first() -> None:
    assert walked("30 2 * * *", ZURICH, "2026-10-25T02:15+01:00", 1) == ["2026-10-26T02:30+01:00"]
    assert walked("30 2,3 * * *", ZURICH, "2026-10-25T02:15+01:00", 1) == ["2026-10-25T03:30+01:00"]


def test_what_is_due_every_half_hour_is_due_every_half_hour_of_time_that_passes() -> None:
    for night in ("2026-10-24T22:00+00:00", "2027-03-27T22:00+00:00"):
        times = cron.following("*/30 * * * *", ZURICH, ms(night), 12)
        assert times == [ms(night) + n * 1_800_000 for n in range(1, 13)]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        (LORD_HOWE, ("2026-04-03", "2026-10-02")),
        (CHATHAM, ("2026-04-03", "2026-09-25")),
        (ZURICH, ("2026-03-27", "2026-10-23")),
    ],
)
@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/15 * * * *",
        "30 * * * *",
        "*/15 3 * * *",
        "* 2 * * *",
        "5 */2 * * *",
        "0 */3 * * *",
        "*/7 0 * * *",
    ],
)
def test_what_goes_by_the_time_that_passes_is_due_whenever_the_clock_shows_it(
    expression: str, zone: tzinfo, days: tuple[str, str]
) -> None:
    """Half an hour was left out, twice a year, where clocks are put by so much."""
    shown = CronSim(expression, datetime(2026, 1, 1))
    for day in days:
        night = datetime.fromisoformat(f"{day}T12:00+00:00")
        minutes = [night + timedelta(minutes=n) for n in range(1, 3 * 24 * 60)]
        wanted = [
            int(at.timestamp()) * 1000
            for at in minutes
            if at.astimezone(zone).minute in shown.minutes and at.astimezone(zone).hour in shown.hours
        ]
        assert cron.following(expression, zone, int(night.timestamp()) * 1000, len(wanted)) == wanted


def test_two_that_fall_into_the_missing_hour_with_one_after_it_are_one() -> None:
    assert walked("0 2,3 * * *", ZURICH, "2027-03-27T12:00+01:00", 2) == [
        "2027-03-28T03:00+02:00",
        "2027-03-29T02:00+02:00",
    ]


def test_a_due_time_is_not_due_again_at_itself() -> None:
    noon = ms("2026-11-30T12:00+00:00")
    assert cron.next_ms("0 12 * * *", UTC, noon - 1) == noon
    assert cron.next_ms("0 12 * * *", UTC, noon) == noon + 86_400_000


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from([ZURICH, LORD_HOWE, ZoneInfo("America/Havana"), ZoneInfo("America/St_Johns")]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
)
def test_a_daily_time_comes_once_a_day_in_order(minute: int, hour: int, zone: tzinfo, start: datetime) -> None:
    found = cron.following(f"{minute} {hour} * * *", zone, ms(f"{start.isoformat()}+00:00"), 5)
    days = [datetime.fromtimestamp(at_ms / 1000, zone).date() for at_ms in found]
    assert days == [days[0] + timedelta(days=n) for n in range(5)]
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("0 0 32 * *", "day-of-month"),
        ("0 0 31 13 *", "month"),
        ("0 0 30 2 *", "day that never comes"),
        ("0 0 31 4,6 *", "day that never comes"),
        ("0 0 * 13 *", "month"),
        ("0 0 * * FUNDAY", "day-of-week"),
        ("* * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
    ],
)
def test_an_expression_that_cannot_be_read_says_which_part(expression: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        cron.words(expression)
    with pytest.raises(InputInvalid, match=what) as refused:
        cron.next_ms(expression, UTC, 0)
    assert refused.value.field == "expression"


def test_a_day_that_never_comes_is_told_as_such() -> None:
    with pytest.raises(InputInvalid, match="no such day"):
        cron.next_ms("0 0 */31 * MON#5", UTC, ms("2026-11-30T00:00+00:00"))


def test_it_is_told_in_english() -> None:
    assert cron.words("0 9 * * MON-FRI") == "At 09:00 on Monday through Friday"


def test_what_was_missed_is_counted_up_to_a_bound() -> None:
    start = ms("2026-11-30T00:00+00:00")
    assert cron.count("0 * * * *", UTC, start, start + 5 * 3_600_000, 100) == 4
    assert cron.count("* * * * *", UTC, start, start + 86_400_000, 100) == 100
