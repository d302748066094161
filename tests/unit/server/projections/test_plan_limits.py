"""What Claude says of its plan's limits, in the words of the real CLI 2.1.330, and of one that says less."""

from __future__ import annotations

from typing import Any

import pytest

from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.plan_limits import PlanLimits, Stopped, WentOn
from tests.unit.server.projections.transcripts import log_of, out, result, said, state, text

AT_MS = 1_700_000_000_000
RESETS = 1_796_062_729
WEEK = 1_796_455_529
NEARLY = {
    "status": "allowed_warning",
    "resetsAt": RESETS,
    "rateLimitType": "five_hour",
    "utilization": 0.91,
    "isUsingOverage": False,
    "surpassedThreshold": 0.9,
    "unifiedWindows": {
        "five_hour": {"utilization": 0.91, "resetsAt": RESETS, "surpassedThreshold": 0.9},
        "seven_day": {"utilization": 0.15, "resetsAt": WEEK},
    },
}
REJECTED = {
    "status": "rejected",
    "resetsAt": RESETS,
    "rateLimitType": "five_hour",
    "isUsingOverage": False,
    "unifiedWindows": {
        "five_hour": {"utilization": 1, "resetsAt": RESETS, "status": "rejected"},
        "seven_day": {"utilization": 0.15, "resetsAt": WEEK},
    },
}
REFUSAL: dict[str, Any] = {
    "error": "rate_limit",
    "is_api_error_message": True,
    "api_error_status": 429,
    "api_error": "usage_limit_reached",
    "api_error_params": {
        "rate_limit_info": {
            "status": "rejected",
            "resetsAt": RESETS,
            "rateLimitType": "five_hour",
            "isUsingOverage": False,
        }
    },
}
USED_NOTHING = {"input_tokens": 0, "output_tokens": 0}
FAILED: dict[str, Any] = {
    "is_error": True,
    "api_error_status": 429,
    "terminal_reason": "api_error",
    "usage": USED_NOTHING,
}
HIT = text("You've hit your 5-hour limit · resets 6:18pm (UTC)")


def event(info: object) -> dict[str, object]:
    return {"type": "rate_limit_event", "rate_limit_info": info}


def fold_of(*messages: object) -> Fold:
    fold = Fold()
    fold.feed(b"".join(log_of([out(*messages)])))
    return fold


def windows(limits: PlanLimits | None) -> list[tuple[str, float | None, int | None]]:
    assert limits is not None
    return [(each.kind, each.used, each.resets_ms) for each in limits.windows]


def test_a_newer_cli_says_how_much_of_each_limit_is_used() -> None:
    fold = fold_of(event(NEARLY))
    limits = fold.plan_limits()
    assert windows(limits) == [("five_hour", 0.91, RESETS * 1000), ("seven_day", 0.15, WEEK * 1000)]
    assert limits is not None
    assert (limits.standing, limits.kind, limits.at_ms) == ("near", "five_hour", AT_MS)
    assert fold.plan_limits() is None, "it is told once"


def test_an_older_cli_says_it_of_the_limit_that_binds_first() -> None:
    """2.1.197 has no `unifiedWindows`; that shape is recorded, not seen in this test."""
    older = {key: value for key, value in NEARLY.items() if key != "unifiedWindows"}
    assert windows(fold_of(event(older)).plan_limits()) == [("five_hour", 0.91, RESETS * 1000)]
    reached = {key: value for key, value in REJECTED.items() if key != "unifiedWindows"}
    assert windows(fold_of(event(reached)).plan_limits()) == [("five_hour", 1.0, RESETS * 1000)]


@pytest.mark.parametrize("info", [{"status": "allowed", "isUsingOverage": False}, {"status": "future"}, {}, None, [1]])
def test_what_says_nothing_of_a_limit_changes_nothing(info: object) -> None:
    fold = fold_of(event(info))
    assert (fold.plan_limits(), fold.limit_news()) == (None, None)


@pytest.mark.parametrize(
    "window",
    [
        {"utilization": "much"},
        {"utilization": -1, "resetsAt": RESETS},
        {"utilization": True},
        {"utilization": float("inf")},
        "five",
        None,
    ],
)
def test_a_window_whose_use_makes_no_sense_is_left_out(window: object) -> None:
    fold = Fold()
    fold._conversation.limits.reported(  # infinity is no JSON
        event({"status": "allowed", "unifiedWindows": {"five_hour": window}}), AT_MS
    )
    assert fold.plan_limits() is None


