"""A transcript as JSON lines: each item as the API gives it."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from claudios.server.exports.writer import About
from claudios.server.projections.items import Entry


class Lines:
    """Writes JSON lines."""

    def begin(self, about: About) -> str:
        return ""

    def item(self, entry: Entry) -> str:
        return orjson.dumps(asdict(entry), option=orjson.OPT_APPEND_NEWLINE).decode()

    def end(self) -> str:
        return ""
