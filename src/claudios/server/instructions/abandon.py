"""A machine that is gone for good: its sessions end as lost, what it was asked is settled, its tokens never hold again.

Nobody knows what became of its sessions, so their ends say who gave it up. What of their output it had not sent is lost
with its disk; should it come back after all, it is refused (L-15) and nothing of it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.bus.topics import Changed
from claudios.server.instructions.lifecycle import InstructionState, Passage
from claudios.server.projections.life import Life
from claudios.server.store import agents, changes, instructions, lives, registrations, session_lists
from claudios.server.store.instructions import UNHEARD, Settling


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What giving up a machine changed: how many sessions it ended, the keys that ended, and what people are told."""

    sessions: int
    keys: frozenset[str]
    told: tuple[Changed, ...]


def give_up_machine(connection: Connection, agent_id: str, username: str, now_ms: int) -> Abandoned:
    """Remove an agent whose machine is gone for good, though its sessions have not ended.

    Raises NotFound, or Conflict while its machine is connected.
    """
    registrations.fence(connection, agent_id, now_ms)
    why = f"{username} gave up its machine as gone for good. What it had not sent yet is lost."
    living = session_lists.of_agent(connection, agent_id)
    told: list[Changed] = []
    for session in living:
        lost = Life(session.epoch, SessionState.ENDED, EndReason.LOST, why)
        told += lives.witness(connection, session.id, lost, now_ms)
    for state, passage, code in (
        (InstructionState.QUEUED, Passage.WITHDRAWN, None),
        (InstructionState.SENT, Passage.UNHEARD, UNHEARD),
        (InstructionState.TAKEN, Passage.UNHEARD, "unknown"),
    ):
        settling = Settling(passage, code, f"{username} gave up its machine as gone for good.", now_ms)
        settled = instructions.settle_of_agent(connection, agent_id, state, settling)
        told += [changes.instruction(kept.project_id, kept.view) for kept in settled]
    return Abandoned(len(living), agents.remove(connection, agent_id, now_ms), tuple(told))
