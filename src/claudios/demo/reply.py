"""One answer of the Messages API, streamed as events or given whole, as the request asks for."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from claudios.demo.connection import Connection
from claudios.demo.conversation import Conversation, Json
from claudios.demo.filler import pieces
from claudios.demo.tool_calls import ToolCall

SERIAL = itertools.count(1)
SIGNATURE = "c3R1Yg=="
INPUT_PIECE_CHARACTERS = 4000
CHARACTERS_PER_TOKEN = 4


@dataclass
class Usage:
    """The tokens an answer claims to have used; `output_tokens` of 0 means: as many as its text has."""

    input_tokens: int = 100
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0

    def as_json(self, output_tokens: int) -> dict[str, Json]:
        """Return the API's form, with the given number where none was scripted."""
        return {**vars(self), "output_tokens": self.output_tokens or max(1, output_tokens)}


@dataclass
class Reply:
    """Builds one answer block by block; nothing is sent before the first."""

    connection: Connection
    conversation: Conversation
    usage: Usage = field(default_factory=Usage)
    headers: dict[str, str] = field(default_factory=dict)
    stop_reason: str = ""
    _blocks: list[Json] = field(default_factory=list)
    _written_tokens: int = 0
    _has_tool_call: bool = False
    _id: str = ""

    async def start(self) -> None:
        """Send the head, unless it has been sent."""
        if self._id:
            return
        self._id = f"msg_demo_{os.getpid()}_{next(SERIAL):06d}"
        if self.conversation.streams:
            await self.connection.begin_events(self.headers)
            await self._event("message_start", {"message": self._message([], None, self.usage.as_json(1))})

    async def text(self, source: AsyncIterator[str]) -> None:
        """Send a text block, piece by piece."""
        text = await self._written_block("text", {"type": "text", "text": ""}, source)
        self._blocks.append({"type": "text", "text": text})

    async def thinking(self, source: AsyncIterator[str]) -> None:
        """Send a thinking block, piece by piece."""
        empty: dict[str, Json] = {"type": "thinking", "thinking": "", "signature": ""}
        text = await self._written_block("thinking", empty, source)
        self._blocks.append({"type": "thinking", "thinking": text, "signature": SIGNATURE})

    async def tool(self, call: ToolCall) -> None:
        """Send a tool call, its input streamed as JSON in pieces."""
        head: dict[str, Json] = {"type": "tool_use", "id": _new_use_id(), "name": call.name}
        text = json.dumps(dict(call.arguments))
        await self._open_block({**head, "input": {}})
        for start in range(0, len(text), INPUT_PIECE_CHARACTERS):
            piece = text[start : start + INPUT_PIECE_CHARACTERS]
            await self._delta({"type": "input_json_delta", "partial_json": piece})
        await self._close_block()
        self._blocks.append({**head, "input": dict(call.arguments)})
        self._written_tokens += len(text) // CHARACTERS_PER_TOKEN
        self._has_tool_call = True

    async def finish(self) -> None:
        """Complete the answer; one without any block says ok."""
        if not self._blocks:
            await self.text(pieces("ok"))
        stop_reason = self.stop_reason or ("tool_use" if self._has_tool_call else "end_turn")
        usage = self.usage.as_json(self._written_tokens)
        if not self.conversation.streams:
            await self.connection.answer(200, self._message(self._blocks, stop_reason, usage), self.headers)
            return
        delta: dict[str, Json] = {"stop_reason": stop_reason, "stop_sequence": None}
        await self._event("message_delta", {"delta": delta, "usage": usage})
        await self._event("message_stop", {})
        await self.connection.end_events()

    async def break_off(self, source: AsyncIterator[str], tool: str = "") -> None:
        """Send the beginning of a text block, or of a call of a tool, that will never be completed."""
        if tool:
            await self._open_block({"type": "tool_use", "id": _new_use_id(), "name": tool, "input": {}})
            await self._delta({"type": "input_json_delta", "partial_json": '{"content": "'})
        else:
            await self._open_block({"type": "text", "text": ""})
        async for piece in source:
            text: dict[str, Json] = {"type": "text_delta", "text": piece}
            await self._delta({"type": "input_json_delta", "partial_json": piece} if tool else text)

    async def fail(self, error: str) -> None:
        """End the stream with an error event."""
        await self.start()
        await self._event("error", {"error": {"type": error, "message": "Overloaded"}})
        await self.connection.end_events()

    async def _written_block(self, kind: str, empty: Mapping[str, Json], source: AsyncIterator[str]) -> str:
        written: list[str] = []
        await self._open_block(empty)
        async for piece in source:
            written.append(piece)
            self._written_tokens += len(piece) // CHARACTERS_PER_TOKEN + 1
            await self._delta({"type": f"{kind}_delta", kind: piece})
        if kind == "thinking":
            await self._delta({"type": "signature_delta", "signature": SIGNATURE})
        await self._close_block()
        return "".join(written)

    async def _open_block(self, empty: Mapping[str, Json]) -> None:
        await self.start()
        await self._event("content_block_start", {"index": len(self._blocks), "content_block": dict(empty)})

    async def _delta(self, delta: dict[str, Json]) -> None:
        await self._event("content_block_delta", {"index": len(self._blocks), "delta": delta})

    async def _close_block(self) -> None:
        await self._event("content_block_stop", {"index": len(self._blocks)})

    async def _event(self, kind: str, content: Mapping[str, Json]) -> None:
        if self.conversation.streams:
            await self.connection.event(kind, {"type": kind, **content})

    def _message(self, blocks: list[Json], stop_reason: str | None, usage: dict[str, Json]) -> dict[str, Json]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self.conversation.model,
            "content": blocks,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": usage,
        }


def _new_use_id() -> str:
    return f"toolu_demo{os.getpid():x}{next(SERIAL):012d}"
