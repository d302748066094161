"""When a schedule is due: cron expressions of five fields, read in a time zone.

Where clocks are put forward, what falls into the missing hour is due once, right after it. Where they are put back,
what has a fixed hour and minute is due once, the first time; with `*` in either of them it goes by the time that
passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice, takewhile

from cronsim import CronSim, CronSimError

from claudios.protocol.errors import InputInvalid

FIELDS = 5
MAX_CHARACTERS = 100
SECOND_MS = 1_000
QUARTER_MINUTES = 15
_ANY_TIME = datetime(2026, 1, 1)  # only the words are asked for


def words(expression: str) -> str:
    """Return an expression in English. Raises ValueError, which says what is wrong, for none."""
    return _parsed(expression, _ANY_TIME).explain()


def next_ms(expression: str, zone: tzinfo, after_ms: int) -> int:
    """Return the first time after `after_ms` at which it is due. Takes up to 0.2 s where there is none.

    Raises InputInvalid for an expression that cannot be read, or that is due in none of the next fifty years.
    """
    found = next(_times(expression, zone, after_ms), None)
    if found is None:
        raise InputInvalid("There is no such day in the next fifty years.", "expression")
    return found


def following(expression: str, zone: tzinfo, after_ms: int, count: int) -> list[int]:
    """Return the next times after `after_ms` at which it is due. Raises InputInvalid as `next_ms` does."""
    first = next_ms(expression, zone, after_ms)
    return [first, *islice(_times(expression, zone, first), count - 1)]


def count(expression: str, zone: tzinfo, after_ms: int, before_ms: int, most: int) -> int:
    """Return how often it is due between two times, or `most` for more. Raises InputInvalid."""
    within = takewhile(lambda at_ms: at_ms < before_ms, _times(expression, zone, after_ms))
    return sum(1 for _ in islice(within, most))


def _times(expression: str, zone: tzinfo, after_ms: int) -> Iterator[int]:
    start = datetime.fromtimestamp(after_ms // SECOND_MS, zone)
    try:
        parsed = _parsed(expression, start)
    except ValueError as unreadable:
        raise InputInvalid(f"The expression {unreadable}", "expression") from unreadable
    for found in parsed:
        at_ms = int(found.timestamp()) * SECOND_MS
        if at_ms > after_ms:  # in the hour that comes twice, a search from its second half begins in the first
            yield at_ms


def _parsed(expression: str, start: datetime) -> CronSim:
    if len(expression.split()) != FIELDS:
        raise ValueError("must have five fields: minute, hour, day, month and weekday, such as 0 9 * * MON-FRI")
    try:
        return _Times(expression, start)
    except CronSimError as unreadable:
        if _is_day_beyond_its_months(expression):
            raise ValueError(
                "names a day that never comes: its months have fewer days. Choose an earlier day, or L for the last one"
            ) from unreadable
        what = str(unreadable).removeprefix("Bad ")
        raise ValueError(f"has no {what} that can be read. Write one such as 0 9 * * MON-FRI") from unreadable


def _is_day_beyond_its_months(expression: str) -> bool:
    """Say whether an expression that CronSim refuses can be read but for its day and month together."""
    minute, hour, day, month, weekday = expression.split()
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", _ANY_TIME)
        CronSim(f"{minute} {hour} * {month} {weekday}", _ANY_TIME)
    except CronSimError:
        return False
    return True


class _Times(CronSim):
    """The times of an expression, also where clocks are put by half an hour, or at a quarter to.

    CronSim goes on from hour to hour by the time that passes. On Lord Howe Island it so came to the second half of an
    hour without having looked at its first; on the Chatham Islands it went back for ever. Every zone in use today is
    put at a whole quarter of an hour.
    """

    def advance_hour(self) -> bool:
        if self.dt.hour in self.hours:
            return False
        self.dt = self.dt.replace(second=0)
        while self.dt.hour not in self.hours:
            self.tick(seconds=(QUARTER_MINUTES - self.dt.minute % QUARTER_MINUTES) * 60)
            if self.dt.hour == 0:
                break  # the day is to be looked at again
        return True

    def advance_minute(self) -> bool:
        if self.dt.minute in self.minutes:
            return False
        self.dt = self.dt.replace(second=0)
        while self.dt.minute not in self.minutes:
            self.tick(seconds=60)
            if self.dt.minute == 0:
                break  # the hour is to be looked at again
        return True
