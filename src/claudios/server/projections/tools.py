"""Tool calls: from the first word of their input to their result."""

from __future__ import annotations

from claudios.server.projections import checklist
from claudios.server.projections.checklist import Checklist
from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.pictures import LineStart, is_picture, places_of
from claudios.server.projections.prompts import text_of
from claudios.server.projections.shapes import (
    MAX_RESULT,
    Json,
    as_count,
    as_list,
    as_object,
    as_text,
    bounded,
    bounded_object,
    raw,
)

MAX_OPEN = 512
MAX_DENIED = 256
DETAIL_STRING = 16 * 1024
DETAIL_STRING_BESIDE_PICTURES = 1024
"""What is longer beside an image is the image once more, in letters."""


class Tools:
    """Keeps the calls that have no result yet, by the id of their use."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._open: dict[str, Item] = {}
        self._denied: dict[str, None] = {}
        self.checklist = Checklist(sheet)

    def announced(self, tool_use_id: str, name: str) -> Item:
        """Take a call whose input begins to stream."""
        known = self._open.get(tool_use_id)
        if known is not None:
            self._sheet.change(known, input_text="", streaming=True)
            return known
        return self._add(tool_use_id, name, {}, None, streaming=True)

    def abandoned(self, item: Item) -> None:
        """Take that the input of a call will never be whole: its stream broke. The item waits for another call."""
        self._open.pop(as_text(item.body["tool_use_id"]), None)
        self._sheet.change(item, input_text="")

    def announced_again(self, item: Item, tool_use_id: str, name: str) -> None:
        """Take a call whose input begins to stream in place of an abandoned one."""
        self._open[tool_use_id] = item
        self._sheet.change(item, tool_use_id=tool_use_id, name=name)

    def called(self, block: Json, parent: str | None) -> None:
        """Take a call with its whole input."""
        tool_use_id = as_text(block.get("id"))
        wanted = bounded_object(block.get("input"))
        known = self._open.get(tool_use_id)
        if known is None:
            self._add(tool_use_id, as_text(block.get("name")), wanted, parent, streaming=False)
        else:
            self._sheet.change(known, input=wanted, input_text="", streaming=False)

    def denied(self, tool_use_id: str) -> None:
        """Remember that a person said no to this call: its result will be an error, and is no failure."""
        self._denied[tool_use_id] = None
        if len(self._denied) > MAX_DENIED:
            del self._denied[next(iter(self._denied))]

    def returned(self, block: Json, message: Json, start: LineStart) -> bool:
        """Take a result, of a line that begins at `start`; say whether its call is known."""
        tool_use_id = as_text(block.get("tool_use_id"))
        item = self._open.pop(tool_use_id, None)
        if item is None:
            return False
        text = _result_of(block.get("content"))
        detail = message.get("tool_use_result")
        pictures = places_of(message, block, start)
        most = DETAIL_STRING_BESIDE_PICTURES if pictures else DETAIL_STRING
        shown = bounded(detail, most) if isinstance(detail, (dict, list)) else None
        state = "done"
        if block.get("is_error") is True:
            state = "denied" if self._was_denied(tool_use_id, message) else "failed"
        self._denied.pop(tool_use_id, None)
        self._sheet.change(
            item,
            state=state,
            streaming=False,
            result=text[:MAX_RESULT],
            result_truncated=len(text) > MAX_RESULT,
            pictures=pictures,
            detail=shown if isinstance(shown, dict) else {"entries": shown} if shown is not None else None,
        )
        if state != "done" or not self._is_of_list(item) or not self.checklist.returned(item, as_object(detail)):
            self._sheet.close(item)
        return True

    def interrupted(self) -> None:
        """Count every call without a result as interrupted: the turn was stopped, or the process has ended."""
        for item in self._open.values():
            self._sheet.change(item, state="interrupted", streaming=False)
            self._sheet.close(item)
        self._open.clear()
        self._denied.clear()
        self.checklist.settle()

    def save(self) -> Json:
        return {
            "open": {use: item.no for use, item in self._open.items()},
            "denied": list(self._denied),
            "checklist": self.checklist.save(),
        }

    def load(self, state: Json) -> None:
        self._open = {use: self._sheet.open[as_count(no)] for use, no in as_object(state["open"]).items()}
        self._denied = {as_text(use): None for use in as_list(state["denied"])}
        self.checklist.load(as_object(state.get("checklist")))

    def _add(self, tool_use_id: str, name: str, wanted: Json, parent: str | None, *, streaming: bool) -> Item:
        body: Json = {
            "tool_use_id": tool_use_id,
            "name": name,
            "input": wanted,
            "input_text": "",
            "streaming": streaming,
            "state": "running",
            "result": None,
            "result_truncated": False,
            "pictures": [],
            "detail": None,
            "checklist": None,
        }
        item = self._open[tool_use_id] = self._sheet.add("tool", body, parent=parent, stays_open=True)
        if len(self._open) > MAX_OPEN:
            self._sheet.close(self._open.pop(next(iter(self._open))))
        if self._is_of_list(item):
            self.checklist.called(item)
        return item

    def _is_of_list(self, item: Item) -> bool:
        """Say whether a call is one of Claude's own for its list; subagents have theirs."""
        return item.parent is None and item.body["name"] in checklist.TOOLS

    def _was_denied(self, tool_use_id: str, message: Json) -> bool:
        if tool_use_id in self._denied:
            return True
        meta = message.get("tool_result_meta")
        metas = [meta] if isinstance(meta, dict) else as_list(meta)
        return any(as_object(one).get("permission_decision") == "deny" for one in metas)


def _result_of(content: object) -> str:
    """Return a result's text; what is neither text nor an image that is shown follows as JSON."""
    if not isinstance(content, list):
        return as_text(content)
    blocks = [as_object(block) for block in content]
    others = [block for block in blocks if "text" not in block and not is_picture(block)]
    parts = [text_of(content), *map(raw, others)]
    return "\n".join(part for part in parts if part)
