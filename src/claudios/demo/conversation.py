"""What one request to the Messages API says about the conversation so far."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
WORKING_DIRECTORY = re.compile(r"working directory: (/[^\"\\\n]*)", re.IGNORECASE)
PLAN_FILE = re.compile(r"(/[^\s\"'\\]+?/plans/[^\s\"'\\]+?\.md)")
SUMMARY_PROMPTS = ("Your task is to create a detailed summary", "CRITICAL: Respond with TEXT ONLY")
INTERRUPTION = "[Request interrupted"
# What the CLI itself writes in a user's name: neither a prompt nor a script.
CLI_REMARKS = (
    INTERRUPTION,
    "<task-notification",
    "<local-command",
    "<command-name",
    "Output token limit hit",
    "Your response above was stopped",
)


@dataclass(frozen=True)
class Turn:
    """One message of the conversation; `texts` are its text blocks without the CLI's reminders."""

    role: str
    texts: tuple[str, ...]
    carries_tool_result: bool

    @property
    def newest_texts(self) -> tuple[str, ...]:
        """The texts that count: those after an interruption, which the CLI sends in one message with what it cut."""
        return self._after_interruption or self.texts

    @property
    def prompt(self) -> str:
        """What a person, or a parent agent, asks here; empty where nobody does."""
        text = "\n".join(self.newest_texts).strip()
        is_result = self.carries_tool_result and not self._after_interruption
        return "" if self.role != "user" or is_result or text.startswith(CLI_REMARKS) else text

    @property
    def _after_interruption(self) -> tuple[str, ...]:
        cut = max((place for place, text in enumerate(self.texts, 1) if text.startswith(INTERRUPTION)), default=0)
        rest = self.texts[cut:] if cut else ()
        return rest if any(map(str.strip, rest)) else ()


@dataclass(frozen=True)
class Conversation:
    """A parsed request: the turns, and what the answer depends on besides them."""

    model: str
    streams: bool
    turns: tuple[Turn, ...]
    tools: frozenset[str]
    working_directory: str
    plan_file: str
    wants_summary: bool
    wants_title: bool


def parse(raw: bytes) -> Conversation:
    """Parse the body of a Messages request; raise ValueError when it is none."""
    body = json.loads(raw)
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        raise ValueError("not a Messages request")
    messages = body["messages"]
    turns = tuple(_turn(message) for message in messages if isinstance(message, dict))
    surroundings = json.dumps([messages, body.get("system")], ensure_ascii=False)
    formats = json.dumps([body.get(key) for key in ("output_config", "output_format", "system")])
    directory = WORKING_DIRECTORY.search(surroundings)
    return Conversation(
        model=str(body.get("model")),
        streams=body.get("stream") is True,
        turns=turns,
        tools=frozenset(str(tool.get("name")) for tool in body.get("tools") or ()),
        working_directory=directory[1].rstrip() if directory else "/tmp",
        plan_file=(PLAN_FILE.findall(surroundings) or ["/tmp/plan.md"])[-1],
        wants_summary=bool(messages) and any(prompt in json.dumps(messages[-1]) for prompt in SUMMARY_PROMPTS),
        wants_title="title" in formats.lower(),
    )


def _turn(message: dict[str, Json]) -> Turn:
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    texts: list[str] = []
    carries_tool_result = False
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict):
            carries_tool_result |= block.get("type") == "tool_result"
            if block.get("type") == "text":
                texts.append(REMINDER.sub("", str(block.get("text", ""))))
    return Turn(str(message.get("role")), tuple(texts), carries_tool_result)
