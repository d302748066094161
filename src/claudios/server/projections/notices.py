"""Notices: what is worth knowing beside the conversation, and runs of text that is no message.

A run is one notice for any number of lines: a bounded preview and the sums. It grows while nothing else is said, and
is shown again only when it has grown by an eighth, so that a flood of text is no flood of changes.
"""

from __future__ import annotations

from typing import Literal

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import Json, as_count, as_object, as_text, clipped

PREVIEW_BYTES = 4096
MAX_NOTICE = 4000
NOT_JSON = "not_json"
STDERR = "stderr"

Level = Literal["info", "warning", "error"]


class Notices:
    """Adds notices to the sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._runs: dict[str, _Run] = {}
        self._newest_run = 0

    def add(self, level: Level, code: str, text: str, **more: object) -> None:
        """Add a notice, with more fields where its code has some."""
        self._sheet.add("notice", {"level": level, "code": code, "text": clipped(text, MAX_NOTICE), **more})

    def text(self, code: str, raw: bytes, lines: int) -> None:
        """Take text of a stream that holds no message."""
        if self._sheet.last_no != self._newest_run:
            self.settle()
        run = self._runs.get(code)
        if run is None:
            raw = raw.lstrip()  # blank lines are no news; a run begins with its first character
            if not raw:
                return
            lines = raw.count(b"\n")
            body: Json = {"level": "warning", "code": code, "text": "", "lines": 0, "bytes": 0}
            run = self._runs[code] = _Run(self._sheet.add("notice", body, stays_open=True))
            self._newest_run = self._sheet.last_no
        run.take(raw, lines)
        if run.is_due:
            run.show(self._sheet)

    def settle(self) -> None:
        """End every run, with its exact sums."""
        for run in self._runs.values():
            run.show(self._sheet)
            self._sheet.close(run.item)
        self._runs.clear()

    def save(self) -> Json:
        return {
            "newest_run": self._newest_run,
            "runs": {code: run.save() for code, run in self._runs.items()},
        }

    def load(self, state: Json) -> None:
        self._newest_run = as_count(state["newest_run"])
        self._runs = {}
        for code, saved in as_object(state["runs"]).items():
            fields = as_object(saved)
            run = self._runs[code] = _Run(self._sheet.open[as_count(fields["no"])])
            run.load(fields)


class _Run:
    """Consecutive text of one stream."""

    __slots__ = ("_shown", "_text", "item", "lines", "size")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.lines = 0
        self.size = 0
        self._shown = 0
        self._text = b""

    @property
    def is_due(self) -> bool:
        return self.size >= self._shown + (self._shown >> 3)

    def take(self, raw: bytes, lines: int) -> None:
        if len(self._text) < PREVIEW_BYTES:
            self._text += raw[: PREVIEW_BYTES - len(self._text)]
        self.size += len(raw)
        self.lines += lines

    def show(self, sheet: Sheet) -> None:
        if self.size == self._shown:
            return
        self._shown = self.size
        sheet.change(self.item, text=self._text.decode(errors="replace"), lines=self.lines, bytes=self.size)

    def save(self) -> Json:
        return {
            "no": self.item.no,
            "lines": self.lines,
            "size": self.size,
            "shown": self._shown,
            "text": self._text.decode("latin-1"),
        }

    def load(self, state: Json) -> None:
        self.lines = as_count(state["lines"])
        self.size = as_count(state["size"])
        self._shown = as_count(state["shown"])
        self._text = as_text(state["text"]).encode("latin-1")
