"""Logs of sessions to fold, made of the lines that the real CLI prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import orjson

from claudios.protocol.frame import Frame, Stream, encode
from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.items import Append, Entry, Upsert

Piece = tuple[Stream, bytes]
SESSION = "4fd9c2d0-0000-4000-8000-000000000001"
PROMPT = "a985f9b7-0000-4000-8000-000000000002"


def out(*messages: object) -> Piece:
    """Return lines of standard output."""
    return Stream.STDOUT, b"".join(
        json.dumps(message, ensure_ascii=False).encode(errors="surrogatepass") + b"\n" for message in messages
    )


def written(*messages: object) -> Piece:
    """Return lines of standard input."""
    return Stream.STDIN, b"".join(orjson.dumps(message) + b"\n" for message in messages)


def happened(event: str, **fields: object) -> Piece:
    """Return an event of the shim."""
    return Stream.EVENT, orjson.dumps({"event": event, **fields})


def user(text: object, uuid: str | None = None, **fields: object) -> dict[str, object]:
    return {"type": "user", "message": {"role": "user", "content": text}, "uuid": uuid, **fields}


def said(*blocks: object, message: str = "msg_1", **fields: object) -> dict[str, object]:
    return {
        "type": "assistant",
        "message": {"id": message, "content": list(blocks)},
        "parent_tool_use_id": None,
        **fields,
    }


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def tool_use(use: str, name: str, **wanted: object) -> dict[str, object]:
    return {"type": "tool_use", "id": use, "name": name, "input": wanted}


def tool_result(use: str, content: object, *, is_error: bool = False, **fields: object) -> dict[str, object]:
    result = {"type": "tool_result", "tool_use_id": use, "content": content, "is_error": is_error}
    return {**user([result]), **fields}


def stream(kind: str, **fields: object) -> dict[str, object]:
    return {"type": "stream_event", "event": {"type": kind, **fields}, "parent_tool_use_id": None}


def streamed(index: int, block: dict[str, object], deltas: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return [
        stream("content_block_start", index=index, content_block=block),
        *(stream("content_block_delta", index=index, delta=delta) for delta in deltas),
    ]


def words(*pieces: str) -> list[dict[str, object]]:
    return [{"type": "text_delta", "text": piece} for piece in pieces]


def system(subtype: str, **fields: object) -> dict[str, object]:
    return {"type": "system", "subtype": subtype, **fields}


def state(name: str) -> dict[str, object]:
    return system("session_state_changed", state=name)


def result(**fields: object) -> dict[str, object]:
    return {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "result": "Hello",
        "num_turns": 1,
        "terminal_reason": "completed",
        "duration_ms": 112,
        "total_cost_usd": 0.5,
        "usage": {"input_tokens": 100, "cache_read_input_tokens": 20, "output_tokens": 9},
        **fields,
    }


def can_use(request: str, tool: str, wanted: object, **fields: object) -> dict[str, object]:
    asked = {"subtype": "can_use_tool", "tool_name": tool, "input": wanted, **fields}
    return {"type": "control_request", "request_id": request, "request": asked}


def answer(request: str, **response: object) -> dict[str, object]:
    inner = {"subtype": "success", "request_id": request, "response": response}
    return {"type": "control_response", "response": inner}


def whole_session() -> list[Piece]:
    """Return a session with one of everything."""
    suggestion = {
        "type": "addRules",
        "rules": [{"toolName": "Bash", "ruleContent": "touch a"}],
        "behavior": "allow",
        "destination": "localSettings",
    }
    return [
        happened("started", pid=1, argv0="claude"),
        (Stream.STDERR, b"warning: something\n"),
        happened("input", id=PROMPT, bytes=10),
        written(user("hi ✳", PROMPT)),
        out(state("running"), {"type": "command_lifecycle", "command_uuid": PROMPT, "state": "started"}),
        out(system("init", session_id=SESSION, model="claude-opus-5-5", permissionMode="default")),
        out(user("hi ✳", PROMPT, isReplay=True)),
        out(stream("message_start", message={"id": "msg_0"}), *streamed(0, text(""), words("lost"))),
        out(system("api_retry", attempt=1, max_retries=10, retry_delay_ms=590, error="overloaded", error_status=529)),
        (Stream.STDOUT, b"plain words\nand more\n"),
        out(stream("message_start", message={"id": "msg_1"})),
        out(*streamed(0, {"type": "thinking", "thinking": ""}, [{"type": "thinking_delta", "thinking": "Hm"}])),
        out(said({"type": "thinking", "thinking": "Hm"})),
        out(*streamed(1, text(""), words("Hel", "lo ", "✳ wörld"))),
        out(said(text("Hello ✳ wörld"))),
        out(
            *streamed(2, tool_use("toolu_1", "Bash"), [{"type": "input_json_delta", "partial_json": '{"command":'}]),
            stream("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '"touch a"}'}),
            said(tool_use("toolu_1", "Bash", command="touch a")),
            stream("content_block_stop", index=2),
            state("requires_action"),
            can_use(
                "req_1", "Bash", {"command": "touch a"}, permission_suggestions=[suggestion], tool_use_id="toolu_1"
            ),
        ),
        written(answer("req_1", behavior="allow")),
        out(answer("req_1", behavior="allow"), state("running")),
        out(tool_result("toolu_1", "done", tool_use_result={"stdout": "done"})),
        out(said(tool_use("toolu_2", "Task", prompt="x"), message="msg_2")),
        out(said(text("from below"), message="msg_3", parent_tool_use_id="toolu_2")),
        out(tool_result("toolu_2", [text("a"), {"type": "image"}], is_error=True)),
        out({"type": "brand_new", "n": 1}, {"type": "control_cancel_request", "request_id": "req_9"}),
        out(can_use("req_2", "AskUserQuestion", {"questions": [{"question": "Which?"}]})),
        out(result(), state("idle")),
        happened("ended", exit_code=0, signal=None, reason="exited"),
    ]


def log_of(pieces: Sequence[Piece], epoch: int = 1, first: int = 1) -> list[bytes]:
    """Return the pieces as encoded frames."""
    return [
        encode(Frame(stream, epoch, seq, seq, 1_700_000_000_000, payload))
        for seq, (stream, payload) in enumerate(pieces, first)
    ]


class Reader:
    """A viewer: keeps the transcript by changes alone."""

    def __init__(self) -> None:
        self.items: dict[int, Entry] = {}

    def follow(self, fold: Fold) -> None:
        for change in fold.changes():
            match change:
                case Upsert(item):
                    self.items[item.no] = item
                case Append(no, field, words):
                    body = self.items[no].body
                    self.items[no] = Entry(
                        no,
                        self.items[no].kind,
                        body | {field: f"{body.get(field, '')}{words}"},
                        self.items[no].created_seq,
                        self.items[no].updated_seq,
                        self.items[no].at_ms,
                        self.items[no].parent,
                    )


def folded(frames: Iterable[bytes]) -> list[Entry]:
    """Return the transcript of a log, folded in one go."""
    fold = Fold()
    fold.feed(b"".join(frames))
    return sorted(fold.dirty(), key=lambda entry: entry.no)


def taken_up_everywhere(pieces: list[Piece]) -> list[Entry]:
    """Fold a log in one go, and again with a fold that is put away and taken up after each frame; both are the same."""
    stored: dict[int, Entry] = {}
    fold = Fold()
    for frame in log_of(pieces):
        fold.feed(frame)
        stored |= {entry.no: entry for entry in fold.dirty()}
        checkpoint = Checkpoint.of(fold.checkpoint().encoded())
        assert checkpoint is not None
        fold = Fold.restore(checkpoint, [stored[no] for no in checkpoint.open_items])
    at_once = folded(log_of(pieces))
    assert [stored[no] for no in sorted(stored)] == at_once
    return at_once


def shown(entries: Iterable[Entry]) -> list[tuple[int, str, object, str | None]]:
    """Return what does not depend on how the log is cut into frames."""
    return [(entry.no, entry.kind, entry.body, entry.parent) for entry in sorted(entries, key=lambda one: one.no)]
