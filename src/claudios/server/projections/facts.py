"""What the log says of a session as a whole: how far it is, what Claude is doing, what it cost."""

from __future__ import annotations

import re

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.life import Life
from claudios.server.projections.meter import Meter
from claudios.server.projections.shapes import (
    Json,
    as_count,
    as_name_or_none,
    as_object,
    as_text,
    as_text_or_none,
    clipped,
)

PREVIEW = 200
_MARKS = re.compile(
    r"\*\*(?=\S)(?P<strong>[^*\n]+)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=\S)(?P<light>[^*\n]+)(?<=\S)\*(?![\w*])"
    r"|(?P<ticks>`+)(?P<code>[^`\n]+)(?P=ticks)"
    r"|(?<!\w)\[(?P<link>[^\]\n]+)\]\([^()\s]+\)"
    r"|^ {0,3}(?:\#{1,6} +|```\w*$)",
    re.MULTILINE,
)
_ACTIVITY = {"running": "working", "requires_action": "waiting", "idle": "idle"}
_ON_SCREEN = {"busy": "working", "waiting": "waiting", "idle": "idle"}
_INPUT_TOKENS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Facts:
    """The sums over all epochs."""

    def __init__(self) -> None:
        self.life = Life(1, SessionState.QUEUED)
        self.activity: str | None = None
        self.activity_ms: int | None = None
        self.activity_seq = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.claude_session_id: str | None = None
        self.model: str | None = None
        self.permission_mode: str | None = None
        self.effort: str | None = None
        self.last_text: str | None = None
        self.started_ms: int | None = None
        self.ended_ms: int | None = None
        self.turns = 0
        self.meter = Meter()
        self._context_tokens = 0

    @property
    def cost_usd(self) -> float | None:
        """The cost so far in US dollars, or None before the first turn has ended."""
        return self.meter.cost_usd

    def began(self, epoch: int, at_ms: int) -> None:
        """Take that a process was started."""
        self.meter.began()
        self.life = Life(epoch, SessionState.STARTING)
        self.activity = None
        self.effort = None
        self.started_ms = self.started_ms or at_ms
        self.ended_ms = None

    def spoke(self) -> None:
        """Take that the CLI has printed something: it is ready."""
        if self.life.state in (SessionState.QUEUED, SessionState.STARTING):
            self.life = Life(self.life.epoch, SessionState.RUNNING)

    def ended(self, reason: EndReason, detail: str | None, exit_code: int | None, at_ms: int) -> None:
        """Take that the process has ended."""
        self.life = Life(self.life.epoch, SessionState.ENDED, reason, detail, exit_code)
        self.activity = None
        self.ended_ms = at_ms

    def state_changed(self, state: str, at_ms: int, seq: int) -> None:
        """Take the CLI's own word on what it does, from the frame `seq`; `at_ms` is by its machine's clock."""
        self._does(_ACTIVITY.get(state), at_ms, seq)

    def seen_on_screen(self, state: str, at_ms: int, seq: int) -> None:
        """Take what a Claude in a terminal does, as its machine found out."""
        self._does(_ON_SCREEN.get(state), at_ms, seq)

    def initialised(self, message: Json) -> None:
        """Take what the CLI says at the start of a turn."""
        self.claude_session_id = as_name_or_none(message.get("session_id")) or self.claude_session_id
        self.model = as_name_or_none(message.get("model")) or self.model
        self.mode_changed(message)

    def mode_changed(self, message: Json) -> None:
        self.permission_mode = as_name_or_none(message.get("permissionMode")) or self.permission_mode

    def said(self, text: str) -> None:
        """Take the newest text of the conversation, as a preview."""
        self.last_text = clipped_line(_unmarked(text[: 4 * PREVIEW]))

    def used(self, usage: Json) -> None:
        """Take the usage of one answer of the main conversation: what it read is what fills the context."""
        read = sum(as_count(usage.get(name)) for name in _INPUT_TOKENS)
        self._context_tokens = read + as_count(usage.get("output_tokens")) if read else self._context_tokens

    def context(self, message: Json) -> tuple[int | None, int | None]:
        """Return how many tokens of how many fill the context at the end of a turn; None where nothing tells."""
        models = as_object(message.get("modelUsage"))
        windows = [as_count(as_object(usage).get("contextWindow")) for usage in models.values()]
        window = as_count(as_object(models.get(self.model or "")).get("contextWindow")) or max(windows, default=0)
        return (self._context_tokens, window) if window and self._context_tokens else (None, None)

    def turn_ended(self, message: Json, seq: int, prompt: str | None) -> tuple[float | None, int, int]:
        """Take a result of the frame `seq`, which answers `prompt`; return the turn's own cost and tokens."""
        self.turns += 1
        usage = as_object(message.get("usage"))
        read = sum(as_count(usage.get(name)) for name in _INPUT_TOKENS)
        written = as_count(usage.get("output_tokens"))
        self.input_tokens += read
        self.output_tokens += written
        return self.meter.turn_ended(message, seq, prompt, self.model), read, written

    def save(self) -> Json:
        return {
            "life": [
                self.life.epoch,
                self.life.state.value,
                self.life.reason.value if self.life.reason else None,
                self.life.detail,
                self.life.exit_code,
            ],
            "activity": self.activity,
            "activity_ms": self.activity_ms,
            "activity_seq": self.activity_seq,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "claude_session_id": self.claude_session_id,
            "model": self.model,
            "permission_mode": self.permission_mode,
            "effort": self.effort,
            "last_text": self.last_text,
            "started_ms": self.started_ms,
            "ended_ms": self.ended_ms,
            "turns": self.turns,
            "context_tokens": self._context_tokens,
            "meter": self.meter.save(),
        }

    def load(self, state: Json) -> None:
        life = state["life"]
        assert isinstance(life, list)
        epoch, phase, reason, detail, exit_code = life
        self.life = Life(epoch, SessionState(phase), EndReason(reason) if reason else None, detail, exit_code)
        self.activity = as_text_or_none(state["activity"])
        self.activity_ms = as_count(state.get("activity_ms")) or None  # an older server did not keep it
        self.activity_seq = as_count(state.get("activity_seq"))
        self.input_tokens = as_count(state["input_tokens"])
        self.output_tokens = as_count(state["output_tokens"])
        self.claude_session_id = as_text_or_none(state["claude_session_id"])
        self.model = as_text_or_none(state["model"])
        self.permission_mode = as_text_or_none(state["permission_mode"])
        self.effort = as_text_or_none(state.get("effort"))  # an older server did not know it
        self.last_text = as_text_or_none(state["last_text"])
        self.started_ms = as_count(state["started_ms"]) or None
        self.ended_ms = as_count(state["ended_ms"]) or None
        self.turns = as_count(state.get("turns"))  # an older server did not count them
        self._context_tokens = as_count(state.get("context_tokens"))
        self.meter.load(as_object(state["meter"]))

    def _does(self, activity: str | None, at_ms: int, seq: int) -> None:
        """Take what Claude does, if that is known; saying it again is no news."""
        if activity is not None and activity != self.activity:
            self.activity, self.activity_ms, self.activity_seq = activity, at_ms, seq


def clipped_line(text: str) -> str:
    """Return the beginning of a text as one line that any database takes."""
    return clipped(" ".join(text[: 4 * PREVIEW].replace("\0", " ").split()), PREVIEW)[:PREVIEW]


def _unmarked(markdown: str) -> str:
    """Return a short text without the marks of emphasis, code, links and headings, which a preview does not draw."""
    return _MARKS.sub(lambda found: found["strong"] or found["light"] or found["code"] or found["link"] or "", markdown)


def reason_of(text: object) -> EndReason:
    """Return the reason an event names; an unknown one counts as failed."""
    name = as_text(text)
    return EndReason(name) if name in set(EndReason) else EndReason.FAILED
