"""Tell a transcript as text: from items and patches, in any mixture, each word once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from claudios.cli.asking import tool_line
from claudios.cli.text import cost, harmless, one_line
from claudios.client.live import Appended, Upserted
from claudios.client.shapes import Item

RESULT_LINES = 6


class Voice(Enum):
    """Whose words they are: Claude's answer, its thinking, a person's prompt, a tool's, or ClaudiOS's own."""

    ANSWER = "answer"
    THINKING = "thinking"
    PROMPT = "prompt"
    TOOL = "tool"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text to print as it stands; whole lines carry their newline."""

    voice: Voice
    text: str


class Narrator:
    """Turn items into pieces of text. It keeps what it told of each item, so an item may come again and again."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._told: dict[int, str] = {}
        self._open: int | None = None

    def change(self, change: Upserted | Appended) -> list[Piece]:
        """Take one change and return what it adds."""
        if isinstance(change, Upserted):
            return self.item(change.item)
        known = self._items.get(change.no)
        if known is None or change.field != "text" or known.kind not in ("message", "thinking"):
            return []
        voice = Voice.ANSWER if known.kind == "message" else Voice.THINKING
        return self._stream(change.no, voice, self._told.get(change.no, "") + change.text, is_whole=False)

    def item(self, item: Item) -> list[Piece]:
        """Take an item, new or changed, and return what it adds."""
        self._items[item.no] = item
        if item.kind in ("message", "thinking"):
            voice = Voice.ANSWER if item.kind == "message" else Voice.THINKING
            return self._stream(item.no, voice, item.text("text"), is_whole=not item.flag("streaming"))
        told = _lines(item)
        if told is None or self._told.get(item.no) == told.text:
            return []
        before = self._told.get(item.no, "")
        self._told[item.no] = told.text
        added = told.text.removeprefix(before)
        return [*self._close(), Piece(told.voice, harmless(added))]

    def close(self) -> list[Piece]:
        """Return what ends the last line, where it is still open."""
        return self._close()

    def _stream(self, no: int, voice: Voice, text: str, *, is_whole: bool) -> list[Piece]:
        told = self._told.get(no, "")
        pieces: list[Piece] = []
        if self._open != no and text != told:
            pieces += self._close()
        if not text.startswith(told):  # a retried answer replaces what was streamed of the first one
            pieces += [*self._close(), Piece(Voice.NOTE, "(Claude began this answer anew.)\n")]
            told = ""
        if text != told:
            pieces.append(Piece(voice, harmless(text.removeprefix(told))))
            self._told[no] = text
            self._open = None if text.endswith("\n") else no
        if is_whole and self._open == no:
            pieces += self._close()
        return pieces

    def _close(self) -> list[Piece]:
        if self._open is None:
            return []
        kind = self._items[self._open].kind
        self._open = None
        return [Piece(Voice.ANSWER if kind == "message" else Voice.THINKING, "\n")]


def _lines(item: Item) -> Piece | None:
    """Return the whole lines that tell an item as it is now; later ones begin with the earlier."""
    match item.kind:
        case "user":
            quoted = item.text("text").rstrip().replace("\n", "\n> ")
            return Piece(Voice.PROMPT, f"> {quoted}\n") if quoted else None
        case "tool":
            return None if item.flag("streaming") else Piece(Voice.TOOL, _tool(item))
        case "request":
            return Piece(Voice.NOTE, _request(item))
        case "turn":
            return _turn(item)
        case "task":
            state = item.text("state")
            text = one_line(item.text("summary") or item.text("description"))
            return None if state == "running" else Piece(Voice.NOTE, f"[Background task {state}: {text}]\n")
        case "notice":
            level = item.text("level")
            text = item.text("text").rstrip() or item.text("code")
            said = f"Claude says: {text}" if item.text("code") in ("stderr", "not_json") else text
            return Piece(Voice.NOTE if level == "info" else Voice.PROBLEM, f"[{said}]\n")
        case "raw":
            return Piece(Voice.NOTE, f"[{one_line(item.text('type'))}]\n")
        case _:
            return None


def _tool(item: Item) -> str:
    line = f"* {tool_line(item.text('name'), _object(item.body.get('input')))}\n"
    state = item.text("state")
    if state == "running":
        return line
    result = item.text("result").rstrip("\n").split("\n")
    shown = [f"    {each}" for each in result[:RESULT_LINES] if each.strip()]
    if len(result) > RESULT_LINES:
        shown.append(f"    … {len(result) - RESULT_LINES} more lines")
    verdict = [] if state == "done" else [f"    ({state})"]
    return line + "".join(f"{each}\n" for each in [*shown, *verdict])


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _request(item: Item) -> str:
    wanted = _object(item.body.get("input"))
    instead = _object(item.body.get("input_given"))
    asked = f"? {tool_line(item.text('tool_name'), wanted)}\n"
    match item.text("state"):
        case "answered":
            done = "allowed" if item.text("answer") == "allow" else "denied"
            changed = f", changed: {tool_line(item.text('tool_name'), {**wanted, **instead})}" if instead else ""
            return f"{asked}    {done} by {one_line(item.text('answered_by') or 'somebody')}{changed}\n"
        case "withdrawn":
            return f"{asked}    withdrawn\n"
        case _:
            return asked


def _turn(item: Item) -> Piece:
    spent = item.body.get("duration_ms")
    dollars = item.body.get("cost_usd")
    told = [f"{spent / 1000:.1f} s"] if isinstance(spent, int | float) else []
    told += [cost(float(dollars))] if isinstance(dollars, int | float) else []
    if item.text("terminal_reason").startswith("aborted"):
        return Piece(Voice.NOTE, "[The turn was interrupted.]\n")
    if item.flag("is_error"):
        why = item.text("terminal_reason") or item.text("subtype")
        return Piece(Voice.PROBLEM, f"[The turn failed: {one_line(item.text('result') or why)}]\n")
    return Piece(Voice.NOTE, f"[{', '.join(told)}]\n" if told else "[The turn is done.]\n")
