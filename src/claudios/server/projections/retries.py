"""Requests to the model that are tried again: one notice for all tries of a request, until one of them is answered."""

from __future__ import annotations

from claudios.server.projections.items import Item, Sheet
from claudios.server.projections.shapes import Json, as_count, as_number, as_text


class Retries:
    """Keeps the notice of the request that is being tried again."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._notice: Item | None = None
        self._why = ""
        self._try = ""

    def announced(self, message: Json) -> None:
        """Take that a request failed, and when it is tried again."""
        seconds = (as_number(message.get("retry_delay_ms")) or 0.0) / 1000
        status = as_count(message.get("error_status"))
        why = as_text(message.get("error")).replace("_", " ") or "error"
        self._why = f"{why}, HTTP {status}" if status else why
        self._try = f"try {as_count(message.get('attempt'))} of {as_count(message.get('max_retries'))}"
        if self._notice is None:
            body: Json = {"level": "warning", "code": "api_retry", "text": ""}
            self._notice = self._sheet.add("notice", body, stays_open=True)
        self._say(f"{self._failed}. {self._try.capitalize()} follows in {seconds:.1f} s.")

    def began(self) -> None:
        """Take that an answer has begun."""
        if self._notice is not None:
            self._say(f"{self._failed}. {self._try.capitalize()} is under way.")

    def answered(self) -> None:
        """Take that the model has answered."""
        if self._notice is not None:
            self._sheet.change(self._notice, level="info")
            self._end(f"{self._failed} at first. It answered {self._try}.")

    def given_up(self) -> None:
        """Take that the turn has ended without an answer."""
        if self._notice is not None:
            self._end(f"{self._failed}. The turn ended after {self._try}.")

    def save(self) -> Json:
        return {"notice": self._notice.no if self._notice else None, "why": self._why, "try": self._try}

    def load(self, state: object) -> None:
        """Take up what was kept; an older server kept the number of the notice alone."""
        fields: Json = state if isinstance(state, dict) else {"notice": state}
        no = fields.get("notice")
        self._notice = None if no is None else self._sheet.open[as_count(no)]
        self._why = as_text(fields.get("why")) or "error"
        self._try = as_text(fields.get("try")) or "the next try"

    @property
    def _failed(self) -> str:
        return f"The model did not answer ({self._why})"

    def _say(self, text: str) -> None:
        assert self._notice is not None
        self._sheet.change(self._notice, text=text)

    def _end(self, text: str) -> None:
        self._say(text)
        if self._notice is not None:
            self._sheet.close(self._notice)
            self._notice = None
