"""Checkpoints as their machines signed them, and the public keys they are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_

from claudios.protocol.messages import Checkpoint
from claudios.server.store.tables import checkpoint_keys, checkpoints


@dataclass(frozen=True, slots=True)
class Placed:
    """A checkpoint, and its place in the order of a record: frame, number, key."""

    place: tuple[int, int, bytes]
    checkpoint: Checkpoint


def add_key(connection: Connection, agent_id: str, key: str, now_ms: int) -> int | None:
    """Keep an agent's public key; return how many it had before, or None when it is known already."""
    known = keys_of(connection, agent_id)
    if key in known:
        return None
    connection.execute(insert(checkpoint_keys), {"agent_id": agent_id, "key": bytes.fromhex(key), "created_ms": now_ms})
    return len(known)


def keys_of(connection: Connection, agent_id: str) -> tuple[str, ...]:
    """Return the public keys (hexadecimal) of an agent, oldest first."""
    found = connection.execute(
        select(checkpoint_keys.c.key)
        .where(checkpoint_keys.c.agent_id == agent_id)
        .order_by(checkpoint_keys.c.created_ms, checkpoint_keys.c.key)
    )
    return tuple(bytes(key).hex() for key in found.scalars())


def had_key(connection: Connection, agent_id: str, at_ms: int) -> bool:
    """Say whether an agent had told a public key by then."""
    first = connection.execute(
        select(func.min(checkpoint_keys.c.created_ms)).where(checkpoint_keys.c.agent_id == agent_id)
    ).scalar()
    return first is not None and first <= at_ms


def counts(connection: Connection, session_id: str) -> dict[str, int]:
    """Return the number of the newest checkpoint of a session under each key."""
    found = connection.execute(
        select(checkpoints.c.key, func.max(checkpoints.c.n).label("newest"))
        .where(checkpoints.c.session_id == session_id)
        .group_by(checkpoints.c.key)
    )
    return {bytes(row.key).hex(): row.newest for row in found}


def newest(connection: Connection, session_id: str, key: str) -> Checkpoint | None:
    """Return the newest checkpoint of a session under one key."""
    mine = (checkpoints.c.session_id == session_id) & (checkpoints.c.key == bytes.fromhex(key))
    row = connection.execute(select(checkpoints).where(mine).order_by(checkpoints.c.n.desc()).limit(1)).first()
    return None if row is None else _checkpoint(row)


def get(connection: Connection, session_id: str, key: str, n: int) -> Checkpoint | None:
    """Return one checkpoint."""
    row = connection.execute(
        select(checkpoints).where(
            checkpoints.c.session_id == session_id,
            checkpoints.c.key == bytes.fromhex(key),
            checkpoints.c.n == n,
        )
    ).first()
    return None if row is None else _checkpoint(row)


def add(connection: Connection, checkpoint: Checkpoint, now_ms: int) -> None:
    """Keep a checkpoint."""
    connection.execute(
        insert(checkpoints),
        {
            "session_id": checkpoint.session_id,
            "key": bytes.fromhex(checkpoint.key),
            "n": checkpoint.n,
            "seq": checkpoint.seq,
            "head": bytes.fromhex(checkpoint.head),
            "at_ms": checkpoint.at_ms,
            "next_ms": checkpoint.next_ms,
            "previous": bytes.fromhex(checkpoint.previous),
            "final": checkpoint.final,
            "signature": bytes.fromhex(checkpoint.signature),
            "received_ms": now_ms,
        },
    )


def after(
    connection: Connection, session_id: str, place: tuple[int, int, bytes], up_to_seq: int, most: int
) -> list[Placed]:
    """Return up to `most` checkpoints after a place, of frames up to `up_to_seq`, in order."""
    order = (checkpoints.c.seq, checkpoints.c.n, checkpoints.c.key)
    found = connection.execute(
        select(checkpoints)
        .where(checkpoints.c.session_id == session_id, checkpoints.c.seq <= up_to_seq, tuple_(*order) > place)
        .order_by(*order)
        .limit(most)
    )
    return [Placed((row.seq, row.n, bytes(row.key)), _checkpoint(row)) for row in found]


def _checkpoint(row: Row[*tuple[Any, ...]]) -> Checkpoint:
    return Checkpoint(
        session_id=row.session_id,
        n=row.n,
        seq=row.seq,
        head=row.head.hex(),
        at_ms=row.at_ms,
        next_ms=row.next_ms,
        previous=row.previous.hex(),
        final=row.final,
        key=row.key.hex(),
        signature=row.signature.hex(),
    )
