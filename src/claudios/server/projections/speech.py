"""What Claude says: text and thoughts as they stream, replaced by the final line of each block.

The CLI prints one `assistant` line for each block of a message, all with the message's id, before the block's stop.
A stream that broke off is begun anew after a retry: what it had said is discarded, calls whose input was not whole
too, and its items are used again.
"""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import (
    MAX_TEXT,
    Json,
    as_count,
    as_list,
    as_name_or_none,
    as_object,
    as_text,
    as_text_or_none,
    clipped,
    raw,
)
from claudios.server.projections.tools import Tools

_KIND_OF = {"text": "message", "thinking": "thinking"}
_GROWING = {"text_delta": ("text", "text"), "thinking_delta": ("thinking", "text")}
MAX_BLOCKS = 1024


class Speech:
    """Keeps the blocks of the message that streams now."""

    def __init__(self, sheet: Sheet, tools: Tools) -> None:
        self._sheet = sheet
        self._tools = tools
        self._message_id = ""
        self._blocks: dict[int, Item] = {}
        self._spare: list[Item] = []
        self._is_tried_again = False

    def streamed(self, event: Json) -> None:
        """Take one event of the stream."""
        kind = event.get("type")
        if kind == "content_block_delta":
            self._delta(as_count(event.get("index")), as_object(event.get("delta")))
        elif kind == "content_block_stop":
            self._stop(as_count(event.get("index")))
        elif kind == "content_block_start":
            self._begin(as_count(event.get("index")), as_object(event.get("content_block")))
        elif kind == "message_stop":
            self._abandon_calls()
        elif kind == "message_start":
            self._abandon()
            if not self._is_tried_again:
                self._give_up_calls()
            self._is_tried_again = False
            self._message_id = as_text(as_object(event.get("message")).get("id"))

    def said(self, line: Json) -> str | None:
        """Take the final form of blocks; return the newest text of the main conversation."""
        message = as_object(line.get("message"))
        parent = as_name_or_none(line.get("parent_tool_use_id"))
        streams = parent is None and message.get("id") == self._message_id
        if parent is None and not streams:
            self._give_up_all()
        newest = None
        for entry in as_list(message.get("content")):
            block = as_object(entry)
            kind = as_text(block.get("type"))
            if kind in _KIND_OF:
                text = clipped(as_text(block.get("text" if kind == "text" else "thinking")), MAX_TEXT)
                self._finish(_KIND_OF[kind], text, as_text_or_none(line.get("error")), parent, streams=streams)
                newest = text if kind == "text" and parent is None and text else newest
            elif kind == "tool_use":
                self._tools.called(block, parent)
            elif kind != "redacted_thinking":
                self._sheet.add("raw", {"type": kind or "assistant", "json": raw(block)}, parent=parent)
        return newest

    def discard(self) -> None:
        """Take that a request is made again: what its stream has said is emptied, its items wait for the next."""
        self._abandon()
        self._is_tried_again = True

    def let_go_of_calls(self) -> None:
        """Take that a line was left out which may have told of a call's whole input: its result is still to come."""
        for index, item in list(self._blocks.items()):
            if item.kind == "tool":
                del self._blocks[index]

    def settle(self) -> None:
        """End the turn: what still streams stays as it is."""
        self._give_up_all()
        for item in self._blocks.values():
            if item.kind != "tool":
                self._sheet.change(item, streaming=False)
                self._sheet.close(item)
        self._blocks.clear()
        self._message_id = ""

    def save(self) -> Json:
        return {
            "message": self._message_id,
            "blocks": {str(index): item.no for index, item in self._blocks.items() if item.no in self._sheet.open},
            "spare": [item.no for item in self._spare],
            "tried_again": self._is_tried_again,
        }

    def load(self, state: Json) -> None:
        self._message_id = as_text(state["message"])
        blocks = as_object(state["blocks"])
        self._blocks = {int(index): self._sheet.open[as_count(no)] for index, no in blocks.items()}
        self._spare = [self._sheet.open[as_count(no)] for no in as_list(state["spare"])]
        self._is_tried_again = state.get("tried_again") is True

    def _begin(self, index: int, block: Json) -> None:
        kind = as_text(block.get("type"))
        if len(self._blocks) >= MAX_BLOCKS:
            return
        if kind == "tool_use":
            self._blocks[index] = self._tool(as_text(block.get("id")), as_text(block.get("name")))
        elif kind in _KIND_OF:
            self._blocks[index] = self._item(_KIND_OF[kind])

    def _stop(self, index: int) -> None:
        """Let go of a tool call whose input is whole, which lives on by itself; all else waits for its final line."""
        item = self._blocks.get(index)
        if item is not None and item.kind == "tool" and item.body["streaming"] is not True:
            del self._blocks[index]

    def _abandon(self) -> None:
        """Empty what a broken stream has said; its items wait for the next one."""
        self._abandon_calls()
        for item in self._blocks.values():
            if item.kind != "tool":
                self._sheet.change(item, text="")
                self._spare.append(item)
        self._blocks.clear()
        self._message_id = ""

    def _abandon_calls(self) -> None:
        """Give up the calls whose input broke off; their items wait for other calls."""
        for index, item in list(self._blocks.items()):
            if item.kind == "tool" and item.body["streaming"] is True:
                del self._blocks[index]
                if item.no in self._sheet.open and item not in self._spare:
                    self._tools.abandoned(item)
                    self._spare.append(item)

    def _give_up_all(self) -> None:
        """Let nothing be begun again: what broke off stays as it is."""
        self._give_up_calls()
        for item in self._spare:
            self._sheet.change(item, streaming=False)
            self._sheet.close(item)
        self._spare.clear()
        self._is_tried_again = False

    def _give_up_calls(self) -> None:
        """Count the calls that broke off and were not begun again as interrupted."""
        for item in [item for item in self._spare if item.kind == "tool"]:
            self._spare.remove(item)
            self._sheet.change(item, streaming=False, state="interrupted")
            self._sheet.close(item)

    def _delta(self, index: int, delta: Json) -> None:
        item = self._blocks.get(index)
        if item is None or item.no not in self._sheet.open:
            return
        kind = delta.get("type")
        if kind == "input_json_delta" and item.kind == "tool":
            self._sheet.append(item, "input_text", as_text(delta.get("partial_json")))
        elif kind in _GROWING and item.kind != "tool":
            source, field = _GROWING[as_text(kind)]
            self._sheet.append(item, field, as_text(delta.get(source)))

    def _finish(self, kind: str, text: str, error: str | None, parent: str | None, *, streams: bool) -> None:
        index = self._index_of(kind) if streams else None
        if index is None:
            if text or error:
                self._sheet.add(kind, _body(kind, text, error, streaming=False), parent=parent)
            return
        item = self._blocks.pop(index)
        fields: Json = {"text": text, "streaming": False}
        self._sheet.change(item, **(fields | {"error": error} if kind == "message" else fields))
        self._sheet.close(item)

    def _index_of(self, kind: str) -> int | None:
        return next((index for index in sorted(self._blocks) if self._blocks[index].kind == kind), None)

    def _tool(self, tool_use_id: str, name: str) -> Item:
        """Return the item of a call that streams: that of a call which broke off, or a new one."""
        item = self._take_spare("tool")
        if item is None:
            return self._tools.announced(tool_use_id, name)
        self._tools.announced_again(item, tool_use_id, name)
        return item

    def _item(self, kind: str) -> Item:
        """Return an item that streams: a spare one of the same kind, or a new one."""
        return self._take_spare(kind) or self._begun(kind)

    def _begun(self, kind: str) -> Item:
        return self._sheet.add(kind, _body(kind, "", None, streaming=True), stays_open=True)

    def _take_spare(self, kind: str) -> Item | None:
        place = next((place for place, item in enumerate(self._spare) if item.kind == kind), None)
        return None if place is None else self._spare.pop(place)


def _body(kind: str, text: str, error: str | None, *, streaming: bool) -> Json:
    body: Json = {"text": text, "streaming": streaming}
    return body | {"error": error} if kind == "message" else body
