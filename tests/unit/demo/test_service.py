"""The scripted model over plain HTTP, as the CLI sees it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

import claudios.demo
from tests.helpers.model import ScriptedModel, running_model

ASSISTANT = {"role": "assistant", "content": [{"type": "text", "text": "..."}]}
TOOL_RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]}
AFTER_ONE_TOOL = [ASSISTANT, TOOL_RESULT]


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came back: `events` of a stream, or the one object of a whole answer."""

    status: int
    headers: http.client.HTTPMessage
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "".join(delta.get("text", "") for delta in self._deltas())

    @property
    def tool(self) -> tuple[str, Any]:
        started = (event["content_block"] for event in self.events if event["type"] == "content_block_start")
        name = next(block["name"] for block in started if block["type"] == "tool_use")
        return name, json.loads("".join(delta.get("partial_json", "") for delta in self._deltas()))

    def _deltas(self) -> Iterator[dict[str, Any]]:
        return (event["delta"] for event in self.events if event["type"] == "content_block_delta")


def post(model: ScriptedModel, body: bytes, session: str = "s", key: str = "k") -> Response:
    headers = {"content-type": "application/json", "x-claude-code-session-id": session, "x-api-key": key}
    with closing(http.client.HTTPConnection(urlsplit(model.url).netloc, timeout=20)) as connection:
        connection.request("POST", "/v1/messages?beta=true", body, headers)
        with connection.getresponse() as response:
            return Response(response.status, response.headers, response.read())


def ask(
    model: ScriptedModel,
    prompt: object,
    later: Sequence[object] = (),
    *,
    stream: bool = True,
    tools: Sequence[str] = ("Bash", "Agent"),
    session: str = "",
    key: str = "k",
) -> Answer:
    messages = [{"role": "user", "content": prompt}, *later]
    body = {"model": "m", "stream": stream, "tools": [{"name": name} for name in tools], "messages": messages}
    response = post(model, json.dumps(body).encode(), session or str(uuid4()), key)
    read = response.body.decode()
    if response.headers["content-type"] == "text/event-stream":
        events = [json.loads(line[6:]) for line in read.splitlines() if line.startswith("data: ")]
    else:
        events = [json.loads(read)]
    return Answer(response.status, response.headers, events)


def test_say_answers_with_the_very_words(model: ScriptedModel) -> None:
    answer = ask(model, "[[say Hello there]]")
    assert (answer.status, answer.text) == (200, "Hello there")
    assert [event["type"] for event in answer.events][-2:] == ["message_delta", "message_stop"]


def test_speak_answers_word_by_word(model: ScriptedModel) -> None:
    answer = ask(model, "[[speak one  two\nthree]]")
    assert answer.text == "one  two\nthree"
    assert len([event for event in answer.events if event["type"] == "content_block_delta"]) == 3


@pytest.mark.parametrize("options", ["chunk=100", "chunk=7 rate=100000", "mb"])
def test_text_has_exactly_the_length_asked_for(model: ScriptedModel, options: str) -> None:
    answer = ask(model, f"[[text 3001 {options}]]")
    assert len(answer.text) == 3001
    assert answer.text.isascii() == ("mb" not in options)


def test_text_and_a_tool_call_share_an_answer(model: ScriptedModel) -> None:
    answer = ask(model, "[[say a]]+[[bash ls -l]] [[say done]]")
    assert answer.text == "a"
    assert answer.tool == ("Bash", {"command": "ls -l", "description": "scripted command"})
    assert answer.events[-2]["delta"]["stop_reason"] == "tool_use"


def test_the_next_step_follows_the_tools_result(model: ScriptedModel) -> None:
    script = "[[bash ls -l]] [[say done]]"
    assert ask(model, script, AFTER_ONE_TOOL).text == "done"
    assert ask(model, script, AFTER_ONE_TOOL * 2).text == "Script finished."


@pytest.mark.parametrize(
    ("directive", "tool", "arguments"),
    [
        (r"write /x/y line 1\nline 2", "Write", {"file_path": "/x/y", "content": "line 1\nline 2"}),
        ("read /x/y", "Read", {"file_path": "/x/y"}),
        (
            'edit {"file_path":"/x","old_string":"a","new_string":"b"}',
            "Edit",
            {"file_path": "/x", "old_string": "a", "new_string": "b"},
        ),
        ('tool Glob {"pattern":"*"}', "Glob", {"pattern": "*"}),
        ('bash {"command":"a","run_in_background":true}', "Bash", {"command": "a", "run_in_background": True}),
        ("plan # P", "ExitPlanMode", {"plan": "# P"}),
        (
            "agent type=Explore desc=x <<bash ls>> <<say sub>>",
            "Agent",
            {"description": "x", "prompt": "[[bash ls]] [[say sub]]", "subagent_type": "Explore"},
        ),
    ],
)
def test_a_tool_directive_calls_its_tool(model: ScriptedModel, directive: str, tool: str, arguments: object) -> None:
    assert ask(model, f"[[{directive}]]").tool == (tool, arguments)


def test_ask_puts_a_question_with_options(model: ScriptedModel) -> None:
    name, arguments = ask(model, "[[ask]]").tool
    assert name == "AskUserQuestion"
    assert [option["label"] for option in arguments["questions"][0]["options"]] == ["Red", "Blue"]


def test_the_subagent_tool_has_the_name_that_this_cli_gives_it(model: ScriptedModel) -> None:
    assert ask(model, "[[agent <<say x>>]]", tools=["Task"]).tool[0] == "Task"


