"""Tool calls: from the first word of their input to their result."""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
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
)

MAX_OPEN = 512
MAX_DENIED = 256
DETAIL_STRING = 16 * 1024


class Tools:
    """Keeps the calls that have no result yet, by the id of their use."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._open: dict[str, Item] = {}
        self._denied: dict[str, None] = {}

    def announced(self, tool_use_id: str, name: str) -> Item:
        """Take a call whose input begins to stream."""
        known = self._open.get(tool_use_id)
        if known is not None:
            self._sheet.change(known, input_text="", streaming=True)
            return known
        return self._add(tool_use_id, name, {}, None, streaming=True)

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

    def returned(self, block: Json, message: Json) -> bool:
        """Take a result; say whether its call is known."""
        tool_use_id = as_text(block.get("tool_use_id"))
        item = self._open.pop(tool_use_id, None)
        if item is None:
            return False
        text = _result_of(block.get("content"))
        detail = message.get("tool_use_result")
        shown = bounded(detail, DETAIL_STRING) if isinstance(detail, (dict, list)) else None
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
            detail=shown if isinstance(shown, dict) else {"entries": shown} if shown is not None else None,
        )
        self._sheet.close(item)
        return True

    def interrupted(self) -> None:
        """Count every call without a result as interrupted: the turn was stopped, or the process has ended."""
        for item in self._open.values():
            self._sheet.change(item, state="interrupted", streaming=False)
            self._sheet.close(item)
        self._open.clear()
        self._denied.clear()

    def save(self) -> Json:
        return {"open": {use: item.no for use, item in self._open.items()}, "denied": list(self._denied)}

    def load(self, state: Json) -> None:
        self._open = {use: self._sheet.open[as_count(no)] for use, no in as_object(state["open"]).items()}
        self._denied = {as_text(use): None for use in as_list(state["denied"])}

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
            "detail": None,
        }
        item = self._open[tool_use_id] = self._sheet.add("tool", body, parent=parent, stays_open=True)
        if len(self._open) > MAX_OPEN:
            self._sheet.close(self._open.pop(next(iter(self._open))))
        return item

    def _was_denied(self, tool_use_id: str, message: Json) -> bool:
        if tool_use_id in self._denied:
            return True
        meta = message.get("tool_result_meta")
        metas = [meta] if isinstance(meta, dict) else as_list(meta)
        return any(as_object(one).get("permission_decision") == "deny" for one in metas)


def _result_of(content: object) -> str:
    """Return a result's text; what is no text is named."""
    if not isinstance(content, list):
        return as_text(content)
    others = [as_text(as_object(block).get("type")) for block in content if "text" not in as_object(block)]
    parts = [text_of(content), *(f"[{kind or 'unknown'}]" for kind in others)]
    return "\n".join(part for part in parts if part)
