"""What each completed turn used, kept apart from the output; and budgets.

The turns so far are taken from the footers that stand in the transcripts: these tell neither the model nor what came
from the cache, nor who asked. A session that is folded anew, since it goes on or is looked at, is counted exactly.

Newer Claude CLIs count their cost on over a resumption, and a footer holds the difference within its process: of the
first turn after one, that is all that came before once more. A footer does not tell; a cost below that cannot be such a
sum, and one that reaches it is taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

AT_ONCE = 1000
NANO = 1_000_000_000
MAX_NANO_USD = 10**15
MAX_TOKENS = 10**12
MAX_MS = 2**53
"""Of one turn, as `projections/meter.py` has them: a machine may have made up any number, and no column overflows."""


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seq", "place", "model", name="pk_usage"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], ondelete="CASCADE", name="fk_usage_project_id"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], ondelete="CASCADE", name="fk_usage_agent_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="SET NULL", name="fk_usage_user_id"),
    )
    op.create_index("ix_usage_project_id_at_ms", "usage", ["project_id", "at_ms"])
    op.create_index("ix_usage_agent_id", "usage", ["agent_id"])
    _count(op.get_bind())
    op.add_column("projects", sa.Column("budget_day", sa.BigInteger(), nullable=True))
    op.add_column("projects", sa.Column("budget_month", sa.BigInteger(), nullable=True))
    op.add_column("projects", sa.Column("budget_zone", sa.String(), nullable=False, server_default=sa.text("'UTC'")))
    op.add_column("sessions", sa.Column("budget", sa.BigInteger(), nullable=True))


def _count(connection: sa.Connection) -> None:
    for session in connection.execute(sa.text(_SESSIONS)).all():
        rows = _rows(connection, session)
        while some := list(islice(rows, AT_ONCE)):
            connection.execute(sa.text(_INSERT), some)


def _rows(connection: sa.Connection, session: sa.Row[*tuple[Any, ...]]) -> Iterator[dict[str, object]]:
    """Yield what is to be inserted of one session."""
    shared = {
        "session_id": session.id,
        "model": session.model or "unknown",
        "project_id": session.project_id,
        "agent_id": session.agent_id,
        "user_id": session.created_by,
    }
    if session.is_removed:  # the sums are left of it: they count as one
        yield {
            **shared,
            "seq": 0,
            "place": 0,
            "at_ms": session.ended_ms or session.created_ms,
            "turns": session.turns,
            "duration_ms": 0,
            "input_tokens": _within(session.input_tokens, MAX_TOKENS),
            "output_tokens": _within(session.output_tokens, MAX_TOKENS),
            "cost_nano_usd": _within(session.cost_usd, MAX_NANO_USD, NANO),
        }
    seq, place, cost = 0, 0, _Cost()
    for row in connection.execute(sa.text(_FOOTERS), {"session": session.id}):
        footer = json.loads(row.body)
        seq, place = row.created_seq, place + 1 if seq == row.created_seq else 0
        yield {
            **shared,
            "seq": seq,
            "place": place,
            "at_ms": row.received_ms or row.at_ms,
            "turns": 1,
            "duration_ms": _within(footer.get("duration_ms"), MAX_MS),
            "input_tokens": _within(footer.get("input_tokens"), MAX_TOKENS),
            "output_tokens": _within(footer.get("output_tokens"), MAX_TOKENS),
            "cost_nano_usd": cost.of_turn(footer.get("cost_usd"), row.epoch),
        }


class _Cost:
    """Tells what the turns of one session cost, in order."""

    def __init__(self) -> None:
        self._epoch: int | None = None
        self._so_far = 0  # as Claude counts it, over the processes that count on

    def of_turn(self, said: object, epoch: int | None) -> int:
        """Return the cost of the next turn; the first of a process may hold what the ones before it have cost."""
        if said is None:
            return 0
        cost = _within(said, MAX_NANO_USD, NANO)
        is_first = None not in (self._epoch, epoch) and self._epoch != epoch
        self._epoch = self._epoch if epoch is None else epoch
        before, self._so_far = self._so_far, cost if is_first else self._so_far + cost
        return cost - before if is_first and cost >= before else cost


def _within(value: object, most: int, times: int = 1) -> int:
    """Return a number in whole units, from 0 to `most`; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return 0
    return round(max(0, min(value * times, most)))


_SESSIONS = """
SELECT s.id, s.model, s.project_id, s.agent_id, s.created_by, s.created_ms, s.ended_ms, s.turns, s.input_tokens,
    s.output_tokens, s.cost_usd, t.session_id IS NOT NULL AND (s.turns > 0 OR s.cost_usd > 0) AS is_removed
FROM sessions s LEFT JOIN tombstones t ON t.session_id = s.id
"""
# The newest batch that begins at or before the footer is found by one look at the key, however many there are.
_FOOTERS = """
SELECT i.created_seq, i.body, i.at_ms, b.received_ms, b.epoch
FROM items i LEFT JOIN batches b ON b.session_id = i.session_id AND b.last_seq >= i.created_seq AND b.first_seq =
    (SELECT c.first_seq FROM batches c WHERE c.session_id = i.session_id AND c.first_seq <= i.created_seq
     ORDER BY c.first_seq DESC LIMIT 1)
WHERE i.session_id = :session AND i.kind = 'turn' ORDER BY i.no
"""
_INSERT = """
INSERT INTO usage (session_id, seq, place, model, project_id, agent_id, user_id, at_ms, turns, duration_ms,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd)
VALUES (:session_id, :seq, :place, :model, :project_id, :agent_id, :user_id, :at_ms, :turns, :duration_ms,
    :input_tokens, :output_tokens, 0, 0, :cost_nano_usd)
"""
