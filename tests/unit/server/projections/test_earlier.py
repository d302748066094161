"""A log that begins with what was said outside of ClaudiOS: Claude's own lines, as part of the transcript (I-20)."""

from __future__ import annotations

import json

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.items import Entry
from tests.unit.server.projections.test_pictures import PNG, image
from tests.unit.server.projections.test_pictures import shown as pictures_at
from tests.unit.server.projections.transcripts import (
    SESSION,
    Piece,
    answer,
    can_use,
    folded,
    happened,
    log_of,
    out,
    result,
    said,
    shown,
    state,
    system,
    text,
    tool_result,
    tool_use,
    user,
)

IMPORTED = happened("imported", conversation=SESSION, directory="/work", modified_ms=1_790_000_000_000)
STARTED = happened("started", pid=1, argv0="claude")
AT = "2026-11-30T17:54:20.221Z"
AT_MS = 1_796_061_260_221


def kept(*messages: object) -> Piece:
    return Stream.TRANSCRIPT, b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def items(*pieces: Piece) -> list[tuple[str, object]]:
    """Return kind and text of each item, or its code, or its state."""
    return [
        (entry.kind, entry.body.get("code") or entry.body.get("text") or entry.body.get("state"))
        for entry in folded(log_of(list(pieces)))
    ]


def fold_of(*pieces: Piece) -> Fold:
    fold = Fold()
    fold.feed(b"".join(log_of(list(pieces))))
    return fold


CONVERSATION = kept(
    {"type": "summary", "summary": "About things"},
    user("hi", "1", timestamp=AT, cwd="/work", isSidechain=False),
    {"type": "attachment", "attachment": {"type": "date", "date": "today"}},
    said({"type": "thinking", "thinking": "Hm"}, message="m1", timestamp=AT),
    said(tool_use("toolu_1", "Bash", command="ls"), message="m1"),
    {**tool_result("toolu_1", "a.txt"), "toolUseResult": {"stdout": "a.txt"}},
    {"type": "attachment", "attachment": {"type": "queued_command", "commandMode": "prompt", "prompt": "and?"}},
    said(text("Done."), message="m2"),
    said(text("No response requested."), message="m3") | {"message": {"model": "<synthetic>", "content": [text("No")]}},
    user("hidden", "2", isMeta=True),
    user("a subagent's", "3", isSidechain=True),
    user("[Request interrupted by user]", "4"),
    {"type": "system", "subtype": "turn_duration", "durationMs": 186},
    said(tool_use("toolu_2", "Bash", command="sleep"), message="m4"),
)


def test_what_was_said_stands_before_what_the_session_itself_says() -> None:
    assert items(IMPORTED, CONVERSATION, STARTED, out(user("more", "5"), said(text("Yes."), message="m9"))) == [
        ("notice", "imported"),
        ("user", "hi"),
        ("thinking", "Hm"),
        ("tool", "done"),
        ("user", "and?"),
        ("message", "Done."),
        ("notice", "interrupted"),
        ("tool", "interrupted"),
        ("notice", "imported"),
        ("notice", "started"),
        ("user", "more"),
        ("message", "Yes."),
    ]


def test_each_item_has_the_time_at_which_it_was_said() -> None:
    entries = folded(log_of([IMPORTED, CONVERSATION, STARTED]))
    by_text = {entry.body.get("text"): entry.at_ms for entry in entries}
    assert by_text["hi"] == AT_MS


def test_it_is_the_same_wherever_the_fold_is_taken_up_again() -> None:
    stream, lines = CONVERSATION
    cut = [(stream, lines[at : at + 100]) for at in range(0, len(lines), 100)]
    frames = log_of([IMPORTED, *cut, STARTED, out(said(text("Yes."), message="m9"))])
    stored: dict[int, Entry] = {}
    fold = Fold()
    for seq, frame in enumerate(frames, 1):
        fold.feed(frame)
        stored |= {entry.no: entry for entry in fold.dirty()}
        checkpoint = Checkpoint.of(fold.checkpoint().encoded())
        assert checkpoint is not None
        fold = Fold.restore(checkpoint, [stored[no] for no in checkpoint.open_items])
        for earlier in frames[checkpoint.resume_seq - 1 : seq]:
            fold.feed(earlier)
    assert shown(stored.values()) == shown(folded(frames))


