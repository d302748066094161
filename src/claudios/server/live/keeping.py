"""What of a session's fold is written down, and when the rest is due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from claudios.server.bus.topics import Changed
from claudios.server.projections.asks import AskEvent
from claudios.server.projections.facts import Facts
from claudios.server.projections.fold import Fold
from claudios.server.projections.life import Life
from claudios.server.projections.meter import Turn
from claudios.server.store import folds
from claudios.server.store.folds import Save
from claudios.server.store.progress import Sums

T = TypeVar("T")

KEEP_SECONDS = 0.25
KEEP_SOON_SECONDS = 0.02
"""What matters to everybody is kept this soon: late enough to take its neighbours along, unnoticed by people."""
KEEP_POSITION_SECONDS = 2.0


class Writer(Protocol):
    """What runs writing transactions."""

    async def write(self, work: Callable[[Connection], T]) -> T: ...


class Keeper:
    """Keeps one session's fold. `due_at` is when it should next, by the monotonic clock; None while nothing is new."""

    def __init__(
        self,
        session_id: str,
        store: Writer,
        tell: Callable[[Iterable[Changed]], None],
        now_ms: Callable[[], int],
    ) -> None:
        self.due_at: float | None = None
        self._session_id = session_id
        self._store = store
        self._tell = tell
        self._now_ms = now_ms
        self._asks: list[AskEvent] = []
        self._turns: list[Turn] = []
        self._kept: tuple[int, Sums, Life] | None = None

    def loaded(self, fold: Fold) -> None:
        """Take note of a fold as the store has it."""
        self._kept = _parts(fold) if fold.position else None

    def forget(self) -> None:
        """Forget what was to be kept: the fold is dropped."""
        self.due_at = None
        self._asks.clear()
        self._turns.clear()

    def plan(self, fold: Fold) -> None:
        """Say when to keep: soon what everybody should see, else in a while."""
        self._asks += fold.ask_events()
        kept_position, sums, life = self._kept or (0, None, None)
        facts = fold.facts
        if self._asks or sums is None or life != facts.life or sums.activity != facts.activity:
            seconds = KEEP_SOON_SECONDS
        elif fold.is_dirty:
            seconds = KEEP_SOON_SECONDS if sums.output_tokens != facts.output_tokens else KEEP_SECONDS
        elif fold.position != kept_position:
            seconds = KEEP_POSITION_SECONDS
        else:
            return
        due = time.monotonic() + seconds
        self.due_at = due if self.due_at is None else min(due, self.due_at)

    async def keep(self, fold: Fold) -> None:
        """Write down what is not yet, and tell what that changed."""
        self._asks += fold.ask_events()
        self._turns += fold.turns()
        self.due_at = None
        kept = _parts(fold)
        if kept == self._kept and not fold.is_dirty and not self._asks:  # a turn is always dirty
            return
        is_news = self._kept is None or kept[1:] != self._kept[1:]
        new = Save(
            fold.checkpoint(),
            fold.dirty(),
            tuple(self._asks),
            kept[1],
            kept[2],
            is_news,
            fold.offers(),
            tuple(self._turns),
            fold.plan_limits(),
            fold.limit_news(),
        )
        told = await self._store.write(lambda connection: folds.save(connection, self._session_id, new, self._now_ms()))
        self._asks.clear()
        self._turns.clear()
        self._kept = kept
        self._tell(told)


def _parts(fold: Fold) -> tuple[int, Sums, Life]:
    return fold.position, _sums(fold.facts), fold.facts.life


def _sums(facts: Facts) -> Sums:
    return Sums(
        activity=facts.activity,
        cost_usd=facts.cost_usd,
        input_tokens=facts.input_tokens,
        output_tokens=facts.output_tokens,
        claude_session_id=facts.claude_session_id,
        model=facts.model,
        permission_mode=facts.permission_mode,
        last_text=facts.last_text,
        started_ms=facts.started_ms,
        ended_ms=facts.ended_ms,
        turns=facts.turns,
        effort=facts.effort,
        activity_ms=facts.activity_ms,
        activity_seq=facts.activity_seq,
    )
