"""Messages and the bodies of instructions: rules W-5 and W-6, and the outcomes of I-5."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.errors import MessageInvalid
from claudios.protocol.messages import (
    Ack,
    Command,
    InstructionKind,
    Outcome,
    PermissionMode,
    Report,
    StartSession,
    TerminateSession,
    parse_body,
    parse_from_agent,
    parse_from_server,
)

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"
ACK = {"type": "ack", "session_id": SESSION, "seq": 1}


def test_a_newer_sides_further_keys_are_ignored() -> None:
    """W-5"""
    assert parse_from_server(json.dumps({**ACK, "mood": "good"}).encode()) == Ack(session_id=SESSION, seq=1)


@pytest.mark.parametrize("kind", ["", "dance", "hello", None, 1])
def test_a_type_that_the_server_does_not_say_is_refused(kind: object) -> None:
    """W-5"""
    with pytest.raises(MessageInvalid):
        parse_from_server(json.dumps({**ACK, "type": kind}).encode())


@pytest.mark.parametrize("seq", [True, "1", 1.0, 1.5, -1, None, [1], 10**400])
def test_a_number_is_a_whole_json_number(seq: object) -> None:
    """W-5"""
    if seq == 10**400:  # whole, and absurd: taken or refused, but never a crash
        with contextlib.suppress(MessageInvalid):
            parse_from_server(json.dumps({**ACK, "seq": seq}).encode())
        return
    with pytest.raises(MessageInvalid):
        parse_from_server(json.dumps({**ACK, "seq": seq}).encode())


@pytest.mark.parametrize(
    "session_id", ["", SESSION.upper(), SESSION + "\n", SESSION[:-1], "../../../../etc/passwd", None]
)
def test_a_session_id_that_is_no_canonical_uuid_is_refused(session_id: object) -> None:
    """W-5: ids become names of directories."""
    with pytest.raises(MessageInvalid):
        parse_from_server(json.dumps({**ACK, "session_id": session_id}).encode())


def test_a_refusal_names_the_field_and_not_what_was_in_it() -> None:
    """W-6"""
    body = json.dumps({"session_id": SESSION, "input": {"id": "my secret prompt", "line": "another secret"}})
    with pytest.raises(MessageInvalid) as refused:
        parse_body(InstructionKind.COMMAND, body)
    assert "input.id" in refused.value.message
    assert "secret" not in refused.value.message


def test_a_message_of_an_unknown_type_is_not_quoted() -> None:
    """W-6"""
    for parse in (parse_from_agent, parse_from_server):
        with pytest.raises(MessageInvalid, match="Its type is unknown") as refused:
            parse(b'{"type":"my secret prompt"}')
        assert "secret" not in refused.value.message


@given(st.binary(max_size=200))
def test_no_bytes_make_a_reader_fail_in_another_way(raw: bytes) -> None:
    """W-5"""
    for parse in (parse_from_agent, parse_from_server):
        with contextlib.suppress(MessageInvalid):
            parse(raw)


def test_json_nested_ten_thousand_deep_is_refused() -> None:
    """W-5"""
    with pytest.raises(MessageInvalid):
        parse_from_agent(b'{"type":"hello","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}")


def test_each_kind_of_instruction_has_its_body() -> None:
    inner = {"id": SESSION, "line": "{}"}
    assert isinstance(parse_body(InstructionKind.START_SESSION, json.dumps({"session_id": SESSION})), StartSession)
    command = parse_body(InstructionKind.COMMAND, json.dumps({"session_id": SESSION, "input": inner}))
    assert isinstance(command, Command)
    assert isinstance(
        parse_body(InstructionKind.TERMINATE_SESSION, json.dumps({"session_id": SESSION})), TerminateSession
    )


def test_a_start_without_further_words_is_a_fresh_session_in_the_default_mode() -> None:
    body = parse_body(InstructionKind.START_SESSION, json.dumps({"session_id": SESSION}))
    assert isinstance(body, StartSession)
    assert (body.epoch, body.first_seq, body.head, body.inputs) == (1, 1, "0" * 64, ())
    assert body.permission_mode is PermissionMode.DEFAULT


def test_the_outcomes_are_those_of_the_documentation() -> None:
    """I-5"""
    names = {outcome.value for outcome in Outcome}
    assert names == {"done", "refused", "failed", "expired", "session_lost", "unknown"}
    assert parse_from_agent(b'{"type":"report","instruction_id":"a","outcome":"unknown"}') == Report(
        instruction_id="a", outcome=Outcome.UNKNOWN
    )
