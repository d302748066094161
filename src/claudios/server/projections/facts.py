"""What the log says of a session as a whole: how far it is, what Claude is doing, what it cost."""

from __future__ import annotations

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.life import Life
from claudios.server.projections.shapes import (
    Json,
    as_count,
    as_name_or_none,
    as_number,
    as_object,
    as_text,
    as_text_or_none,
    clipped,
)

PREVIEW = 200
_ACTIVITY = {"running": "working", "requires_action": "waiting", "idle": "idle"}
_INPUT_TOKENS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Facts:
    """The sums over all epochs. Cost is cumulative for each process, so it is summed over processes."""

    def __init__(self) -> None:
        self.life = Life(1, SessionState.QUEUED)
        self.activity: str | None = None
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
        self._context_tokens = 0
        self._settled_cost = 0.0
        self._process_cost: float | None = None

    @property
    def cost_usd(self) -> float | None:
        """The cost so far in US dollars, or None before the first turn has ended."""
        if self._process_cost is None:
            return self._settled_cost or None
        return round(self._settled_cost + self._process_cost, 9)

    def began(self, epoch: int, at_ms: int) -> None:
        """Take that a process was started."""
        self._settle_cost()
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

    def state_changed(self, state: str) -> None:
        """Take the CLI's own word on what it does."""
        self.activity = _ACTIVITY.get(state, self.activity)

    def initialised(self, message: Json) -> None:
        """Take what the CLI says at the start of a turn."""
        self.claude_session_id = as_name_or_none(message.get("session_id")) or self.claude_session_id
        self.model = as_name_or_none(message.get("model")) or self.model
        self.mode_changed(message)

    def mode_changed(self, message: Json) -> None:
        self.permission_mode = as_name_or_none(message.get("permissionMode")) or self.permission_mode

    def said(self, text: str) -> None:
        """Take the newest text of the conversation, as a preview."""
        self.last_text = clipped_line(text)

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

    def turn_ended(self, message: Json) -> tuple[float | None, int, int]:
        """Take a result; return the turn's own cost and tokens (read and written)."""
        self.turns += 1
        usage = as_object(message.get("usage"))
        read = sum(as_count(usage.get(name)) for name in _INPUT_TOKENS)
        written = as_count(usage.get("output_tokens"))
        self.input_tokens += read
        self.output_tokens += written
        total = as_number(message.get("total_cost_usd"))
        if total is None:
            return None, read, written
        before = self._process_cost or 0.0
        if total < before:  # /clear restarts the CLI's count
            self._settle_cost()
            before = 0.0
        self._process_cost = total
        return round(total - before, 9), read, written

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
            "settled_cost": self._settled_cost,
            "process_cost": self._process_cost,
        }

    def load(self, state: Json) -> None:
        life = state["life"]
        assert isinstance(life, list)
        epoch, phase, reason, detail, exit_code = life
        self.life = Life(epoch, SessionState(phase), EndReason(reason) if reason else None, detail, exit_code)
        self.activity = as_text_or_none(state["activity"])
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
        self._settled_cost = as_number(state["settled_cost"]) or 0.0
        self._process_cost = as_number(state["process_cost"])

    def _settle_cost(self) -> None:
        self._settled_cost += self._process_cost or 0.0
        self._process_cost = None


def clipped_line(text: str) -> str:
    """Return the beginning of a text as one line that any database takes."""
    return clipped(" ".join(text[: 4 * PREVIEW].replace("\0", " ").split()), PREVIEW)[:PREVIEW]


def reason_of(text: object) -> EndReason:
    """Return the reason an event names; an unknown one counts as failed."""
    name = as_text(text)
    return EndReason(name) if name in set(EndReason) else EndReason.FAILED
