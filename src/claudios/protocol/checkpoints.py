"""Checkpoints: what the machine's own Ed25519 key says of a session's chain, for anybody to check.

A checkpoint names a frame and the chain head after it, numbers itself and names the checkpoint before it, so that a log
whose tail was cut, or whose frames were made anew by somebody who holds the agent's HMAC key, contradicts one of them
(rules C-1 to C-6 of docs/protocol.md). Importing this loads libsodium; what only passes checkpoints on need not.
"""

from __future__ import annotations

import base64
import hashlib
from struct import Struct

from claudios.protocol.ids import uuid_bytes
from claudios.protocol.messages import Checkpoint
from claudios.protocol.signing_key import SigningKey, verify

NO_CHECKPOINT = "0" * 64
"""What the first checkpoint of a session names as the one before it."""

_CONTEXT = b"claudios checkpoint v1\0"
_FIXED = Struct("<16sQQ32sQQ32sB")


def sign_checkpoint(key: SigningKey, agent_id: str, unsigned: Checkpoint) -> Checkpoint:
    """Return the checkpoint signed for this agent."""
    return key.sign(unsigned, canonical(agent_id, unsigned))


def canonical(agent_id: str, checkpoint: Checkpoint) -> bytes:
    """Return the bytes that a checkpoint's signature covers (rule C-2)."""
    agent = agent_id.encode()
    return (
        _CONTEXT
        + len(agent).to_bytes(2, "little")
        + agent
        + _FIXED.pack(
            uuid_bytes(checkpoint.session_id),
            checkpoint.n,
            checkpoint.seq,
            bytes.fromhex(checkpoint.head),
            checkpoint.at_ms,
            checkpoint.next_ms,
            bytes.fromhex(checkpoint.previous),
            checkpoint.final,
        )
    )


def digest(agent_id: str, checkpoint: Checkpoint) -> str:
    """Return what the next checkpoint names this one by (rule C-3)."""
    return hashlib.sha256(canonical(agent_id, checkpoint)).hexdigest()


def verify_checkpoint(agent_id: str, checkpoint: Checkpoint) -> None:
    """Check that the key which the checkpoint names signed it for this agent. Raises SignatureInvalid."""
    verify(checkpoint, canonical(agent_id, checkpoint))


def fingerprint(public_key: str) -> str:
    """Return what people compare a public key (hexadecimal) by: 32 characters of base 32, 160 bits of its SHA-256."""
    return base64.b32encode(hashlib.sha256(bytes.fromhex(public_key)).digest()[:20]).decode().lower()