def test_whatever_a_line_claims_to_be_it_asks_costs_and_changes_nothing() -> None:
    fold = fold_of(
        IMPORTED,
        kept(
            system("init", session_id="another", model="m", permissionMode="bypassPermissions"),
            can_use("r1", "Bash", {"command": "ls"}),
            answer("r1", behavior="allow"),
            result(),
            state("running"),
            user("once more", "7", isReplay=True),
            {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": 1}},
            {"type": "conversation_reset"},
        ),
        STARTED,
    )
    facts = fold.facts
    assert (facts.claude_session_id, facts.model, facts.permission_mode, facts.activity) == (None, None, None, None)
    assert (facts.turns, facts.cost_usd, fold.turns(), fold.ask_events()) == (0, None, [], [])
    assert (fold.plan_limits(), fold.limit_news()) == (None, None)
    kinds = [entry.kind for entry in fold.dirty()]
    assert kinds == ["notice", "raw", "raw", "raw", "user", "raw", "raw", "notice"]


def test_a_summed_up_conversation_shows_its_summary() -> None:
    boundary = system("compact_boundary", compactMetadata={"preTokens": 9000, "postTokens": 100})
    shown_items = items(IMPORTED, kept(boundary, user("It was about tea.", "8", isCompactSummary=True)), STARTED)
    assert shown_items == [
        ("notice", "imported"),
        ("notice", "compacted"),
        ("notice", "summary"),
        ("notice", "started"),
    ]


def test_images_are_found_in_the_lines_and_those_of_a_queued_prompt_are_counted() -> None:
    queued = {"type": "queued_command", "commandMode": "prompt", "prompt": [text("and"), image(PNG)]}
    frames = log_of(
        [
            IMPORTED,
            kept(user([image(PNG)], "1"), user([text("two"), image(PNG), image(PNG)], "2")),
            kept({"type": "attachment", "attachment": queued}),
            STARTED,
        ]
    )
    alone, two, later = (entry.body for entry in folded(frames) if entry.kind == "user")
    assert (alone["text"], alone["images"], two["images"], later["images"]) == ("", 1, 2, 1)
    assert pictures_at(frames, alone["pictures"]) == [("image/png", PNG)]
    assert pictures_at(frames, two["pictures"]) == [("image/png", PNG)] * 2
    assert later["pictures"] == []


def test_a_limit_of_before_does_not_stop_the_session() -> None:
    refused = said(text("Limit"), message="m1") | {"isApiErrorMessage": True, "error": "rate_limit"}
    info = {"status": "rejected", "rateLimitType": "five_hour", "resetsAt": 1_800_000_000}
    failed = result(is_error=True, terminal_reason="api_error")
    reached = {"type": "rate_limit_event", "rate_limit_info": info}
    assert fold_of(IMPORTED, kept(refused), STARTED, out(reached, failed)).limit_news() is None


def test_a_failed_answer_is_shown_as_one() -> None:
    failed = said(text("API Error"), message="m1") | {"isApiErrorMessage": True, "error": "rate_limit"}
    (message,) = [entry for entry in folded(log_of([IMPORTED, kept(failed), STARTED])) if entry.kind == "message"]
    assert message.body["error"] == "rate_limit"


def test_a_line_that_is_no_json_or_too_long_breaks_nothing() -> None:
    torn = b'{"type":"user"\nplain words\n' + b'{"x":"' + b"y" * (9 * 1024 * 1024) + b'"}\n'
    frames = [(Stream.TRANSCRIPT, torn[at : at + MAX_PAYLOAD_BYTES]) for at in range(0, len(torn), MAX_PAYLOAD_BYTES)]
    assert items(IMPORTED, *frames, kept(user("after", "9")), STARTED) == [
        ("notice", "imported"),
        ("notice", "oversized"),
        ("user", "after"),
        ("notice", "imported"),
        ("notice", "started"),
    ]


def test_a_checkpoint_of_an_older_server_is_taken_up() -> None:
    fold = fold_of(STARTED)
    checkpoint = fold.checkpoint()
    streams = checkpoint.state["streams"]
    assert isinstance(streams, dict)
    del checkpoint.state["earlier"], streams["transcript"]
    assert Fold.restore(checkpoint, []).position == fold.position


def test_it_is_shown_too_where_a_start_before_could_not_read_it() -> None:
    failed = (happened("failed", message="It is not there."), happened("ended", reason="failed"))
    assert items(*failed, IMPORTED, CONVERSATION, STARTED)[-len(items(IMPORTED, CONVERSATION, STARTED)) :] == items(
        IMPORTED, CONVERSATION, STARTED
    )
