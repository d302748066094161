"""Streams that break and are begun again, conversations that are summed up, and limits."""

from __future__ import annotations

from claudios.server.projections.fold import Fold
from claudios.server.projections.tools import MAX_OPEN
from tests.unit.server.projections.transcripts import (
    folded,
    happened,
    log_of,
    out,
    result,
    said,
    state,
    stream,
    streamed,
    system,
    taken_up_everywhere,
    text,
    tool_result,
    tool_use,
    user,
    words,
)

RETRY = system("api_retry", attempt=1, max_retries=10, retry_delay_ms=590, error="overloaded", error_status=529)
FAILED = "The model did not answer (overloaded, HTTP 529)"
CUT = '{"content": "The quick'


def begins(message: str) -> dict[str, object]:
    return stream("message_start", message={"id": message})


def call(use: str, index: int, written: str, name: str = "Write") -> list[dict[str, object]]:
    return streamed(index, tool_use(use, name), [{"type": "input_json_delta", "partial_json": written}])


BROKEN_AT = out(begins("m1"), *streamed(0, text(""), words("Before.")), *call("t1", 1, CUT))
BROKEN = (BROKEN_AT[0], BROKEN_AT[1] + out(stream("message_stop"))[1])
WHOLE = out(
    *call("t2", 0, '{"content": "x"}'),
    said(tool_use("t2", "Write", content="x"), message="m2"),
    stream("content_block_stop", index=0),
    stream("message_stop"),
    tool_result("t2", "written"),
)


def test_a_call_whose_input_broke_off_is_replaced_by_the_one_after_the_retry() -> None:
    items = taken_up_everywhere([BROKEN, out(RETRY), out(begins("m2")), WHOLE, out(result())])
    calls = [item.body for item in items if item.kind == "tool"]
    assert [(body["tool_use_id"], body["state"], body["input"], body["result"]) for body in calls] == [
        ("t2", "done", {"content": "x"}, "written")
    ]
    assert [item.body["text"] for item in items if item.kind == "message"] == [""]


def test_a_call_whose_whole_input_is_too_long_to_read_is_done_with_its_result() -> None:
    """A Write of 9 MB was shown as interrupted, and its result as raw JSON."""
    content = "x" * (9 * 1024 * 1024)
    channel, line = out(said(tool_use("t1", "Write", content=content), message="m1"))
    pieces = [(channel, line[start : start + 65_536]) for start in range(0, len(line), 65_536)]
    begun = out(begins("m1"), *call("t1", 0, content[:1_000]))
    ended = out(stream("content_block_stop", index=0), stream("message_stop"), tool_result("t1", "written"), result())
    items = folded(log_of([begun, *pieces, ended]))
    assert [item.kind for item in items] == ["tool", "notice", "turn"]
    body = items[0].body
    assert (body["state"], body["streaming"], body["result"]) == ("done", False, "written")


def test_a_call_that_is_not_made_again_after_a_retry_is_interrupted_and_runs_no_longer() -> None:
    answered = out(begins("m2"), *streamed(0, text(""), words("No.")), said(text("No."), message="m2"), result())
    items = taken_up_everywhere([BROKEN, out(RETRY), answered])
    (call_,) = [item.body for item in items if item.kind == "tool"]
    assert (call_["state"], call_["streaming"]) == ("interrupted", False)


def test_what_comes_after_an_answer_that_was_not_streamed_stands_below_it() -> None:
    """A later call, and what was said with it, took the place of what had broken off before the answer."""
    whole = out(said(text("So:"), tool_use("t2", "Read"), message="m2"), tool_result("t2", "read"))
    later = out(begins("m3"), *streamed(0, text(""), words("Then.")), *call("t3", 1, "{}"), stream("message_stop"))
    items = taken_up_everywhere([BROKEN, out(RETRY), whole, later, out(result())])
    said_so = [item.body["text"] for item in items if item.kind == "message"]
    assert said_so == ["", "So:", "Then."]
    calls = [(item.body["tool_use_id"], item.body["state"]) for item in items if item.kind == "tool"]
    assert calls == [("t1", "interrupted"), ("t2", "done"), ("t3", "interrupted")]


def test_a_call_that_broke_off_at_the_end_of_a_turn_is_interrupted() -> None:
    items = taken_up_everywhere([BROKEN, out(result())])
    assert [item.body["state"] for item in items if item.kind == "tool"] == ["interrupted"]


def test_a_call_that_broke_off_without_a_retry_is_not_taken_for_a_later_one() -> None:
    items = taken_up_everywhere([BROKEN, out(begins("m2")), WHOLE, out(result())])
    calls = [(item.body["tool_use_id"], item.body["state"]) for item in items if item.kind == "tool"]
    assert calls == [("t1", "interrupted"), ("t2", "done")]


