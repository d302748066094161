"""Registrations: which connection of an agent is the newest, and what the agent said of itself and its machine."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, case, or_, select, update

from claudios.protocol.messages import Hello, Status
from claudios.server.store.tables import agent_keys, agents


def register(connection: Connection, agent_id: str, hello: Hello, carrier: str, now_ms: int) -> int | None:
    """Number a new registration, which supersedes every older one. Return None when the agent is gone."""
    return connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.removed_ms.is_(None))
        .values(
            boot=agents.c.boot + 1,
            received=hello.received,
            # an agent that is ahead of a database restored from a backup would take new numbers for old ones
            iseq=case((agents.c.iseq < hello.received, hello.received), else_=agents.c.iseq),
            carrier=carrier,
            last_seen_ms=now_ms,
            agent_version=hello.agent_version.replace("\0", " "),
            machine=hello.machine.model_dump_json(),
            demo=hello.machine.demo,
        )
        .returning(agents.c.boot)
    ).scalar()


def newest(connection: Connection, agent_id: str) -> tuple[int, int] | None:
    """Return the number of the agent's newest registration and how far its journal is."""
    row = connection.execute(select(agents.c.boot, agents.c.received).where(agents.c.id == agent_id)).first()
    return None if row is None else (row.boot, row.received)


def returned(connection: Connection, agent_id: str, boot: int, carrier: str, now_ms: int) -> None:
    """Keep that the registration is heard of again."""
    connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.boot == boot)
        .values(carrier=carrier, last_seen_ms=now_ms)
    )


def left(connection: Connection, agent_id: str, boot: int, now_ms: int) -> bool:
    """Keep that the registration has ended; say whether it was the newest, so that the agent is now offline."""
    ended = update(agents).where(agents.c.id == agent_id, agents.c.boot == boot)
    return connection.execute(ended.values(carrier=None, last_seen_ms=now_ms)).rowcount == 1


def keep_status(connection: Connection, agent_id: str, boot: int, status: Status, now_ms: int) -> None:
    """Keep what the agent says of its machine."""
    connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.boot == boot)
        .values(status=status.model_dump_json(exclude={"type", "sessions"}), last_seen_ms=now_ms)
    )


def valid_keys(connection: Connection, key_ids: Sequence[str], now_ms: int) -> frozenset[str]:
    """Return those of the keys that hold now."""
    found = connection.execute(
        select(agent_keys.c.key_id).where(
            agent_keys.c.key_id.in_(key_ids),
            agent_keys.c.revoked_ms.is_(None),
            or_(agent_keys.c.expires_ms.is_(None), agent_keys.c.expires_ms > now_ms),
        )
    )
    return frozenset(found.scalars())