def test_a_subagent_may_run_in_the_background(model: ScriptedModel) -> None:
    assert ask(model, "[[agent bg=1 <<say x>>]]").tool[1]["run_in_background"] is True


def test_planfile_writes_the_file_that_plan_mode_names(model: ScriptedModel) -> None:
    blocks = [
        {"type": "text", "text": "write to /home/u/.claude/plans/a-b.md"},
        {"type": "text", "text": "[[planfile # P]]"},
    ]
    assert ask(model, blocks).tool == ("Write", {"file_path": "/home/u/.claude/plans/a-b.md", "content": "# P"})


def test_an_http_error_is_played_so_many_times_in_a_session(model: ScriptedModel) -> None:
    script, session = "[[http 529 times=2 msg=busy_now retry-after=3]] [[say up]]", str(uuid4())
    for _ in range(2):
        answer = ask(model, script, session=session)
        assert (answer.status, answer.headers["retry-after"]) == (529, "3")
        assert answer.events[0]["error"] == {"type": "overloaded_error", "message": "busy now"}
    assert ask(model, script, session=session).text == "up"
    assert ask(model, script).status == 529, "another session counts for itself"


def test_an_html_error_is_no_json(model: ScriptedModel) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "[[http 502 html]]"}]}
    response = post(model, json.dumps(body).encode())
    assert (response.status, response.headers["content-type"]) == (502, "text/html")


def test_die_resets_the_connection_and_eof_ends_it_early(model: ScriptedModel) -> None:
    with pytest.raises(ConnectionResetError):
        ask(model, "[[die after=100]]")
    with pytest.raises(http.client.IncompleteRead):
        ask(model, "[[eof after=100]]")


def test_a_stream_may_end_in_an_error_event(model: ScriptedModel) -> None:
    assert ask(model, "[[sseerror api_error]]").events[-1]["error"]["type"] == "api_error"


def test_hang_answers_nothing_and_stall_answers_late(model: ScriptedModel) -> None:
    with pytest.raises(ConnectionResetError):
        ask(model, "[[hang 0.01]]")
    assert ask(model, "[[stall 0.01]]+[[delay 0.01]]+[[say late]]").text == "late"


def test_usage_stop_reason_and_headers_are_scripted(model: ScriptedModel) -> None:
    answer = ask(
        model, "[[header x-a=1 x-b=2]]+[[usage in=7 out=9 cache_read=5 cache_write=3]]+[[say x]]+[[stop max_tokens]]"
    )
    usage = answer.events[-2]["usage"]
    assert (answer.headers["x-a"], answer.headers["x-b"]) == ("1", "2")
    assert (usage["input_tokens"], usage["output_tokens"]) == (7, 9)
    assert (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (5, 3)
    assert answer.events[-2]["delta"]["stop_reason"] == "max_tokens"


def test_thinking_is_signed(model: ScriptedModel) -> None:
    deltas = [event["delta"] for event in ask(model, "[[think 50]]").events if event["type"] == "content_block_delta"]
    assert sum(len(delta.get("thinking", "")) for delta in deltas) == 50
    assert deltas[-1]["type"] == "signature_delta"


def test_without_streaming_the_answer_comes_whole(model: ScriptedModel) -> None:
    (message,) = ask(model, "[[say x]]+[[bash ls]]", stream=False).events
    assert [block["type"] for block in message["content"]] == ["text", "tool_use"]
    assert message["content"][0]["text"] == "x"


def test_ordinary_words_are_understood(model: ScriptedModel) -> None:
    assert ask(model, "count to 3").text.startswith("1\n2\n3\n")
    assert ask(model, "run ls").tool[1]["command"] == "ls"


def test_the_clis_side_requests_get_a_plausible_answer(model: ScriptedModel) -> None:
    assert ask(model, "hi", tools=[]).text == "ok"
    summary = ask(model, [{"type": "text", "text": "Your task is to create a detailed summary of it all"}])
    assert "<summary>" in summary.text


@pytest.mark.parametrize("directive", ["[[text]]", "[[text many]]", "[[bash {]]", "[[nonsense]]", "[[tool T 5]]"])
def test_a_malformed_directive_is_answered_with_what_is_wrong(model: ScriptedModel, directive: str) -> None:
    assert "directive" in ask(model, directive).text


def test_a_body_that_is_no_request_is_refused(model: ScriptedModel) -> None:
    assert post(model, b"[]").status == 400
    assert post(model, b"{").status == 400


def test_with_a_key_any_other_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDIOS_DEMO_KEY", "right")
    with running_model() as guarded:
        assert ask(guarded, "[[say in]]", key="wrong").status == 401
        assert ask(guarded, "[[say in]]", key="right").text == "in"


def test_the_log_tells_what_was_played_and_no_key() -> None:
    with running_model() as own:
        ask(own, "[[say x]]", key="sk-canary")
        (entry,) = own.requests()
        assert (entry["did"], entry["model"]) == ("step 0 say", "m")
        assert "sk-canary" not in json.dumps(entry)
        own.reset()
        assert own.requests() == []


def test_it_imports_the_standard_library_alone() -> None:
    source = str(Path(claudios.demo.__file__).parents[2])
    program = f"import sys; sys.path.insert(0, {source!r}); import claudios.demo.__main__"
    subprocess.run([sys.executable, "-S", "-E", "-c", program], check=True)