def test_times_and_shares_beyond_all_bounds_are_bounded() -> None:
    odd = {"five_hour": {"utilization": 1e300, "resetsAt": 2**52}, "x" * 1000: {"utilization": 0.5, "resetsAt": 5}}
    many = {f"limit {n}": {"utilization": 0.1, "resetsAt": 5} for n in range(100)}
    found = windows(fold_of(event({"status": "allowed", "unifiedWindows": {**odd, **many}})).plan_limits())
    assert len(found) == 8
    assert found[0] == ("five_hour", 100.0, None)
    assert len(found[1][0]) == 256


def test_a_turn_that_a_limit_stopped_says_which_and_until_when() -> None:
    fold = fold_of(event(REJECTED), said(HIT, **REFUSAL), result(**FAILED))
    assert fold.limit_news() == Stopped(1, "five_hour", RESETS * 1000, has_worked=False)
    assert fold.limit_news() is None


def test_an_older_cli_is_believed_by_its_event_and_its_error() -> None:
    fold = fold_of(event(REJECTED), said(HIT, error="rate_limit"), result(**FAILED))
    assert fold.limit_news() == Stopped(1, "five_hour", RESETS * 1000, has_worked=False)


def test_a_turn_that_had_worked_before_it_was_stopped_says_so() -> None:
    fold = fold_of(
        said(text("Done so far.")),
        event(REJECTED),
        said(HIT, **REFUSAL),
        result(**{**FAILED, "usage": {"input_tokens": 5, "output_tokens": 7}}),
    )
    assert fold.limit_news() == Stopped(1, "five_hour", RESETS * 1000, has_worked=True)


@pytest.mark.parametrize(
    "messages",
    [
        # As seen: the account's usage is not the reason, or there is an API key and nothing is said of limits.
        (
            event({"status": "rejected", "isUsingOverage": False}),
            said(text("API Error: Server is temporarily limiting requests"), error="rate_limit"),
            result(**FAILED),
        ),
        (said(text("API Error: Request rejected (429)"), error="rate_limit"), result(**FAILED)),
        # A limit is reached, and Claude goes on with credits; then the turn fails for another reason.
        (
            event({**REJECTED, "isUsingOverage": True}),
            said(text("API Error: 500"), error="server_error"),
            result(**FAILED),
        ),
        # A subagent was refused; the conversation was not.
        (event(REJECTED), said(HIT, **{**REFUSAL, "parent_tool_use_id": "toolu_1"}), result(**FAILED)),
    ],
)
def test_what_no_reset_ends_stops_no_session(messages: tuple[object, ...]) -> None:
    assert fold_of(*messages).limit_news() is None


def test_a_completed_turn_is_the_end_of_a_stop_and_a_failed_one_is_not() -> None:
    stopped = (event(REJECTED), said(HIT, **REFUSAL), result(**FAILED))
    assert fold_of(*stopped, result()).limit_news() == WentOn(1)
    failed = result(is_error=True, terminal_reason="api_error")
    assert fold_of(*stopped, failed).limit_news() == Stopped(1, "five_hour", RESETS * 1000, has_worked=False)


def test_a_fold_that_is_put_away_between_refusal_and_result_still_tells() -> None:
    frames = log_of([out(event(REJECTED)), out(said(HIT, error="rate_limit")), out(result(**FAILED), state("idle"))])
    fold = Fold()
    for frame in frames[:2]:
        fold.feed(frame)
        checkpoint = Checkpoint.of(fold.checkpoint().encoded())
        assert checkpoint is not None
        fold = Fold.restore(checkpoint, [])
    fold.feed(frames[2])
    assert fold.limit_news() == Stopped(3, "five_hour", RESETS * 1000, has_worked=False)


def test_going_on_with_credits_is_no_error_to_people() -> None:
    fold = fold_of(event({**REJECTED, "isUsingOverage": True}))
    (notice,) = fold.dirty()
    assert (notice.body["level"], notice.body["text"]) == (
        "warning",
        "The five hour limit is reached. Claude goes on with usage credits.",
    )
