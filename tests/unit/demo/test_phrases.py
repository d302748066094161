"""What ordinary words make the demo model do."""

from __future__ import annotations

import json

import pytest

from claudios.demo.phrases import LARGEST_COUNT, steps_for
from claudios.demo.steps import Directive, Step


def played(prompt: str) -> tuple[Step, ...]:
    return steps_for(prompt, "/work/here")


def directive(prompt: str, name: str) -> Directive:
    return next(directive for step in played(prompt) for directive in step if directive.name == name)


def test_any_words_get_a_friendly_answer_that_repeats_them() -> None:
    ((answer,),) = played("What can you do?\nPlease tell.")
    assert answer.name == "speak"
    assert "> What can you do?\n> Please tell." in answer.argument
    assert "scripted demo model" in answer.argument


def test_every_prompt_that_the_greeting_proposes_is_understood() -> None:
    greeting = directive("hello", "speak").argument
    proposed = [word for index, word in enumerate(greeting.split("`")) if index % 2]
    assert len(proposed) >= 3
    for prompt in proposed:
        assert played(prompt) != played(f"nothing like {hash(prompt)}"), prompt
        assert "scripted demo model of ClaudiOS. No account" not in played(prompt)[0][0].argument, prompt


@pytest.mark.parametrize("prompt", ["run ls -la", "please run `ls -la`", "Execute: ls -la"])
def test_run_asks_for_the_bash_tool(prompt: str) -> None:
    assert json.loads(directive(prompt, "bash").argument)["command"] == "ls -la"


@pytest.mark.parametrize(
    ("prompt", "path"),
    [
        ("write a file", "/work/here/hello.txt"),
        ("Please create the file notes.md", "/work/here/notes.md"),
        ("make a new file called `a-b.txt`", "/work/here/a-b.txt"),
    ],
)
def test_write_a_file_writes_into_the_sessions_directory(prompt: str, path: str) -> None:
    name, _, arguments = directive(prompt, "tool").argument.partition(" ")
    assert (name, json.loads(arguments)["file_path"]) == ("Write", path)


def test_edit_a_file_changes_what_was_written_just_before() -> None:
    (_, written), (_, edited), _ = played("edit a file")
    before = json.loads(written.argument.removeprefix("Write "))
    change = json.loads(edited.argument.removeprefix("Edit "))
    assert before["file_path"] == change["file_path"] == "/work/here/fetch.py"
    assert before["content"].count(change["old_string"]) == 1
    assert change["new_string"] != change["old_string"]


def test_count_reaches_the_number_asked_for_and_no_absurd_one() -> None:
    assert "\n20\n" in directive("count to 20", "speak").argument
    assert f"\n{LARGEST_COUNT + 1}\n" not in directive("count to 999999", "speak").argument


def test_a_very_long_prompt_is_quoted_in_part() -> None:
    assert len(directive("x" * 100_000, "speak").argument) < 2000
