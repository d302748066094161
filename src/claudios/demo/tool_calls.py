"""The tool call, if any, that a directive stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from claudios.demo.conversation import Conversation, Json
from claudios.demo.steps import Directive

AGENT_OPTION = re.compile(r"(bg|type|desc)=(\S+)\s*")
QUESTION: Mapping[str, Json] = {
    "question": "Which colour should it be?",
    "header": "Colour",
    "multiSelect": False,
    "options": [
        {"label": "Red", "description": "a warm colour"},
        {"label": "Blue", "description": "a cool colour"},
    ],
}


@dataclass(frozen=True)
class ToolCall:
    """A tool's name, and the input it is called with."""

    name: str
    arguments: Mapping[str, Json]


def tool_call(directive: Directive, conversation: Conversation) -> ToolCall | None:
    """Return the call, or None for a directive that is not one; raise ValueError on a malformed input."""
    if directive.name == "tool":
        name, _, argument = directive.argument.partition(" ")
        return ToolCall(name, _json(argument or "{}"))
    if directive.name not in CALLS:
        return None
    name, compose = CALLS[directive.name]
    argument = directive.argument
    arguments = _json(argument) if argument.startswith("{") else compose(argument, conversation)
    return ToolCall("Task" if name == "Agent" and "Agent" not in conversation.tools else name, arguments)


def _bash(argument: str, _: Conversation) -> Mapping[str, Json]:
    return {"command": argument, "description": "scripted command"}


def _write(argument: str, _: Conversation) -> Mapping[str, Json]:
    path, _space, content = argument.partition(" ")
    return {"file_path": path, "content": _lines(content)}


def _read(argument: str, _: Conversation) -> Mapping[str, Json]:
    return {"file_path": argument}


def _ask(_argument: str, _: Conversation) -> Mapping[str, Json]:
    return {"questions": [dict(QUESTION)]}


def _plan_file(argument: str, conversation: Conversation) -> Mapping[str, Json]:
    return {"file_path": conversation.plan_file, "content": _lines(argument) or "# Plan"}


def _plan(argument: str, _: Conversation) -> Mapping[str, Json]:
    return {"plan": argument or "# Plan\n1. Do the thing"}


def _agent(argument: str, _: Conversation) -> Mapping[str, Json]:
    options: dict[str, str] = {}
    while found := AGENT_OPTION.match(argument):
        options[found[1]] = found[2]
        argument = argument[found.end() :]
    in_background = options.get("bg", "0") not in ("0", "false")
    return {
        "description": options.get("desc", "scripted subagent"),
        "prompt": argument.replace("<<", "[[").replace(">>", "]]"),
        "subagent_type": options.get("type", "general-purpose"),
        **({"run_in_background": True} if in_background else {}),
    }


CALLS: Mapping[str, tuple[str, Callable[[str, Conversation], Mapping[str, Json]]]] = {
    "bash": ("Bash", _bash),
    "write": ("Write", _write),
    "read": ("Read", _read),
    "edit": ("Edit", _read),
    "ask": ("AskUserQuestion", _ask),
    "planfile": ("Write", _plan_file),
    "plan": ("ExitPlanMode", _plan),
    "agent": ("Agent", _agent),
}


def _lines(text: str) -> str:
    return text.replace("\\n", "\n")


def _json(text: str) -> Mapping[str, Json]:
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError("a tool's input is a JSON object")
    return parsed
