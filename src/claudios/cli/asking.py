"""What Claude asks for, in words for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping

from claudios.cli.text import harmless, one_line
from claudios.client.shapes import Json, Request

_TELLING = ("command", "file_path", "path", "url", "pattern", "query", "prompt", "description", "plan")
LONGEST_LINE = 160


def tool_line(name: str, tool_input: Json) -> str:
    """Return a tool call on one line: its name and the one input that says most."""
    told = next((tool_input[key] for key in _TELLING if isinstance(tool_input.get(key), str)), None)
    if told is None and tool_input:
        told = json.dumps(tool_input, ensure_ascii=False)
    return one_line(f"{name}: {told}" if told else name)[:LONGEST_LINE]


def summary(request: Request) -> str:
    """Return a request on one line."""
    if request.kind == "question":
        asked = questions(request)
        return one_line(" / ".join(str(each.get("question")) for each in asked))[:LONGEST_LINE] or "a question"
    return tool_line(request.tool_name, request.input)


def details(request: Request) -> str:
    """Return all that a person should see before answering: the whole input, the questions and options, the plan."""
    if request.kind == "question":
        return "\n".join(_question(n, each) for n, each in enumerate(questions(request), 1))
    plan = request.input.get("plan")
    if request.kind == "plan":
        return harmless(plan) if isinstance(plan, str) else "(the plan is in the file that Claude wrote)"
    lines = []
    circumstances = {
        "why you are asked": request.reason,
        "about the path": request.blocked_path,
        "for the subagent": request.subagent,
        "MCP server": request.mcp_server,
    }
    for key, value in [*request.input.items(), *((label, told) for label, told in circumstances.items() if told)]:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"  {one_line(key)}: " + harmless(text).replace("\n", "\n    "))
    return "\n".join(lines)


def questions(request: Request) -> list[Mapping[str, object]]:
    """Return the questions of a request of kind `question`, each with its options."""
    asked = request.input.get("questions")
    return [each for each in asked if isinstance(each, dict)] if isinstance(asked, list) else []


def options(question: Mapping[str, object]) -> list[str]:
    """Return the labels that a question offers."""
    offered = question.get("options")
    found = offered if isinstance(offered, list) else []
    return [str(each.get("label")) for each in found if isinstance(each, dict)]


def _question(n: int, question: Mapping[str, object]) -> str:
    several = " (several may be chosen)" if question.get("multiSelect") is True else ""
    lines = [f"{n}. {one_line(str(question.get('question')))}{several}"]
    lines += [f"   {place}) {one_line(label)}" for place, label in enumerate(options(question), 1)]
    return "\n".join(lines)
