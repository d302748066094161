"""The lines for Claude's input: one JSON object each, whatever people write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.server.instructions import lines
from claudios.server.instructions.accept import TITLE_CHARACTERS, title_of


@given(st.text())
def test_any_text_is_one_line_of_json_that_says_the_same(text: str) -> None:
    line = lines.user_message(text, "u-1")
    assert "\n" not in line
    assert json.loads(line) == {
        "type": "user",
        "message": {"role": "user", "content": text},
        "parent_tool_use_id": None,
        "session_id": "",
        "uuid": "u-1",
    }


def test_an_answer_carries_only_what_was_decided() -> None:
    def response(line: str) -> object:
        message = json.loads(line)
        assert message["type"] == "control_response"
        assert message["response"]["request_id"] == "r"
        return message["response"]["response"]

    assert response(lines.allow("r", None)) == {"behavior": "allow"}
    assert response(lines.allow("r", {"a": 1}, [{"type": "x"}])) == {
        "behavior": "allow",
        "updatedInput": {"a": 1},
        "updatedPermissions": [{"type": "x"}],
    }
    assert response(lines.deny("r", "No.")) == {"behavior": "deny", "message": "No."}
    assert response(lines.deny("r", "No.", interrupt=True)) == {
        "behavior": "deny",
        "message": "No.",
        "interrupt": True,
    }


@pytest.mark.parametrize(
    ("prompt", "title"),
    [("hello", "hello"), ("\n\n  a   b\nc", "a b"), ("", ""), ("x" * 200, "x" * (TITLE_CHARACTERS - 1) + "…")],
)
def test_a_title_is_the_first_line_of_the_prompt(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


def test_a_prompt_with_images_holds_them_before_its_text_as_claude_takes_them() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    content = json.loads(lines.user_message("look", "u-1", [png]))["message"]["content"]
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    assert content == [{"type": "image", "source": source}, {"type": "text", "text": "look"}]
