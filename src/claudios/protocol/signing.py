"""The record: the chain over a session's frames, and the signatures of batches and instructions.

A batch is signed over canonical bytes (rule S-2): a context, then agent, boot, session, epoch, first and last seq,
the chain head before the batch and the chain head after it. The head after it *is* the digest of the frames: it is
computed from the head before and every byte of every frame, so hashing the frames a second time would prove nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from struct import Struct

from claudios.protocol.errors import ChainBroken, MessageInvalid, SignatureInvalid
from claudios.protocol.frame import locate
from claudios.protocol.ids import uuid_bytes

GENESIS = bytes(32)
"""The chain head before a session's first frame."""

_BATCH_CONTEXT = b"claudios batch v1\0"
_INSTRUCTION_CONTEXT = b"claudios instruction v1\0"
_TYPED_CONTEXT = b"claudios typed v1\0"
_ASK_CONTEXT = b"claudios ask v1\0"
_BATCH = Struct("<Q16sIQQ32s32s")
_INSTRUCTION = Struct("<QQQ")
_TYPED = Struct("<QQ16s")
_ASK = Struct("<QQ")
_LENGTH = Struct("<H")


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive frames of one session and epoch, signed together.

    `frames` holds them encoded, back to back; `previous` and `head` are the chain heads (32 bytes) before and after.
    """

    session_id: str
    epoch: int
    first_seq: int
    last_seq: int
    boot: int
    previous: bytes
    head: bytes
    signature: bytes
    frames: bytes | memoryview


def advance(head: bytes, encoded_frame: bytes | memoryview) -> bytes:
    """Return the chain head after one more frame: SHA256(head ‖ SHA256(header ‖ payload))."""
    return hashlib.sha256(head + hashlib.sha256(encoded_frame).digest()).digest()


def canonical_batch(agent_id: str, batch: Batch) -> bytes:
    """Return the bytes that a batch's signature covers (rule S-2)."""
    fixed = _BATCH.pack(
        batch.boot,
        uuid_bytes(batch.session_id),
        batch.epoch,
        batch.first_seq,
        batch.last_seq,
        batch.previous,
        batch.head,
    )
    return _BATCH_CONTEXT + _prefixed(agent_id) + fixed


def seal(
    key: bytes,
    agent_id: str,
    *,
    session_id: str,
    boot: int,
    epoch: int,
    first_seq: int,
    last_seq: int,
    previous: bytes,
    head: bytes,
    frames: bytes | memoryview,
) -> Batch:
    """Return the signed batch of frames whose chain heads before and after are `previous` and `head`."""
    unsigned = Batch(session_id, epoch, first_seq, last_seq, boot, previous, head, b"", frames)
    signature = hmac.digest(key, canonical_batch(agent_id, unsigned), "sha256")
    return Batch(session_id, epoch, first_seq, last_seq, boot, previous, head, signature, frames)


def verify_batch(key: bytes, agent_id: str, batch: Batch) -> None:
    """Check signature, numbering and chain of a batch.

    Raises SignatureInvalid when the signature is wrong, ChainBroken when the frames are not those numbers of that
    epoch or do not lead from `previous` to `head`, FrameInvalid when a frame is damaged.
    """
    expected = hmac.digest(key, canonical_batch(agent_id, batch), "sha256")
    if not hmac.compare_digest(expected, batch.signature):
        raise SignatureInvalid
    if chain_of(batch.frames, batch.previous, batch.epoch, batch.first_seq, batch.last_seq) != batch.head:
        raise ChainBroken


def chain_of(frames: bytes | memoryview, previous: bytes, epoch: int, first_seq: int, last_seq: int) -> bytes:
    """Return the chain head after `frames`. Raises ChainBroken unless they are exactly those numbers of that epoch."""
    view = memoryview(frames)
    head, expected, end = previous, first_seq, 0
    for found in locate(view):
        if found.seq != expected or found.epoch != epoch:
            raise ChainBroken(f"Frame {found.epoch}:{found.seq} stands where {epoch}:{expected} belongs.")
        head = advance(head, view[found.start : found.end])
        expected, end = expected + 1, found.end
    if end != len(view) or expected != last_seq + 1:
        raise ChainBroken(f"The batch ends at frame {expected - 1}, not at {last_seq} as it says.")
    return head


def sign_instruction(
    key: bytes, agent_id: str, *, iseq: int, instruction_id: str, kind: str, body: str, issued_ms: int, expires_ms: int
) -> bytes:
    """Return the HMAC-SHA256 of an instruction for one agent (rule S-5)."""
    canonical = (
        _INSTRUCTION_CONTEXT
        + _prefixed(agent_id)
        + _prefixed(instruction_id)
        + _prefixed(kind)
        + _INSTRUCTION.pack(iseq, issued_ms, expires_ms)
        + hashlib.sha256(body.encode()).digest()
    )
    return hmac.digest(key, canonical, "sha256")


def sign_typed(key: bytes, agent_id: str, *, boot: int, n: int, session_id: str, body: str) -> bytes:
    """Return the HMAC-SHA256 of the `n`-th Typed message of the registration `boot` of one agent (rule S-7)."""
    fixed = _TYPED.pack(boot, n, uuid_bytes(session_id))
    canonical = _TYPED_CONTEXT + _prefixed(agent_id) + fixed + hashlib.sha256(body.encode()).digest()
    return hmac.digest(key, canonical, "sha256")


def sign_ask(key: bytes, agent_id: str, *, boot: int, n: int, ask_id: str, kind: str, body: str) -> bytes:
    """Return the HMAC-SHA256 of the `n`-th Ask message of the registration `boot` of one agent (rule S-8)."""
    named = _prefixed(agent_id) + _prefixed(ask_id) + _prefixed(kind)
    canonical = _ASK_CONTEXT + named + _ASK.pack(boot, n) + hashlib.sha256(body.encode()).digest()
    return hmac.digest(key, canonical, "sha256")


def _prefixed(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > 0xFFFF:
        raise MessageInvalid("An identifier is longer than 65,535 bytes. Use a shorter one.")
    return _LENGTH.pack(len(raw)) + raw
