"""An agent that was removed and whose machine is there after all: refused, which the audit log tells (L-15)."""

from __future__ import annotations

from sqlalchemy import Connection

from claudios.server.store import agents, audit
from claudios.server.store.agents import AgentKey


def write_down(connection: Connection, removed: AgentKey, now_ms: int) -> None:
    """Tell of it the first time, and then once a day: such a machine asks about every minute."""
    if agents.heard_after_removal(connection, removed.agent_id, now_ms):
        audit.write(
            connection,
            now_ms=now_ms,
            actor=removed.agent_id,
            action=audit.Action.AGENT_REFUSED,
            target=removed.agent_name,
            detail="It was removed, and its machine has come back. Nothing of what it has is taken.",
            project_id=removed.project_id,
        )
