"""Cut a stream into JSON lines and everything else, in whatever pieces it arrives.

Only a line that begins with `{` is collected, up to MAX_LINE_BYTES. Everything else is text, which is never collected:
runs of it are passed on as they come, found with two searches a piece however many lines they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from claudios.server.projections.shapes import Json, as_count, as_text

MAX_LINE_BYTES = 8 * 1024 * 1024
BRACE = ord("{")


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A whole line that begins like a JSON object, without its newline, and where it begins: frame and offset."""

    raw: bytes
    start: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text that is no JSON: perhaps many lines, perhaps a part of one. `lines` counts its newlines."""

    raw: bytes
    lines: int


@dataclass(frozen=True, slots=True)
class Oversized:
    """A JSON line grew past the limit; `size` bytes of it were dropped in all when it has ended, else None."""

    size: int | None


Cut = JsonLine | TextRun | Oversized


class Mode(StrEnum):
    """Where in a line the stream is."""

    START = "start"
    JSON = "json"
    TEXT = "text"
    SKIPPING = "skipping"
    LOST = "lost"


class Splitter:
    """Cuts one stream. `begun` is where the line that is being collected starts: frame and offset in its payload."""

    def __init__(self, *, takes_json: bool = True) -> None:
        self.mode = Mode.START
        self.begun: tuple[int, int] | None = None
        self._takes_json = takes_json
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, payload: bytes, seq: int) -> Iterator[Cut]:
        """Yield what `payload`, of frame `seq`, completes."""
        at, size = 0, len(payload)
        while at < size:
            if self.mode is Mode.START:
                if self._takes_json and payload[at] == BRACE:
                    newline = payload.find(b"\n", at)
                    if newline >= 0:  # by far the most lines: whole within one frame
                        yield JsonLine(payload[at:newline], (seq, at))
                        at = newline + 1
                        continue
                self.mode = Mode.JSON if self._takes_json and payload[at] == BRACE else Mode.TEXT
                self.begun = (seq, at) if self.mode is Mode.JSON else None
            if self.mode is Mode.LOST:
                newline = payload.find(b"\n", at)
                if newline < 0:
                    return
                self.mode = Mode.START
                end = newline + 1
            elif self.mode is Mode.TEXT:
                end = self._end_of_text(payload, at)
                yield TextRun(payload[at:end], payload.count(b"\n", at, end))
            else:
                newline = payload.find(b"\n", at)
                end = size if newline < 0 else newline + 1
                yield from self._collect(payload[at : end if newline < 0 else newline], ended=newline >= 0)
            at = end

    def resume(self, payload: bytes) -> None:
        """Take up again a part of the line that was being collected at a checkpoint."""
        self._parts.append(payload)
        self._size += len(payload)

    def finish(self) -> bytes:
        """Return what is left of a line that will never end, and begin anew."""
        rest = b"".join(self._parts)
        self._start_anew()
        return rest

    def skip_to_line(self, *, is_at_one: bool) -> bytes:
        """Go on at the next whole line, after a gap; return what had begun before it."""
        rest = self.finish()
        if not is_at_one:
            self.mode = Mode.LOST
        return rest

    def save(self) -> Json:
        """Return the state, without the bytes of the line that is being collected: they are in the log."""
        seq, offset = self.begun or (0, 0)
        return {"mode": self.mode.value, "seq": seq, "offset": offset, "size": self._size}

    def load(self, state: Json) -> None:
        """Take up a state; the bytes of an unfinished line follow by `resume`."""
        self.mode = Mode(as_text(state["mode"]))
        self.begun = (as_count(state["seq"]), as_count(state["offset"])) if self.mode is Mode.JSON else None
        self._parts = []
        self._size = as_count(state["size"]) if self.mode is Mode.SKIPPING else 0

    def _end_of_text(self, payload: bytes, at: int) -> int:
        """Return where the text that begins at `at` ends: before the next line that begins like JSON."""
        if self._takes_json:
            following = payload.find(b"\n{", at)
            if following >= 0:
                self.mode = Mode.START
                return following + 1
        if payload.endswith(b"\n"):
            self.mode = Mode.START
        return len(payload)

    def _collect(self, piece: bytes, *, ended: bool) -> Iterator[Cut]:
        self._size += len(piece)
        if self.mode is Mode.JSON:
            if self._size > MAX_LINE_BYTES:
                self._parts = []
                self.begun = None
                self.mode = Mode.SKIPPING
                yield Oversized(None)
            else:
                self._parts.append(piece)
        if ended:
            if self.mode is Mode.SKIPPING:
                yield Oversized(self._size)
            else:
                assert self.begun is not None
                yield JsonLine(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts), self.begun)
            self._start_anew()

    def _start_anew(self) -> None:
        self.mode = Mode.START
        self.begun = None
        self._parts = []
        self._size = 0
