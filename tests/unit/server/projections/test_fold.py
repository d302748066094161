"""The fold as a whole: however the log is cut, and wherever the fold is taken up again, the transcript is the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.asks import Answered, Asked, Withdrawn
from claudios.server.projections.fold import LOST, Checkpoint, Fold
from claudios.server.projections.items import Entry
from claudios.server.projections.lines import MAX_LINE_BYTES
from tests.unit.server.projections.transcripts import (
    PROMPT,
    SESSION,
    Piece,
    Reader,
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
    taken_up_everywhere,
    text,
    tool_use,
    user,
    whole_session,
    written,
)

WHOLE = whole_session()


def cut(pieces: list[Piece], places: set[int]) -> list[Piece]:
    """Cut the payloads of all streams but events at these offsets of the whole."""
    smaller: list[Piece] = []
    offset = 0
    for stream, payload in pieces:
        inside = sorted(place - offset for place in places if offset < place < offset + len(payload))
        edges = [0, *inside, len(payload)] if stream is not Stream.EVENT else [0, len(payload)]
        smaller += [(stream, payload[start:end]) for start, end in pairwise(edges)]
        offset += len(payload)
    return smaller


SIZE = sum(len(payload) for _, payload in WHOLE)


@given(st.sets(st.integers(1, SIZE - 1), max_size=60))
def test_however_the_output_is_cut_into_frames_the_transcript_is_the_same(places: set[int]) -> None:
    assert shown(folded(log_of(cut(WHOLE, places)))) == shown(folded(log_of(WHOLE)))


@given(st.sets(st.integers(1, SIZE - 1), max_size=30), st.sets(st.integers(1, 80), max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_fold_taken_up_from_any_checkpoint_gives_the_same_transcript(places: set[int], stops: set[int]) -> None:
    frames = log_of(cut(WHOLE, places))
    stored: dict[int, Entry] = {}
    fold = Fold()
    for seq, frame in enumerate(frames, 1):
        fold.feed(frame)
        if seq in stops:
            stored |= {entry.no: entry for entry in fold.dirty()}
            checkpoint = Checkpoint.of(fold.checkpoint().encoded())
            assert checkpoint is not None
            fold = Fold.restore(checkpoint, [stored[no] for no in checkpoint.open_items])
            for earlier in frames[checkpoint.resume_seq - 1 : seq]:
                fold.feed(earlier)
    stored |= {entry.no: entry for entry in fold.dirty()}
    assert sorted(stored.values(), key=lambda entry: entry.no) == folded(frames)


@given(st.sets(st.integers(1, SIZE - 1), max_size=30), st.integers(1, 7))
def test_a_viewer_who_follows_the_changes_sees_the_same_as_one_who_reads_the_items(
    places: set[int], at_once: int
) -> None:
    frames = log_of(cut(WHOLE, places))
    fold, reader = Fold(), Reader()
    for start in range(0, len(frames), at_once):
        fold.feed(b"".join(frames[start : start + at_once]))
        reader.follow(fold)
    assert shown(reader.items.values()) == shown(folded(frames))


@given(st.binary(max_size=300), st.sampled_from([Stream.STDOUT, Stream.STDIN, Stream.STDERR, Stream.EVENT]))
def test_no_bytes_break_the_fold(noise: bytes, stream: Stream) -> None:
    frames = log_of([WHOLE[0], (stream, noise), (stream, b"{" + noise + b"\n"), *WHOLE[1:]])
    assert folded(frames)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TYPES = ["assistant", "user", "result", "system", "stream_event", "control_request", "rate_limit_event", "xyz"]


@given(st.lists(st.tuples(st.sampled_from(TYPES), JSON, JSON, JSON), max_size=8))
def test_no_shape_of_message_breaks_the_fold(shapes: list[tuple[str, object, object, object]]) -> None:
    messages = [
        {"type": kind, "message": {"content": one}, "event": other, "request": other, "usage": third, "subtype": third}
        for kind, one, other, third in shapes
    ]
    folded(log_of([WHOLE[0], out(*messages), *WHOLE[1:]]))


def test_the_transcript_reads_as_the_session_went() -> None:
    items = folded(log_of(WHOLE))
    assert [(item.kind, item.body.get("code")) for item in items] == [
        ("notice", "started"),
        ("notice", "stderr"),
        ("user", None),
        ("message", None),
        ("notice", "api_retry"),
        ("notice", "not_json"),
        ("thinking", None),
        ("tool", None),
        ("request", None),
        ("tool", None),
        ("message", None),
        ("raw", None),
        ("request", None),
        ("turn", None),
        ("notice", "exited"),
    ]
    by_no = {item.no: item.body for item in items}
    assert by_no[3] == {"text": "hi ✳", "uuid": PROMPT, "state": "done", "images": 0, "pictures": []}
    assert by_no[4] == {"text": "Hello ✳ wörld", "streaming": False, "error": None}
    assert by_no[6]["text"] == "plain words\nand more\n"
    assert by_no[6]["lines"] == 2
    assert by_no[8]["state"] == "done"
    assert by_no[8]["result"] == "done"
    assert by_no[8]["detail"] == {"stdout": "done"}
    assert by_no[9]["answer"] == "allow"
    assert by_no[10]["state"] == "failed"
    assert by_no[10]["result"] == 'a\n{"type":"image"}'
    assert items[10].parent == "toolu_2"
    assert by_no[13]["state"] == "withdrawn"
    assert by_no[14]["input_tokens"] == 120


def frames_then(fold: Fold, *pieces: Piece) -> Iterator[Fold]:
    for frame in log_of(pieces, first=fold.position + 1):
        fold.feed(frame)
        yield fold


def test_facts_follow_the_session() -> None:
    fold = Fold()
    steps = frames_then(fold, *WHOLE)
    assert next(steps).facts.life.state is SessionState.STARTING
    *_, running = (next(steps) for _ in range(4))
    assert running.facts.life.state is SessionState.RUNNING
    assert fold.facts.activity == "working"
    for _ in steps:
        pass
    assert fold.facts.life.state is SessionState.ENDED
    assert fold.facts.life.reason is EndReason.EXITED
    assert fold.facts.claude_session_id == SESSION
    assert fold.facts.last_text == "Hello ✳ wörld"
    assert (fold.facts.cost_usd, fold.facts.input_tokens, fold.facts.output_tokens) == (0.5, 120, 9)


def test_cost_is_summed_over_processes_and_over_a_clear() -> None:
    fold = Fold()
    fold.feed(b"".join(log_of([out(result(total_cost_usd=1.0)), out(result(total_cost_usd=1.5))])))
    fold.feed(b"".join(log_of([out(result(total_cost_usd=0.25))], first=3)))
    fold.feed(b"".join(log_of([out(result(total_cost_usd=0.25))], epoch=2, first=4)))
    assert fold.facts.cost_usd == 2.0


def test_what_is_asked_answered_and_withdrawn_is_told_once() -> None:
    fold = Fold()
    fold.feed(b"".join(log_of(WHOLE)))
    events = fold.ask_events()
    assert [(type(event), event.request_id) for event in events] == [
        (Asked, "req_1"),
        (Answered, "req_1"),
        (Asked, "req_2"),
        (Withdrawn, "req_2"),
    ]
    asked = events[0]
    assert isinstance(asked, Asked)
    assert "Allow Bash(touch a) in this directory, for me" in asked.suggestions
    assert fold.ask_events() == []


def test_the_echo_of_our_own_answer_on_standard_output_answers_nothing() -> None:
    items = folded(log_of([out(can_use("r", "Bash", {})), out(answer("r", behavior="allow"))]))
    assert items[0].body["state"] == "pending"


def test_who_answered_is_shown_when_it_is_known() -> None:
    fold = Fold()
    fold.answered_by({"r": "ann"})
    fold.feed(b"".join(log_of([out(can_use("r", "Bash", {})), written(answer("r", behavior="deny"))])))
    body = fold.dirty()[0].body
    assert (body["state"], body["answer"], body["answered_by"]) == ("answered", "deny", "ann")


def test_what_was_said_with_an_answer_is_shown_from_the_log() -> None:
    rule = {"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "allow", "destination": "session"}
    given = {"command": "ls", "timeout": 5}
    allowed = answer("r", behavior="allow", updatedInput=given, updatedPermissions=[rule])
    denied = answer("d", behavior="deny", message="Use make.")
    chosen = answer("q", behavior="allow", updatedInput={"questions": [], "answers": {"Which?": "Red"}})
    items = folded(
        log_of(
            [
                *(
                    out(can_use(name, tool, {"command": "rm", "timeout": 5}))
                    for name, tool in (("r", "Bash"), ("d", "Bash"))
                ),
                out(can_use("q", "AskUserQuestion", {"questions": []})),
                *(written(line) for line in (allowed, denied, chosen)),
            ]
        )
    )
    told = [[item.body[name] for name in ("message", "lasting", "changed", "input_given", "answers")] for item in items]
    assert told == [
        [None, ["Allow Bash for this session"], True, {"command": "ls"}, {}],
        ["Use make.", [], False, {}, {}],
        [None, [], False, {}, {"Which?": "Red"}],
    ]


def control(request: str, subtype: str, **fields: object) -> dict[str, object]:
    return {"type": "control_request", "request_id": request, "request": {"subtype": subtype, **fields}}


def test_a_setting_counts_once_claude_has_confirmed_it() -> None:
    refused = {"subtype": "error", "request_id": "p", "error": "bypass was not launched"}
    fold = Fold()
    fold.feed(
        b"".join(
            log_of(
                [
                    written(
                        control("m", "set_model", model="haiku"),
                        control("p", "set_permission_mode", mode="bypassPermissions"),
                        control("e", "apply_flag_settings", settings={"effortLevel": "low"}),
                    ),
                    out(answer("m", model="claude-haiku-5-5"), {"type": "control_response", "response": refused}),
                ]
            )
        )
    )
    assert (fold.facts.model, fold.facts.permission_mode, fold.facts.effort) == ("claude-haiku-5-5", None, None)
    again = Fold.restore(fold.checkpoint(), [])
    again.feed(b"".join(log_of([out(answer("e"), answer("m", model="twice"))], first=3)))
    assert (again.facts.model, again.facts.effort) == ("claude-haiku-5-5", "low")
    assert [item.body["text"] for item in [*fold.dirty(), *again.dirty()]] == [
        "The permission mode was not changed: bypass was not launched.",
        "From here on the effort is low.",
    ]


def test_what_claude_offers_is_told_once() -> None:
    offered = answer("i", commands=[{"name": "compact", "argumentHint": "[how]"}, 7], models=[{"value": "haiku"}])
    fold = Fold()
    fold.feed(b"".join(log_of([written(control("i", "initialize")), out(offered, offered)])))
    assert orjson.loads(fold.offers() or "") == {
        "commands": [{"name": "compact", "description": "", "argument_hint": "[how]"}],
        "models": [{"value": "haiku", "resolved": "haiku", "name": "haiku", "description": "", "efforts": []}],
    }
    assert fold.offers() is None


def test_a_background_task_is_one_item_from_its_beginning_to_its_end() -> None:
    begun = system("task_started", task_id="t", tool_use_id="toolu_9", task_type="local_bash", description="make", n=1)
    pieces = [
        out(begun, system("task_progress", task_id="t", description="Running", usage={"tool_uses": 2})),
        out(system("task_updated", task_id="t", patch={"status": "killed"})),
        out(system("task_notification", task_id="t", status="stopped", summary="It was stopped.")),
        out(system("task_notification", task_id="unknown", status="completed", summary="Who?")),
        out({**begun, "task_id": "u"}),
        happened("ended", reason="exited", exit_code=0),
    ]
    states = []
    fold = Fold()
    for frame in log_of(pieces):
        fold.feed(frame)
        states += [item.body["state"] for item in fold.dirty() if item.kind == "task"]
    assert states == ["running", "stopped", "stopped", "running", "interrupted"]
    task, notice, other, _ = folded(log_of(pieces))
    told = ["task_id", "tool_use_id", "type", "description", "progress", "tool_uses", "summary"]
    assert [task.body[name] for name in told] == ["t", "toolu_9", "local_bash", "make", "Running", 2, "It was stopped."]
    assert (notice.body["code"], other.body["state"]) == ("task", "interrupted")


def test_what_the_cli_tells_claude_of_a_task_is_no_prompt_of_a_person() -> None:
    words = "<task-notification>\n<task-id>t</task-id>\n<status>stopped</status>\n</task-notification>"
    note = {"type": "user", "message": {"role": "user", "content": words}}
    assert folded(log_of([out(note, {**note, "isReplay": True, "uuid": "7"})])) == []


def test_a_prompt_that_begins_like_a_note_of_a_task_is_a_prompt_and_what_stands_beside_a_note_is_read() -> None:
    """Such a prompt stayed `sent` after Claude had answered, and the result beside a note was lost."""
    words = "<task-notification> is what the log says, why?"
    echo = user(words, PROMPT, isReplay=True)
    both = [{"type": "tool_result", "tool_use_id": "t1", "content": "done"}, text("<task-notification>x")]
    asked, call, _ = taken_up_everywhere(
        [
            written(user(words, PROMPT)),
            out(echo, said(tool_use("t1", "Bash", command="ls")), user(both), result()),
        ]
    )
    assert (asked.body["text"], asked.body["state"]) == (words, "done")
    assert (call.body["state"], call.body["result"]) == ("done", "done")


def test_a_line_beyond_the_limit_is_named_and_skipped_without_being_kept() -> None:
    piece = (Stream.STDOUT, b"x" * 65_536)
    whole = [(Stream.STDOUT, b'{"a":"'), *[piece] * (MAX_LINE_BYTES // 65_536 + 5), (Stream.STDOUT, b'"}\n')]
    fold = Fold()
    for frame in log_of([*whole, out(said(text("after")))]):
        fold.feed(frame)
    items = fold.dirty()
    assert [item.body.get("code") for item in items] == ["oversized", None]
    assert str(sum(len(payload) for _, payload in whole) - 1) in str(items[0].body["text"])
    assert items[1].body["text"] == "after"


def test_a_flood_of_plain_text_is_one_item_that_is_shown_seldom() -> None:
    fold, shown_times = Fold(), 0
    for frame in log_of([(Stream.STDOUT, b"0123456789abcde\n" * 4096)] * 400):
        fold.feed(frame)
        shown_times += len(fold.changes())
    (item,) = fold.dirty()
    assert shown_times < 60
    assert len(str(item.body["text"])) <= 4096
    assert int(str(item.body["bytes"])) > 20_000_000


def test_a_process_that_was_lost_is_called_so_with_how_to_go_on() -> None:
    fold = Fold()
    fold.feed(b"".join(log_of([happened("started", pid=2), happened("ended", reason="lost")])))
    (notice,) = [item for item in fold.dirty() if item.body.get("code") == "lost"]
    assert notice.body["text"] == LOST


def test_a_lost_process_leaves_nothing_that_still_streams_or_waits() -> None:
    pieces = [piece for piece in WHOLE if piece[0] is not Stream.EVENT][:15]
    fold = Fold()
    fold.feed(b"".join(log_of(pieces)))
    fold.feed(b"".join(log_of([happened("started", pid=2), out(state("idle"))], epoch=2, first=len(pieces) + 1)))
    for item in fold.dirty():
        assert item.body.get("streaming") is not True, item
        assert item.body.get("state") not in ("running", "pending", "sent"), item
    assert fold.facts.life.epoch == 2


def gap(dropped: int, *, ends_line: bool, reason: str = "disk_full") -> Piece:
    lost = {"bytes": dropped, "sha256": "0" * 64, "ends_line": ends_line}
    return happened("gap", reason=reason, dropped={"stdout": lost})


def test_dropped_output_is_named_and_the_next_whole_line_is_read() -> None:
    """F-6"""
    ((_, cut_line),) = [out(said(text("never whole")))]
    ((_, torn),) = [out(said(text("its beginning is lost")))]
    inside = b'{"looks":"like a line"}' + torn[20:]
    pieces = [
        out(said(text("before"))),
        (Stream.STDOUT, cut_line[:30]),
        gap(70_000, ends_line=False),
        (Stream.STDOUT, inside[:10]),
        (Stream.STDOUT, inside[10:]),
        out(said(text("after"), message="msg_2")),
    ]
    items = folded(log_of(pieces))
    shown = [(item.body.get("code"), item.body["text"]) for item in items]
    assert shown == [
        (None, "before"),
        ("gap", "70000 bytes of output were dropped because the machine's disk was full."),
        ("not_json", cut_line[:30].decode()),
        (None, "after"),
    ]


def test_after_a_gap_that_ends_with_a_line_nothing_more_is_skipped() -> None:
    """F-6"""
    items = folded(log_of([gap(7, ends_line=True, reason="spool_full"), out(said(text("after")))]))
    assert [item.body["text"] for item in items] == [
        "7 bytes of output were dropped because so much waited on the machine to be delivered.",
        "after",
    ]


def test_a_fold_that_is_taken_up_within_a_gap_goes_on_as_if_it_had_not_stopped() -> None:
    frames = log_of(
        [gap(7, ends_line=False), (Stream.STDOUT, b'{"a":'), (Stream.STDOUT, b"1}\n"), out(said(text("b")))]
    )
    fold = Fold()
    for frame in frames[:2]:
        fold.feed(frame)
    checkpoint = Checkpoint.of(fold.checkpoint().encoded())
    assert checkpoint is not None
    again = Fold.restore(checkpoint, [])
    for frame in frames[checkpoint.resume_seq - 1 :]:
        again.feed(frame)
    assert [item.body["text"] for item in again.dirty()] == ["b"]


def test_the_transcript_says_when_the_machine_runs_out_of_room_and_has_it_again() -> None:
    """F-7"""
    told = [happened("space", space=space, bytes=1, max_bytes=2) for space in ("low", "held", "room")]
    items = folded(log_of(told))
    assert [(item.body["code"], item.body["level"]) for item in items] == [
        ("space", "warning"),
        ("space", "error"),
        ("space", "info"),
    ]
