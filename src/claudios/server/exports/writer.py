"""What each form of a transcript is written by, and what it says of the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson

from claudios.server.projections.items import Entry
from claudios.server.projections.shapes import Json, as_count, as_list, as_number, as_object, as_text


@dataclass(frozen=True, slots=True)
class About:
    """The session that a transcript is of."""

    session_id: str
    title: str
    agent_name: str
    project_name: str
    directory: str | None
    model: str | None
    created_ms: int
    cost_usd: float | None
    exported_ms: int

    @property
    def name(self) -> str:
        return " ".join(self.title.split()) or "Untitled session"

    def facts(self) -> list[tuple[str, str]]:
        """Return what is worth knowing, as names and values."""
        known = {
            "Session": self.session_id,
            "Agent": self.agent_name,
            "Project": self.project_name,
            "Directory": self.directory,
            "Model": self.model,
            "Begun": when(self.created_ms),
            "Cost": None if self.cost_usd is None else f"${self.cost_usd:.4f}",
            "Exported": when(self.exported_ms),
        }
        return [(name, " ".join(value.split())) for name, value in known.items() if value]


class Writer(Protocol):
    """Writes one transcript: its beginning, its items in order, its end."""

    def begin(self, about: About) -> str: ...

    def item(self, entry: Entry) -> str: ...

    def end(self) -> str: ...


def when(ms: int) -> str:
    """Return a time of the log, in UTC; empty where a machine's clock was beyond all years."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return ""


def remark(kind: str, body: Json) -> str:
    """Return what is said in one line of an item that is not speech; empty where there is nothing."""
    if kind == "request":
        answer = as_text(body.get("answer")) or as_text(body.get("state"))
        by = as_text(body.get("answered_by"))
        said = as_text(body.get("message"))
        chosen = ", ".join(as_text(each) for each in as_object(body.get("answers")).values())
        told = f"Asked: {as_text(body.get('title'))}: {answer}{f' by {by}' if by else ''}"
        instead = as_object(body.get("input_given"))
        given = f"With another input: {orjson.dumps(instead).decode()}" if instead else ""
        return ". ".join(part for part in (told, given, said, chosen) if part)
    if kind == "turn":
        cost, took = as_number(body.get("cost_usd")), as_number(body.get("duration_ms"))
        parts = ["Turn failed" if body.get("is_error") is True else "Turn ended"]
        parts += [f"{took / 1000:.1f} s"] if took is not None else []
        parts += [f"${cost:.4f}"] if cost is not None else []
        parts += [f"{as_count(body.get('input_tokens'))} + {as_count(body.get('output_tokens'))} tokens"]
        failure = as_text(body.get("result"))
        return ", ".join(parts) + (f": {failure}" if failure else "")
    if kind == "task":
        words = [as_text(body.get(field)) for field in ("description", "summary")]
        return f"Task {as_text(body.get('state'))}: {' '.join(filter(None, words))}"
    return as_text(body.get("text"))


def images(body: Json) -> str:
    """Return how many images belong to an item, in words, or "": a transcript names them, the record holds them."""
    count = max(as_count(body.get("images")), len(as_list(body.get("pictures"))))
    return f"{count} {'image' if count == 1 else 'images'}, in the record" if count else ""


def asked(body: Json) -> str:
    """Return what a tool was asked, as JSON over several lines; empty for nothing."""
    wanted = as_object(body.get("input"))
    return orjson.dumps(wanted, option=orjson.OPT_INDENT_2).decode() if wanted else ""
