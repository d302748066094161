"""What each turn used, by model: the CLI counts over a whole process and over resumptions, people pay by the turn.

A newer CLI says itself what was used since its last result. Of an older one that is the difference to the result
before, which `/clear` and a new process begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from claudios.server.projections.shapes import Json, as_count, as_list, as_name, as_number, as_object

NANO = 1_000_000_000
"""Money is counted in whole billionths of a US dollar: so sums are exact, in any order and on any database."""
MAX_NANO_USD = 10**15
MAX_TOKENS = 10**12
"""Of one turn: what a machine may make up, no sum can overflow by."""
UNKNOWN_MODEL = "unknown"
_COUNTS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
_OF_TURN = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and billionths of a US dollar. What was read from or written to the cache is no part of `input`."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost: int = 0

    def since(self, before: Amount) -> Amount:
        """Return what came on top of an earlier amount."""
        return Amount(*(max(0, now - then) for now, then in zip(self.fields(), before.fields(), strict=True)))

    def fields(self) -> tuple[int, int, int, int, int]:
        return self.input, self.output, self.cache_read, self.cache_write, self.cost


@dataclass(frozen=True, slots=True)
class Used:
    """What one turn used of one model."""

    model: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Turn:
    """A completed turn. Its `place` is among the turns that the frame `seq` completed, and tells it from all others.

    `prompt` is the uuid of the prompt that was taken up last; `used` has the model of the conversation first.
    """

    seq: int
    place: int
    prompt: str | None
    duration_ms: int
    used: tuple[Used, ...]


class Meter:
    """Counts what a session used, result by result."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._last: tuple[int, int] = (0, 0)
        self._cost: int | None = None  # of all turns
        self._total = 0  # of this process, as the CLI counts
        self._models: dict[str, Amount] = {}

    @property
    def cost_usd(self) -> float | None:
        """The cost so far in US dollars, or None before the first turn has ended."""
        return None if self._cost is None else self._cost / NANO

    def began(self) -> None:
        """Take that a process was started."""
        self._total, self._models = 0, {}

    def turn_ended(self, message: Json, seq: int, prompt: str | None, model: str | None) -> float | None:
        """Take a result of the frame `seq`; return the turn's own cost in US dollars, None where nothing tells."""
        total = nano(message.get("total_cost_usd"))
        models = _amounts(message.get("modelUsage"))
        said = message.get("model_usage_since_last_result")
        if isinstance(said, dict):
            used = _amounts(said)
            cost: int | None = sum(amount.cost for amount in used.values())
        else:
            if total is not None and total < self._total:
                self.began()
            used = {name: amount.since(self._models.get(name, Amount())) for name, amount in models.items()}
            cost = None if total is None else total - self._total
        self._total, self._models = self._total if total is None else total, models
        self._cost = self._cost if cost is None else (self._cost or 0) + cost
        self._last = (seq, self._last[1] + 1) if self._last[0] == seq else (seq, 0)
        duration_ms = min(int(max(0.0, as_number(message.get("duration_ms")) or 0.0)), 2**53)
        self._turns.append(Turn(*self._last, prompt, duration_ms, _in_order(used, cost or 0, model, message)))
        return None if cost is None else cost / NANO

    def turns(self) -> list[Turn]:
        """Return the turns that ended since the last call."""
        ended, self._turns = self._turns, []
        return ended

    def save(self) -> Json:
        return {
            "cost": self._cost,
            "total": self._total,
            "models": {name: amount.fields() for name, amount in self._models.items()},
        }

    def load(self, state: Json) -> None:
        self._cost = None if state["cost"] is None else as_count(state["cost"])
        self._total = as_count(state["total"])
        self._models = {
            name: Amount(*map(as_count, as_list(fields))) for name, fields in as_object(state["models"]).items()
        }


def nano(usd: object) -> int | None:
    """Return US dollars in whole billionths; None for what is no amount of money."""
    amount = as_number(usd)
    if amount is None or not isfinite(amount) or amount < 0:
        return None
    return min(round(amount * NANO), MAX_NANO_USD)


def _amounts(by_model: object) -> dict[str, Amount]:
    found: dict[str, Amount] = {}
    for name, entry in as_object(by_model).items():
        usage = as_object(entry)
        read, written, cache_read, cache_write = (_tokens(usage.get(field)) for field in _COUNTS)
        cost = nano(usage.get("costUSD")) or 0
        found[as_name(name) or UNKNOWN_MODEL] = Amount(read, written, cache_read, cache_write, cost)
    return found


def _in_order(used: dict[str, Amount], cost: int, model: str | None, message: Json) -> tuple[Used, ...]:
    """Return what was used, the conversation's model first, which also bears what the models do not add up to."""
    usage = as_object(message.get("usage"))
    own = model or next(iter(used), UNKNOWN_MODEL)
    amount = used.get(own) or (Amount() if used else Amount(*(_tokens(usage.get(field)) for field in _OF_TURN)))
    others = [Used(name, each) for name, each in used.items() if name != own and any(each.fields())]
    rest = max(0, cost - sum(each.amount.cost for each in others))
    return (Used(own, Amount(*amount.fields()[:4], rest)), *others)


def _tokens(value: object) -> int:
    return min(as_count(value), MAX_TOKENS)
