"""Registrations: which connection of an agent is the newest, and what the agent said of itself and its machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, case, or_, select, update

from claudios.protocol.errors import AgentInUse, Conflict, NotFound
from claudios.protocol.messages import Hello, Machine, Mode, Status
from claudios.server.store.tables import agent_keys, agents

HEARD_MS = 90_000
"""A connected agent says how it is every 30 s. Who has not for so long was held by a server that is gone."""


def register(connection: Connection, agent_id: str, hello: Hello, carrier: str, now_ms: int) -> int | None:
    """Number a new registration, which supersedes every older one. Return None when the agent is gone.

    Raises AgentInUse while another daemon is connected as this agent.
    """
    holder = connection.execute(select(agents).where(agents.c.id == agent_id)).first()
    if holder is not None:
        _require_free(holder, hello, now_ms)
    is_same_run = holder is not None and holder.run == _text(hello.run)
    ousted = None if holder is None else holder.ousted_run if is_same_run else holder.run
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
            installation=_text(hello.installation),
            run=_text(hello.run),
            ousted_run=ousted,
            registered_ms=now_ms,
            machine=hello.machine.model_dump_json(),
            demo=hello.machine.demo,
            lists_paths=hello.lists_paths,
        )
        .returning(agents.c.boot)
    ).scalar()


def fence(connection: Connection, agent_id: str, now_ms: int) -> None:
    """Number a registration that nobody holds, so that what an older one still sends is refused.

    Raises NotFound for an agent that is gone, Conflict while its machine is connected.
    """
    is_away = or_(agents.c.carrier.is_(None), agents.c.last_seen_ms < now_ms - HEARD_MS)
    fenced = connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.removed_ms.is_(None), is_away)
        .values(boot=agents.c.boot + 1, carrier=None)
    )
    if fenced.rowcount == 1:
        return
    if connection.execute(select(agents.c.id).where(agents.c.id == agent_id, agents.c.removed_ms.is_(None))).first():
        raise Conflict("Its machine is connected. Terminate its sessions, then remove the agent.")
    raise NotFound


def _require_free(holder: Row[*tuple[Any, ...]], hello: Hello, now_ms: int) -> None:
    """Raise AgentInUse unless who registers is the holder, takes over from it after a restart, or the holder is away.

    A daemon that has been taken over from and comes back while its successor is connected was never restarted.
    """
    is_away = holder.carrier is None or now_ms - (holder.last_seen_ms or 0) > HEARD_MS
    if is_away or holder.installation is None or hello.installation is None:
        return
    is_second = _text(hello.installation) != holder.installation
    is_back = holder.ousted_run is not None and _text(hello.run) == holder.ousted_run
    if is_second or is_back:
        machine = Machine.model_validate_json(holder.machine)
        since = datetime.fromtimestamp(holder.registered_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise AgentInUse(
            f"This agent is already connected from {machine.hostname}, since {since}. Give each machine an agent and a "
            "token of its own, or stop the daemon there: then this one may take over."
        )


def _text(said: str | None) -> str | None:
    return None if said is None else said.replace("\0", " ")


class Newest(NamedTuple):
    """An agent's newest registration: its number, how far the agent's journal is, and what its Hello said."""

    boot: int
    received: int
    lists_paths: bool
    modes: tuple[Mode, ...]
    answers: tuple[str, ...]


def newest(connection: Connection, agent_id: str) -> Newest | None:
    """Return the agent's newest registration."""
    row = connection.execute(
        select(agents.c.boot, agents.c.received, agents.c.lists_paths, agents.c.machine).where(agents.c.id == agent_id)
    ).first()
    if row is None:
        return None
    if row.machine is None:
        return Newest(row.boot, row.received, row.lists_paths, (), ())
    machine = Machine.model_validate_json(row.machine)
    return Newest(row.boot, row.received, row.lists_paths, machine.modes, machine.answers)


def returned(connection: Connection, agent_id: str, boot: int, carrier: str, now_ms: int) -> None:
    """Keep that the registration is heard of again."""
    connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.boot == boot)
        .values(carrier=carrier, last_seen_ms=now_ms)
    )


def is_connected(connection: Connection, agent_id: str, now_ms: int) -> bool:
    """Say whether an agent is connected to a server of this database, as far as it was heard of there lately."""
    here = select(agents.c.id).where(
        agents.c.id == agent_id, agents.c.carrier.is_not(None), agents.c.last_seen_ms >= now_ms - HEARD_MS
    )
    return connection.execute(here).first() is not None


def left(connection: Connection, agent_id: str, boot: int, now_ms: int) -> bool:
    """Keep that the registration has ended; say whether it was the newest, so that the agent is now offline."""
    ended = update(agents).where(agents.c.id == agent_id, agents.c.boot == boot)
    return connection.execute(ended.values(carrier=None, last_seen_ms=now_ms)).rowcount == 1


def keep_status(connection: Connection, agent_id: str, boot: int, status: Status, now_ms: int) -> None:
    """Keep what the agent says of its machine, and by how much its clock is behind this server's."""
    said = status.model_dump(exclude={"type", "sessions", "wall_ms"})
    said["clock_behind_ms"] = 0 if status.wall_ms is None else now_ms - status.wall_ms
    connection.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.boot == boot)
        .values(status=orjson.dumps(said).decode(), last_seen_ms=now_ms)
    )


def clock_behind_ms(connection: Connection, agent_id: str) -> int:
    """Return by how much the agent's clock was behind this server's when it last said how it is."""
    status = connection.execute(select(agents.c.status).where(agents.c.id == agent_id)).scalar()
    behind_ms: int = 0 if status is None else orjson.loads(status).get("clock_behind_ms", 0)
    return behind_ms


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
