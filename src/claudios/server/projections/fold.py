"""The fold of one session's log: frames in, items and facts out. Pure, incremental, and the same from any checkpoint.

A checkpoint holds how far each stream was cut and which items were open; the bytes of a line that had begun and the
bodies of the items are not in it. `Fold.restore` takes the items as they are stored, and then the log again from
`Checkpoint.resume_seq`: frames up to the checkpoint only complete the begun lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from claudios.protocol.frame import HEADER_BYTES, Located, Stream, locate
from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.asks import AskEvent
from claudios.server.projections.conversation import Conversation
from claudios.server.projections.earlier import Earlier
from claudios.server.projections.facts import Facts, clipped_line, reason_of
from claudios.server.projections.items import Change, Entry, Sheet
from claudios.server.projections.lines import JsonLine, Oversized, Splitter, TextRun
from claudios.server.projections.meter import Turn
from claudios.server.projections.notices import NOT_JSON, STDERR, Level, Notices
from claudios.server.projections.pictures import LineStart
from claudios.server.projections.plan_limits import PlanLimits, Stopped, WentOn
from claudios.server.projections.shapes import (
    Json,
    as_count,
    as_list,
    as_object,
    as_text,
    as_text_or_none,
    parse,
)

VERSION = 3
"""Of what a checkpoint holds. Another one's is not read: its session is folded anew."""
_SPACE: dict[str, tuple[Level, str, str]] = {
    "low": ("warning", "space", "Much output waits on the machine to be delivered: half of what may."),
    "held": (
        "error",
        "space",
        "Too much output waits on the machine to be delivered. The turn was interrupted; what is sent now waits.",
    ),
    "full": (
        "error",
        "space",
        "The machine's disk was full. The turn was interrupted, and what was sent meanwhile had to wait.",
    ),
    "room": ("info", "space", "The machine has room again."),
}
_WHY_DROPPED = {
    "spool_full": "so much waited on the machine to be delivered",
    "disk_full": "the machine's disk was full",
}
LOST = "Claude's process was lost, with its machine or by force. Resuming goes on with the conversation."
_DROPPED_STREAMS = {"stdout": "output", "stderr": "error output", "pty": "the screen"}
_CUT = (Stream.STDOUT, Stream.STDIN, Stream.TRANSCRIPT)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a fold was. The log is needed from `resume_seq` on, the items of `open_items` as they were stored."""

    position: int
    resume_seq: int
    open_items: tuple[int, ...]
    state: Json

    @classmethod
    def of(cls, raw: bytes | None) -> Checkpoint | None:
        """Read a stored checkpoint; None when there is none, or an older server wrote it."""
        state = as_object(orjson.loads(raw)) if raw else {}
        if state.get("version") != VERSION:
            return None
        numbers = tuple(as_count(no) for no in as_list(state["open"]))
        return cls(as_count(state["position"]), as_count(state["resume_seq"]), numbers, state)

    @property
    def last_no(self) -> int:
        """The number of the newest item; 0 for none."""
        return as_count(self.state["last_no"])

    def encoded(self) -> bytes:
        """Return the bytes to store."""
        return orjson.dumps(self.state)


class Fold:
    """The projection of one session, up to `position`."""

    def __init__(self) -> None:
        self.position = 0
        self.facts = Facts()
        self._sheet = Sheet()
        self._notices = Notices(self._sheet)
        self._conversation = Conversation(self._sheet, self._notices, self.facts)
        self._earlier = Earlier(self._sheet, self._notices, self._conversation)
        self._splitters = {stream: Splitter() for stream in _CUT}
        self._stderr = Splitter(takes_json=False)
        self._epoch = 0
        self._is_terminal = False

    @classmethod
    def after(cls, position: int, last_no: int) -> Fold:
        """Return a fold that begins behind `position`, where what came before is gone but for `last_no` items."""
        fold = cls()
        fold.position = position
        fold._sheet.last_no = last_no
        return fold

    @classmethod
    def restore(cls, checkpoint: Checkpoint, open_items: Iterable[Entry]) -> Fold:
        """Return the fold as it was at a checkpoint. Feed it the log from `checkpoint.resume_seq` on."""
        fold = cls()
        state = checkpoint.state
        fold.position = checkpoint.position
        fold._epoch = as_count(state["epoch"])
        fold._is_terminal = state.get("is_terminal") is True
        fold._sheet.last_no = as_count(state["last_no"])
        fold._sheet.reopen(open_items)
        fold.facts.load(as_object(state["facts"]))
        fold._notices.load(as_object(state["notices"]))
        fold._conversation.load(as_object(state["conversation"]))
        fold._earlier.load(as_object(state.get("earlier")))  # an older server knew nothing of it, nor of its stream
        streams = as_object(state["streams"])
        for stream, splitter in fold._every_splitter():
            if stream.name.lower() in streams:
                splitter.load(as_object(streams[stream.name.lower()]))
        return fold

    def checkpoint(self) -> Checkpoint:
        """Return where the fold is."""
        streams = {stream.name.lower(): splitter.save() for stream, splitter in self._every_splitter()}
        begun = [splitter.begun[0] for _, splitter in self._every_splitter() if splitter.begun is not None]
        resume_seq = min([self.position + 1, *begun])
        numbers = tuple(sorted(self._sheet.open))
        state: Json = {
            "version": VERSION,
            "position": self.position,
            "resume_seq": resume_seq,
            "open": list(numbers),
            "epoch": self._epoch,
            "is_terminal": self._is_terminal,
            "last_no": self._sheet.last_no,
            "facts": self.facts.save(),
            "notices": self._notices.save(),
            "conversation": self._conversation.save(),
            "earlier": self._earlier.save(),
            "streams": streams,
        }
        return Checkpoint(self.position, resume_seq, numbers, state)

    def feed(self, frames: bytes | memoryview) -> None:
        """Fold encoded frames, back to back. Those up to `position` only complete lines that had begun."""
        for _ in self.steps(frames):
            pass

    def steps(self, frames: bytes | memoryview) -> Iterator[None]:
        """Do as `feed` does, and pause after each frame."""
        for found in locate(frames):
            payload = bytes(frames[found.start + HEADER_BYTES : found.end])
            if found.seq > self.position:
                self._take(found, payload)
                self.position = found.seq
            else:
                self._complete(found, payload)
            yield

    def ask_events(self) -> list[AskEvent]:
        """Return what was asked, answered and withdrawn since the last call."""
        return self._conversation.asks.events()

    def turns(self) -> list[Turn]:
        """Return the turns that ended since the last call."""
        return self.facts.meter.turns()

    def offers(self) -> str | None:
        """Return what Claude offers, as JSON text, if it said so since the last call."""
        return self._conversation.settings.offers()

    def plan_limits(self) -> PlanLimits | None:
        """Return how the account's limits stand, by the machine's clock, if Claude said so since the last call."""
        return self._conversation.limits.said()

    def limit_news(self) -> Stopped | WentOn | None:
        """Return whether the newest turn was stopped by a limit or completed, if one ended since the last call."""
        return self._conversation.limits.news()

    def answered_by(self, names: dict[str, str]) -> None:
        """Learn who answered which request."""
        self._conversation.asks.answered_by.update(names)

    def changes(self) -> list[Change]:
        """Return what changed in the transcript since the last call, each item once."""
        return self._sheet.changes()

    def dirty(self) -> list[Entry]:
        """Return the items that changed since the last call, as they stand."""
        return self._sheet.dirty()

    def forget_changes(self) -> None:
        """Drop what changed: nobody looks."""
        self._sheet.forget_changes()

    @property
    def is_dirty(self) -> bool:
        """Whether items changed that were not taken by `dirty` yet."""
        return self._sheet.is_dirty

    def _take(self, found: Located, payload: bytes) -> None:
        self._sheet.seq = found.seq
        self._sheet.at_ms = found.wall_ms
        if found.epoch != self._epoch:
            self._enter(found.epoch)
        if found.stream is Stream.STDOUT:
            self.facts.spoke()
            self._read_output(payload, found.seq)
        elif found.stream is Stream.PTY:
            self.facts.spoke()
        elif found.stream is Stream.STDIN and not self._is_terminal:
            for cut in self._splitters[Stream.STDIN].feed(payload, found.seq):
                message = parse(cut.raw) if isinstance(cut, JsonLine) else None
                if message is not None and isinstance(cut, JsonLine):
                    self._conversation.written(message, LineStart(*cut.start))
        elif found.stream is Stream.TRANSCRIPT:
            self._read_earlier(payload, found.seq)
        elif found.stream is Stream.STDERR:
            for cut in self._stderr.feed(payload, found.seq):
                if isinstance(cut, TextRun):
                    self._notices.text(STDERR, cut.raw, cut.lines)
        elif found.stream is Stream.EVENT:
            self._happened(parse(payload) or {})

    def _read_output(self, payload: bytes, seq: int) -> None:
        for cut in self._splitters[Stream.STDOUT].feed(payload, seq):
            if isinstance(cut, JsonLine):
                message = parse(cut.raw)
                if message is None:
                    self._notices.text(NOT_JSON, cut.raw + b"\n", 1)
                else:
                    self._conversation.printed(message, LineStart(*cut.start))
            elif isinstance(cut, TextRun):
                self._notices.text(NOT_JSON, cut.raw, cut.lines)
            elif cut.size is None:
                self._conversation.speech.let_go_of_calls()
            else:
                self._too_long(cut.size)

    def _read_earlier(self, payload: bytes, seq: int) -> None:
        for cut in self._splitters[Stream.TRANSCRIPT].feed(payload, seq):
            message = parse(cut.raw) if isinstance(cut, JsonLine) else None
            if message is not None and isinstance(cut, JsonLine):
                self._earlier.read(message, LineStart(*cut.start))
            elif isinstance(cut, Oversized):
                if cut.size is not None:
                    self._too_long(cut.size)
            else:
                self._earlier.unreadable(cut.lines if isinstance(cut, TextRun) else 1)

    def _too_long(self, size: int) -> None:
        self._notices.add("warning", "oversized", f"A line of {size} bytes is too long to show. It is in the log.")

    def _happened(self, event: Json) -> None:
        """Take an event of the shim."""
        name = event.get("event")
        if name == "imported":
            self._earlier.began(event)
            return
        self._earlier.ended()
        if name == "started":
            self._is_terminal = "columns" in event
            self._notices.add("info", "started", self._begun_in_words(is_by_itself=event.get("by_itself") is True))
        elif name == "ended":
            self._ended(event)
        elif name == "failed":
            text = as_text(event.get("message")) or "The Claude CLI could not be started."
            self._end(EndReason.FAILED, clipped_line(text), None)
            self._notices.add("error", "failed", text)
        elif name == "activity":
            self.facts.seen_on_screen(as_text(event.get("state")), self._sheet.at_ms, self._sheet.seq)
        elif name == "gap":
            self._dropped(event)
        elif name == "space":
            told = _SPACE.get(as_text(event.get("space")))
            if told is not None:
                self._notices.add(*told)

    def _dropped(self, event: Json) -> None:
        """Say what was dropped, and begin to read anew at the next whole line (F-6)."""
        for name, entry in as_object(event.get("dropped")).items():
            lost = as_object(entry)
            why = _WHY_DROPPED.get(as_text(event.get("reason")), "there was no room for it")
            what = _DROPPED_STREAMS.get(name, "output")
            self._notices.add(
                "error", "gap", f"{as_count(lost.get('bytes'))} bytes of {what} were dropped because {why}."
            )
            if name == "stdout":
                rest = self._splitters[Stream.STDOUT].skip_to_line(is_at_one=lost.get("ends_line") is True)
                if rest:
                    self._notices.text(NOT_JSON, rest, 0)
                self._conversation.speech.settle()

    def _begun_in_words(self, *, is_by_itself: bool) -> str:
        where = " It runs in a terminal, whose screen is no part of this transcript." if self._is_terminal else ""
        if self._epoch == 1:
            return f"The session has started.{where}"
        if is_by_itself:
            return f"Resumed by itself after a crash or restart of the machine.{where}"
        return f"The session was resumed.{where}"

    def _ended(self, event: Json) -> None:
        reason = reason_of(event.get("reason"))
        code, signal = event.get("exit_code"), event.get("signal")
        exit_code = code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**31 else None
        how = f"exit code {exit_code}" if exit_code is not None else f"signal {signal}" if signal else "no exit code"
        detail = as_text_or_none(event.get("message"))
        self._end(reason, clipped_line(detail) if detail else None, exit_code)
        if reason is EndReason.TERMINATED:
            self._notices.add("info", "terminated", f"The session was terminated ({how}).")
        elif reason is EndReason.EXITED and exit_code == 0:
            self._notices.add("info", "exited", "Claude has ended.")
        elif reason is EndReason.LOST:
            self._notices.add("error", "lost", detail or LOST)
        else:
            self._notices.add("error", reason.value, detail or f"Claude has ended unexpectedly ({how}).")

    def _end(self, reason: EndReason, detail: str | None, exit_code: int | None) -> None:
        self._finish_lines()
        self._conversation.process_ended()
        self._notices.settle()
        self.facts.ended(reason, detail, exit_code, self._sheet.at_ms)

    def _enter(self, epoch: int) -> None:
        """Begin the frames of another process; one that left no word of its end was lost with its machine."""
        if self._epoch and self.facts.life.state is not SessionState.ENDED:
            self._finish_lines()
            self._conversation.process_ended()
            self._notices.add("error", "lost", "The session was lost with its machine.")
        self._epoch = epoch
        self._is_terminal = False
        self.facts.began(epoch, self._sheet.at_ms)

    def _finish_lines(self) -> None:
        """Show what was begun on standard output and will not be ended."""
        rest = self._splitters[Stream.STDOUT].finish()
        if rest:
            self._notices.text(NOT_JSON, rest, 0)
        self._splitters[Stream.STDIN].finish()
        self._stderr.finish()

    def _complete(self, found: Located, payload: bytes) -> None:
        """Take up again the begun line of a stream, from where it starts."""
        splitter = dict(self._every_splitter()).get(found.stream)
        if splitter is None or splitter.begun is None or found.seq < splitter.begun[0]:
            return
        splitter.resume(payload[splitter.begun[1] :] if found.seq == splitter.begun[0] else payload)

    def _every_splitter(self) -> list[tuple[Stream, Splitter]]:
        return [*self._splitters.items(), (Stream.STDERR, self._stderr)]
