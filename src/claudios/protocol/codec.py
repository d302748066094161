"""Messages as bytes: one codec for both carriers.

An envelope is `kind: u8, length: u32, payload`; kind 1 is a JSON message, kind 2 a batch, kind 3 a compressed one. A
WebSocket message or an HTTP body is one or more envelopes back to back (rules W-1 to W-9 of docs/protocol.md). A
batch's payload is

    version u8 (1) · session 16 · epoch u32 · first u64 · last u64 · boot u64 ·
    previous 32 · head 32 · signature 32 · frames

and that of a compressed one `length u32 · zlib`, which expands to `length` bytes of the former.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError
from uuid import UUID

from claudios.protocol import compression
from claudios.protocol.errors import MessageInvalid, MessageTooLarge, VersionUnsupported
from claudios.protocol.fields import Model
from claudios.protocol.ids import uuid_bytes
from claudios.protocol.messages import AgentMessage, ServerMessage, parse_from_agent, parse_from_server
from claudios.protocol.signing import Batch

CONTENT_TYPE = "application/vnd.claudios.messages"
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""The largest WebSocket message or HTTP body, as it travels and with everything in it expanded."""
LEAST_COMPRESSED_BYTES = 1024
"""Smaller batches are not worth it."""

ENVELOPE = Struct("<BI")
_BATCH = Struct("<B16sIQQQ32s32s32s")
_PLAIN_LENGTH = Struct("<I")
BATCH_OVERHEAD_BYTES = ENVELOPE.size + _BATCH.size
JSON_KIND, BATCH_KIND, COMPRESSED_KIND = 1, 2, 3
_BATCH_VERSION = 1


@dataclass(frozen=True, slots=True)
class CompressedBatch:
    """A batch as it travels over a slow link; what it expands to is signed, and stored, as any other."""

    payload: bytes


def encode(messages: Iterable[Model | Batch | CompressedBatch]) -> bytes:
    """Return messages and batches as envelopes back to back."""
    parts: list[bytes | memoryview] = []
    for message in messages:
        if isinstance(message, Batch):
            fixed = _fixed(message)
            parts += (ENVELOPE.pack(BATCH_KIND, len(fixed) + len(message.frames)), fixed, message.frames)
        elif isinstance(message, CompressedBatch):
            parts += (ENVELOPE.pack(COMPRESSED_KIND, len(message.payload)), message.payload)
        else:
            raw = message.model_dump_json(exclude_none=True).encode()
            parts += (ENVELOPE.pack(JSON_KIND, len(raw)), raw)
    return b"".join(parts)


def compress(batch: Batch) -> Batch | CompressedBatch:
    """Return the batch compressed, or as it is where that gains less than a sixteenth."""
    fixed = _fixed(batch)
    plain_bytes = len(fixed) + len(batch.frames)
    if plain_bytes < LEAST_COMPRESSED_BYTES:
        return batch
    payload = _PLAIN_LENGTH.pack(plain_bytes) + compression.compress(fixed, batch.frames)
    return CompressedBatch(payload) if len(payload) <= plain_bytes - plain_bytes // 16 else batch


def wire_bytes(batch: Batch | CompressedBatch) -> int:
    """Return the size of a batch's envelope."""
    if isinstance(batch, Batch):
        return BATCH_OVERHEAD_BYTES + len(batch.frames)
    return ENVELOPE.size + len(batch.payload)


def decode_from_agent(raw: bytes) -> list[AgentMessage | Batch]:
    """Read what an agent sent. Raises MessageInvalid, MessageTooLarge, VersionUnsupported; then nothing is read."""
    envelopes = list(_envelopes(raw))
    if sum(map(_expanded_bytes, envelopes)) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge
    messages: list[AgentMessage | Batch] = []
    for kind, payload in envelopes:
        if kind == JSON_KIND:
            messages.append(parse_from_agent(bytes(payload)))
        elif kind == BATCH_KIND:
            messages.append(read_batch(payload))
        else:
            expanded = compression.expand(payload[_PLAIN_LENGTH.size :], _PLAIN_LENGTH.unpack_from(payload)[0])
            messages.append(read_batch(memoryview(expanded)))
    return messages


def decode_from_server(raw: bytes) -> list[ServerMessage]:
    """Read what the server sent. Raises MessageInvalid, MessageTooLarge; then nothing is read."""
    messages = []
    for kind, payload in _envelopes(raw):
        if kind != JSON_KIND:
            raise MessageInvalid("A server sends no batches. Check that `serverUrl` names a ClaudiOS server.")
        messages.append(parse_from_server(bytes(payload)))
    return messages


def _envelopes(raw: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield kind and payload of each envelope, looking into none."""
    if len(raw) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge
    view, start = memoryview(raw), 0
    while start < len(view):
        try:
            kind, length = ENVELOPE.unpack_from(view, start)
        except StructError as cut:
            raise MessageInvalid("The last envelope is cut. Send it whole.") from cut
        start += ENVELOPE.size
        payload = view[start : start + length]
        if len(payload) != length:
            raise MessageInvalid("The last envelope is cut. Send it whole.")
        if kind not in (JSON_KIND, BATCH_KIND, COMPRESSED_KIND):
            raise MessageInvalid(f"An envelope is of the unknown kind {kind}. Upgrade the older of agent and server.")
        start += length
        yield kind, payload


def _expanded_bytes(envelope: tuple[int, memoryview]) -> int:
    """Return the size of an envelope once expanded, as it says itself."""
    kind, payload = envelope
    if kind != COMPRESSED_KIND:
        return ENVELOPE.size + len(payload)
    if len(payload) < _PLAIN_LENGTH.size:
        raise MessageInvalid("A compressed batch is shorter than its header. Send it whole.")
    plain_bytes: int = _PLAIN_LENGTH.unpack_from(payload)[0]
    return ENVELOPE.size + plain_bytes


def _fixed(batch: Batch) -> bytes:
    """Return what stands before the frames in a batch's payload."""
    return _BATCH.pack(
        _BATCH_VERSION,
        uuid_bytes(batch.session_id),
        batch.epoch,
        batch.first_seq,
        batch.last_seq,
        batch.boot,
        batch.previous,
        batch.head,
        batch.signature,
    )


def read_batch(payload: memoryview) -> Batch:
    """Read the payload of a batch's envelope. Raises MessageInvalid, VersionUnsupported."""
    if len(payload) < _BATCH.size:
        raise MessageInvalid("A batch is shorter than its header. Send it whole.")
    version, session, epoch, first, last, boot, previous, head, signature = _BATCH.unpack_from(payload)
    if version != _BATCH_VERSION:
        raise VersionUnsupported
    frames = payload[_BATCH.size :]
    return Batch(str(UUID(bytes=session)), epoch, first, last, boot, previous, head, signature, frames)
