"""Prompts: what people write to Claude, from the line on its input to the end of the turn that answered it."""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.pictures import LineStart, images_of, places_of
from claudios.server.projections.shapes import (
    MAX_TEXT,
    Json,
    as_count,
    as_list,
    as_name_or_none,
    as_object,
    as_text,
    clipped,
)

MAX_OPEN = 256


class Prompts:
    """Keeps the prompts that are not answered yet, by their uuid, in the order they were written."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._open: dict[str, Item] = {}
        self.taken_last: str | None = None  # the uuid of it
        self._settled: dict[str, None] = {}  # in this process: the CLI echoes once more what it will not run twice

    def written(self, message: Json, start: LineStart) -> None:
        """Take a user message that was written to Claude's input, in a line that begins at `start`."""
        self._add(as_text(message.get("uuid")), message, "sent", None, start)

    def replayed(self, message: Json, start: LineStart, *, is_new_shown: bool) -> None:
        """Take the CLI's echo of a prompt it has taken up; one that was not written here is shown as asked."""
        uuid = as_text(message.get("uuid"))
        content = as_object(message.get("message")).get("content")
        known = self._open.get(uuid)
        if known is not None:
            self._move(known, "taken")
            return
        if uuid in self._settled:
            return
        merged = self._merged_into(text_of(content))
        for item in merged:
            self._move(item, "taken")
        if not merged and is_new_shown:
            self._add(uuid, message, "taken", as_name_or_none(message.get("parent_tool_use_id")), start)

    def moved(self, uuid: str, state: str) -> None:
        """Take what the CLI says of a prompt's way: `started`, `completed` or `cancelled`."""
        item = self._open.get(uuid)
        if item is None:
            return
        if state == "started":
            self._move(item, "taken")
        elif state in ("completed", "cancelled"):
            self._settle(uuid, item, "done" if state == "completed" else None)

    def turn_ended(self) -> None:
        """Count what was taken up as answered."""
        for uuid, item in list(self._open.items()):
            if item.body["state"] == "taken":
                self._settle(uuid, item, "done")

    def process_ended(self) -> None:
        """Let go of all: what was not taken up, and the turn that was cut off, is lost with the process."""
        for uuid, item in list(self._open.items()):
            self._settle(uuid, item, None)
        self._settled.clear()

    def save(self) -> Json:
        return {
            "open": {uuid: item.no for uuid, item in self._open.items()},
            "settled": list(self._settled),
            "taken_last": self.taken_last,
        }

    def load(self, state: Json) -> None:
        self._open = {uuid: self._sheet.open[as_count(no)] for uuid, no in as_object(state["open"]).items()}
        self._settled = {as_text(uuid): None for uuid in as_list(state["settled"])}
        self.taken_last = as_name_or_none(state["taken_last"])

    def _add(self, uuid: str, message: Json, state: str, parent: str | None, start: LineStart) -> None:
        if uuid and uuid in self._open:
            return
        content = as_object(message.get("message")).get("content")
        body: Json = {
            "text": clipped(text_of(content), MAX_TEXT),
            "uuid": uuid or None,
            "state": state,
            "images": images_of(content),
            "pictures": places_of(message, message, start),
        }
        item = self._sheet.add("user", body, parent=parent, stays_open=bool(uuid))
        if uuid:
            if state == "taken":
                self.taken_last = uuid
            self._open[uuid] = item
            if len(self._open) > MAX_OPEN:
                oldest = next(iter(self._open))
                self._sheet.close(self._open.pop(oldest))

    def _merged_into(self, text: str) -> list[Item]:
        """Return the waiting prompts that this echo is the sum of: the CLI runs several as one turn."""
        waiting = [item for item in self._open.values() if item.body["state"] == "sent"]
        joined = ""
        for count, item in enumerate(waiting, 1):
            joined = f"{joined}\n{item.body['text']}" if count > 1 else as_text(item.body["text"])
            if joined == text:
                return waiting[:count]
            if not text.startswith(joined):
                break
        return []

    def _move(self, item: Item, state: str) -> None:
        if item.body["state"] != state:
            self.taken_last = as_name_or_none(item.body["uuid"])
            self._sheet.change(item, state=state)

    def _settle(self, uuid: str, item: Item, state: str | None) -> None:
        self._sheet.change(item, state=state)
        self._sheet.close(item)
        del self._open[uuid]
        self._settled[uuid] = None
        if len(self._settled) > MAX_OPEN:
            del self._settled[next(iter(self._settled))]


def text_of(content: object) -> str:
    """Return the text of a message's content: a string, or the text blocks of a list."""
    if isinstance(content, str):
        return content
    texts = [as_text(as_object(block).get("text")) for block in as_list(content)]
    return "\n".join(text for text in texts if text)
