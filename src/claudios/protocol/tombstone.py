"""Tombstones: what a server's own Ed25519 key says of output that it removed, in the place of that output.

It names the end that the removed frames led to, which the machine has signed as well, so that neither can be claimed
without the other (rules R-8 to R-10 of docs/protocol.md). Importing this loads libsodium.
"""

from __future__ import annotations

from enum import StrEnum
from struct import Struct
from typing import Literal

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from claudios.protocol.errors import SignatureInvalid
from claudios.protocol.ids import uuid_bytes
from claudios.protocol.messages import BigCount, BigPositive, Hex32, Hex64, Model, SessionId

_CONTEXT = b"claudios tombstone v1\0"
_FIXED = Struct("<16sQ32sQQQQBQ")
_SIGNATURE_BYTES = 64


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


class TombstoneKey:
    """The server's signing key. Only its `public` half (hexadecimal) is ever told."""

    def __init__(self, seed: bytes) -> None:
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.public = public.hex()

    def sign(self, agent_id: str, unsigned: Tombstone) -> Tombstone:
        """Return the tombstone with this key and its signature."""
        signature = crypto_sign(canonical(agent_id, unsigned), self._secret)[:_SIGNATURE_BYTES]
        return unsigned.model_copy(update={"key": self.public, "signature": signature.hex()})


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
    signed = bytes.fromhex(tombstone.signature) + canonical(agent_id, tombstone)
    try:
        crypto_sign_open(signed, bytes.fromhex(tombstone.key))
    except BadSignatureError as wrong:
        raise SignatureInvalid from wrong
