"""The limits of a plan in the list of agents."""

from __future__ import annotations

from claudios.cli.limits import in_words
from claudios.client.shapes import LimitWindow, PlanLimits

NOW_MS = 1_796_062_000_000
HOUR_MS = 3_600_000


def limits(*windows: LimitWindow) -> PlanLimits:
    return PlanLimits("near", NOW_MS, windows)


def test_what_is_nearly_used_up_says_when_it_resets_and_what_has_reset_says_so() -> None:
    said = limits(
        LimitWindow("five_hour", 0.914, NOW_MS + 2 * HOUR_MS),
        LimitWindow("seven_day", 0.15, NOW_MS + 90 * HOUR_MS),
        LimitWindow("seven_day_opus", 1.0, NOW_MS),
    )
    assert in_words(said, NOW_MS) == "5h 91% (resets in 2h), 7d 15%, seven day opus reset"


def test_nothing_is_said_of_an_account_that_tells_nothing() -> None:
    assert in_words(None) == ""
    assert in_words(limits(LimitWindow("overage", None, None)), NOW_MS) == ""