def test_a_call_that_was_given_up_for_many_others_is_not_begun_again_after_a_retry() -> None:
    """Its item was closed, and what was put away with it could not be taken up: the session showed nothing new."""
    uses = [tool_use(f"m{number}", "Bash") for number in range(MAX_OPEN)]
    many = out(said(*uses, message="m0", parent_tool_use_id="t"))
    pieces = [BROKEN_AT, many, out(stream("message_stop")), out(RETRY), out(begins("m2")), WHOLE, out(result())]
    calls = [item.body for item in taken_up_everywhere(pieces) if item.body.get("name") == "Write"]
    assert [(body["tool_use_id"], body["state"]) for body in calls] == [("t1", "running"), ("t2", "done")]


def test_one_call_that_is_announced_twice_is_begun_again_once() -> None:
    twice = out(begins("m1"), *call("t1", 0, CUT), *call("t1", 1, CUT), stream("message_stop"))
    again = out(begins("m2"), *call("t2", 0, "{}"), *call("t3", 1, "{}"), tool_result("t2", "a"))
    items = taken_up_everywhere([twice, out(RETRY), again, out(tool_result("t3", "b"), result())])
    calls = [(item.body["tool_use_id"], item.body["result"]) for item in items if item.kind == "tool"]
    assert calls == [("t2", "a"), ("t3", "b")]


def test_a_call_whose_input_is_whole_outlives_a_stream_that_breaks_after_it() -> None:
    whole = [*call("t1", 0, "{}"), said(tool_use("t1", "Bash", command="ls"), message="m1")]
    items = taken_up_everywhere(
        [out(begins("m1"), *whole), out(RETRY), out(tool_result("t1", "a"), begins("m2"), said(text("b")), result())]
    )
    assert [item.body["state"] for item in items if item.kind == "tool"] == ["done"]


def test_a_retry_says_how_it_stands_until_it_is_answered() -> None:
    fold = Fold()
    told: list[object] = []
    for frame in log_of([BROKEN, out(RETRY), out(begins("m2")), out(said(text("Yes."), message="m2"))]):
        fold.feed(frame)
        told += [item.body["text"] for item in fold.dirty() if item.body.get("code") == "api_retry"]
    assert told == [
        f"{FAILED}. Try 1 of 10 follows in 0.6 s.",
        f"{FAILED}. Try 1 of 10 is under way.",
        f"{FAILED} at first. It answered try 1 of 10.",
    ]


def test_a_retry_that_was_never_answered_says_so() -> None:
    failed = said(text("API Error: overloaded"), message="m9", error="overloaded")
    items = taken_up_everywhere([out(RETRY), out(failed, result(is_error=True))])
    (notice,) = [item.body for item in items if item.body.get("code") == "api_retry"]
    assert (notice["level"], notice["text"]) == ("warning", f"{FAILED}. The turn ended after try 1 of 10.")


COMPACTING = system("status", status="compacting")


def test_summing_up_is_one_notice_from_its_beginning_to_its_end_and_the_summary_is_whole() -> None:
    summary = "Summary: " + "long " * 2_000
    pieces = [
        out(COMPACTING),
        out(COMPACTING, system("status", status=None, compact_result="success")),
        out(
            system("compact_boundary", compact_metadata={"trigger": "manual", "pre_tokens": 12_345, "post_tokens": 99})
        ),
        out(user(summary, isSynthetic=True), result()),
        out(user("Your response above was cut off.", isSynthetic=True)),
    ]
    assert folded(log_of(pieces[:1]))[0].body["code"] == "compacting"
    told = [item.body for item in taken_up_everywhere(pieces) if item.kind == "notice"]
    assert [(body["code"], body["text"]) for body in told] == [
        ("compacted", "The conversation was summed up (12,345 tokens before, 99 after)."),
        ("summary", summary),
        ("remark", "Your response above was cut off."),
    ]


def test_summing_up_that_fails_or_is_broken_off_ends() -> None:
    failed = system("status", status=None, compact_result="failed", compact_error="too long")
    items = taken_up_everywhere([out(COMPACTING), out(failed), out(COMPACTING), happened("ended", reason="lost")])
    assert [(item.body["level"], item.body["text"]) for item in items if item.body["code"] == "compacted"] == [
        ("warning", "The conversation could not be summed up: too long"),
        ("info", "The summing up was broken off."),
    ]


def test_a_limit_says_when_it_is_reset() -> None:
    info = {"status": "allowed_warning", "resetsAt": 1_795_381_566, "rateLimitType": "five_hour", "utilization": 0.91}
    items = folded(log_of([out({"type": "rate_limit_event", "rate_limit_info": info}, state("idle"))]))
    assert [(item.body["text"], item.body["resets_ms"]) for item in items] == [
        ("The five hour limit is nearly reached (91% used).", 1_795_381_566_000)
    ]
