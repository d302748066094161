"""The summing up of a conversation whose context is full: one notice from its beginning to its end, and the summary."""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import MAX_RESULT, Json, as_count, as_object, as_text, clipped


class Compaction:
    """Keeps the notice of the summing up that goes on."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._notice: Item | None = None
        self._awaits_summary = False

    def status_changed(self, message: Json) -> None:
        """Take a status of the CLI, which repeats that it sums up."""
        if message.get("status") == "compacting" and self._notice is None:
            text = "The conversation is being summed up."
            self._notice = self._sheet.add("notice", _body("info", "compacting", text), stays_open=True)
        elif message.get("compact_result") == "failed":
            why = as_text(message.get("compact_error"))
            self._end("warning", f"The conversation could not be summed up{f': {why}' if why else '.'}")

    def done(self, message: Json) -> None:
        """Take that the conversation goes on with its summary."""
        facts = as_object(message.get("compact_metadata"))
        before, after = as_count(facts.get("pre_tokens")), as_count(facts.get("post_tokens"))
        sizes = f" ({before:,} tokens before{f', {after:,} after' if after else ''})" if before else ""
        self._end("info", f"The conversation was summed up{sizes}.")
        self._awaits_summary = True

    def told(self, text: str) -> bool:
        """Take what the CLI says in a user's name; say whether it is the summary."""
        if not self._awaits_summary:
            return False
        self._awaits_summary = False
        self._sheet.add("notice", _body("info", "summary", clipped(text, MAX_RESULT)))
        return True

    def settle(self) -> None:
        """End the turn: what was not finished by then never will be."""
        self._awaits_summary = False
        if self._notice is not None:
            self._end("info", "The summing up was broken off.")

    def save(self) -> Json:
        return {"notice": self._notice.no if self._notice else None, "awaits_summary": self._awaits_summary}

    def load(self, state: Json) -> None:
        no = state.get("notice")
        self._notice = None if no is None else self._sheet.open[as_count(no)]
        self._awaits_summary = state.get("awaits_summary") is True

    def _end(self, level: str, text: str) -> None:
        body = _body(level, "compacted", clipped(text, MAX_RESULT))
        if self._notice is None:
            self._sheet.add("notice", body)
            return
        self._sheet.change(self._notice, **body)
        self._sheet.close(self._notice)
        self._notice = None


def _body(level: str, code: str, text: str) -> Json:
    return {"level": level, "code": code, "text": text}
