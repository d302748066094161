"""The script of a conversation: which steps it holds, and which is due."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import pytest

from claudios.demo.conversation import parse
from claudios.demo.script import Script, parse_script, script_of
from claudios.demo.steps import Directive

Message: TypeAlias = "dict[str, Any]"

ASSISTANT: Message = {"role": "assistant", "content": [{"type": "text", "text": "..."}]}
TOOL_RESULT: Message = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]}


def script(*messages: Message) -> Script:
    return script_of(parse(json.dumps({"model": "m", "messages": messages}).encode()))


def prompt(*texts: str) -> Message:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


def names(played: Script) -> list[list[str]]:
    return [[directive.name for directive in step] for step in played.left]


def test_directives_joined_by_a_plus_share_an_answer() -> None:
    steps = parse_script("please [[say I look]] + [[bash ls -l]] and then [[say done]]")
    assert steps == ((Directive("say", "I look"), Directive("bash", "ls -l")), (Directive("say", "done"),))


def test_a_header_may_have_digits_in_its_name() -> None:
    assert Directive("header", "x-5h-used=0.9").options == {"x-5h-used": "0.9"}


def test_a_plus_after_other_words_joins_nothing() -> None:
    assert len(parse_script("[[say one]] plus +[[say two]]")) == 2


def test_repeat_gives_one_answer_for_each_time() -> None:
    assert parse_script("[[repeat 3 bash true]]") == ((Directive("bash", "true"),),) * 3


def test_an_argument_may_hold_json_with_closing_brackets() -> None:
    (step,) = parse_script("[[tool T [1, [2]]]]")
    assert step == (Directive("tool", "T [1, [2]]"),)


def test_options_and_words_of_an_argument_are_told_apart() -> None:
    directive = Directive("text", "500 rate=20 mb chunk=7")
    assert directive.words == ["500", "mb"]
    assert directive.options == {"rate": "20", "chunk": "7"}


def test_the_step_that_is_due_follows_from_the_answers_given_so_far() -> None:
    first = prompt("[[bash ls]] [[say done]]")
    assert names(script(first)) == [["bash"], ["say"]]
    assert names(script(first, ASSISTANT, TOOL_RESULT)) == [["say"]]
    assert names(script(first, ASSISTANT, TOOL_RESULT, ASSISTANT, TOOL_RESULT)) == []


def test_the_newest_prompt_has_the_word() -> None:
    assert names(script(prompt("[[say old]]"), ASSISTANT, prompt("[[think 5]]"))) == [["think"]]
    assert not script(prompt("[[say old]]"), ASSISTANT, prompt("and now?")).is_written


def test_after_a_failed_turn_the_last_block_of_a_merged_message_wins() -> None:
    merged = script(prompt("[[http 400]] old", "[[say newest]]"))
    assert names(merged) == [["say"]]


@pytest.mark.parametrize("remark", ["[Request interrupted by user]", "<task-notification>x</task-notification>"])
def test_what_the_cli_says_in_the_users_name_is_no_prompt(remark: str) -> None:
    assert names(script(prompt("[[say one]] [[say two]]"), ASSISTANT, prompt(remark))) == [["say"]]


@pytest.mark.parametrize("before", [["count to 100"], ["[[say one]] [[say two]]"], []])
def test_a_prompt_after_an_interruption_starts_its_own_script(before: list[str]) -> None:
    """The CLI sends what it cut, its remark and the next prompt as one message; with tools, the cut result too."""
    merged = prompt(*before, "[Request interrupted by user]", "hello")
    result = {"role": "user", "content": [*TOOL_RESULT["content"], *merged["content"]]}
    for newest in (merged, result):
        played = script(prompt("[[say old]]"), ASSISTANT, newest)
        assert not played.is_written
        assert played.left == script(prompt("hello")).left


def test_directives_in_the_clis_reminders_are_not_played() -> None:
    assert not script(prompt("<system-reminder>[[bash rm]]</system-reminder>", "hello")).is_written
