"""Tombstones: what a server's own Ed25519 key says of output that it removed, in the place of that output.

It names the end that the removed frames led to, which the machine has signed as well, so that neither can be claimed
without the other (rules R-8 to R-10 of docs/protocol.md). Importing this loads libsodium.
"""

from __future__ import annotations

from enum import StrEnum
from struct import Struct
from typing import Literal

from claudios.protocol.fields import BigCount, BigPositive, Hex32, Hex64, Model, SessionId
from claudios.protocol.ids import uuid_bytes
from claudios.protocol.signing_key import SigningKey, verify

_CONTEXT = b"claudios tombstone v1\0"
_FIXED = Struct("<16sQ32sQQQQBQ")


class Cause(StrEnum):
    """Why output was removed: it was older than its project keeps it, or the project held more than it keeps."""

    AGE = "age"
    SIZE = "size"


_CAUSES = {Cause.AGE: 1, Cause.SIZE: 2}


class Tombstone(Model):
    """Stands for frames 1 to `last_seq` of a session, removed at `removed_ms`; `head` is the chain head after them.

    `batches`, `bytes` (of frames) and `checkpoints` say how much there was; all of it was checked before. `kept` is
    what the project keeps: days where the cause is age, bytes where it is size. `key` is the server's public key.
    """

    type: Literal["tombstone"] = "tombstone"
    session_id: SessionId
    last_seq: BigPositive
    head: Hex32
    batches: BigPositive
    bytes: BigCount
    checkpoints: BigPositive
    removed_ms: BigCount
    cause: Cause
    kept: BigCount
    key: Hex32
    signature: Hex64


def sign_tombstone(key: SigningKey, agent_id: str, unsigned: Tombstone) -> Tombstone:
    """Return the tombstone signed for this agent."""
    return key.sign(unsigned, canonical(agent_id, unsigned))


def canonical(agent_id: str, tombstone: Tombstone) -> bytes:
    """Return the bytes that a tombstone's signature covers (rule R-8)."""
    agent = agent_id.encode()
    return (
        _CONTEXT
        + len(agent).to_bytes(2, "little")
        + agent
        + _FIXED.pack(
            uuid_bytes(tombstone.session_id),
            tombstone.last_seq,
            bytes.fromhex(tombstone.head),
            tombstone.batches,
            tombstone.bytes,
            tombstone.checkpoints,
            tombstone.removed_ms,
            _CAUSES[tombstone.cause],
            tombstone.kept,
        )
    )


def verify_tombstone(agent_id: str, tombstone: Tombstone) -> None:
    """Check that the key which the tombstone names signed it for this agent. Raises SignatureInvalid."""
    verify(tombstone, canonical(agent_id, tombstone))
