"""The transaction of a new registration."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from claudios.protocol.checkpoints import fingerprint
from claudios.protocol.errors import NotSignedIn
from claudios.protocol.messages import Cursor, Hello
from claudios.server.bus.topics import Changed
from claudios.server.instructions import outcome
from claudios.server.link.registration import AgentView
from claudios.server.store import agents, audit, checkpoints, instructions, lives, log, registrations
from claudios.server.store.agents import UNKNOWN_TOKEN


@dataclass(frozen=True, slots=True)
class Opened:
    """What the transaction found."""

    boot: int
    cursors: tuple[Cursor, ...]
    told: tuple[Changed, ...]


def register(
    connection: Connection, agent_id: str, hello: Hello, carrier: str, *, agent_view: AgentView, now_ms: int
) -> Opened:
    """Begin a registration, and bring in line with it what the server has of the agent. Raises NotSignedIn."""
    boot = registrations.register(connection, agent_id, hello, carrier, now_ms)
    if boot is None:
        raise NotSignedIn(UNKNOWN_TOKEN)
    if hello.checkpoint_key is not None:
        _keep_key(connection, agent_id, hello.checkpoint_key, now_ms)
    told: list[Changed] = []
    for kept in instructions.forget(connection, agent_id, hello.received, now_ms):
        told += outcome.consequences(connection, kept, now_ms)
    listed = {status.session_id for status in hello.sessions}
    told += lives.agent_says(connection, agent_id, hello.sessions, now_ms)
    told += lives.agent_omits(connection, agent_id, listed, now_ms)
    agent = agent_view(connection, agent_id)
    if agent is not None:
        told.append(agent)
    return Opened(boot, log.cursors(connection, agent_id, listed), tuple(told))


def _keep_key(connection: Connection, agent_id: str, checkpoint_key: str, now_ms: int) -> None:
    """Keep the key that the machine signs checkpoints with; a key in the place of another is written down."""
    if checkpoints.add_key(connection, agent_id, checkpoint_key, now_ms):
        audit.write(
            connection,
            now_ms=now_ms,
            actor=agent_id,
            action=audit.Action.CHECKPOINT_KEY_ADDED,
            target=agent_id,
            detail=f"The machine signs checkpoints with another key from now on: {fingerprint(checkpoint_key)}",
            project_id=agents.project_of(connection, agent_id),
        )
