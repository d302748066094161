"""Messages as bytes: one codec for both carriers.

An envelope is `kind: u8, length: u32, payload`; kind 1 is a JSON message, kind 2 a batch. A WebSocket message or an
HTTP body is one or more envelopes back to back (rules W-1 to W-5 of docs/protocol.md). A batch's payload is

    version u8 (1) · session 16 · epoch u32 · first u64 · last u64 · boot u64 ·
    previous 32 · head 32 · signature 32 · frames
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from struct import error as StructError
from typing import TypeVar
from uuid import UUID

from claudios.protocol.errors import MessageInvalid, MessageTooLarge, VersionUnsupported
from claudios.protocol.ids import uuid_bytes
from claudios.protocol.messages import (
    AgentMessage,
    Model,
    ServerMessage,
    parse_from_agent,
    parse_from_server,
)
from claudios.protocol.signing import Batch

CONTENT_TYPE = "application/vnd.claudios.messages"
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""The largest payload of one envelope, and of one WebSocket message or HTTP body."""

ENVELOPE = Struct("<BI")
_BATCH = Struct("<B16sIQQQ32s32s32s")
BATCH_OVERHEAD_BYTES = ENVELOPE.size + _BATCH.size
JSON_KIND, BATCH_KIND = 1, 2
_BATCH_VERSION = 1

T = TypeVar("T")


def encode(messages: Iterable[Model | Batch]) -> bytes:
    """Return messages and batches as envelopes back to back."""
    parts: list[bytes | memoryview] = []
    for message in messages:
        if isinstance(message, Batch):
            fixed = _BATCH.pack(
                _BATCH_VERSION,
                uuid_bytes(message.session_id),
                message.epoch,
                message.first_seq,
                message.last_seq,
                message.boot,
                message.previous,
                message.head,
                message.signature,
            )
            parts += (ENVELOPE.pack(BATCH_KIND, len(fixed) + len(message.frames)), fixed, message.frames)
        else:
            raw = message.model_dump_json(exclude_none=True).encode()
            parts += (ENVELOPE.pack(JSON_KIND, len(raw)), raw)
    return b"".join(parts)


def decode_from_agent(raw: bytes) -> list[AgentMessage | Batch]:
    """Read what an agent sent. Raises MessageInvalid, MessageTooLarge, VersionUnsupported; then nothing is read."""
    return list(_decode(raw, parse_from_agent))


def decode_from_server(raw: bytes) -> list[ServerMessage]:
    """Read what the server sent. Raises MessageInvalid, MessageTooLarge; then nothing is read."""
    messages = []
    for message in _decode(raw, parse_from_server):
        if isinstance(message, Batch):
            raise MessageInvalid("A server sends no batches. Check that `serverUrl` names a ClaudiOS server.")
        messages.append(message)
    return messages


def _decode(raw: bytes, parse: Callable[[bytes], T]) -> Iterator[T | Batch]:
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
        start += length
        if kind == JSON_KIND:
            yield parse(bytes(payload))
        elif kind == BATCH_KIND:
            yield read_batch(payload)
        else:
            raise MessageInvalid(f"An envelope is of the unknown kind {kind}. Upgrade the older of agent and server.")


def read_batch(payload: memoryview) -> Batch:
    """Read the payload of a batch's envelope. Raises MessageInvalid, VersionUnsupported."""
    if len(payload) < _BATCH.size:
        raise MessageInvalid("A batch is shorter than its header. Send it whole.")
    version, session, epoch, first, last, boot, previous, head, signature = _BATCH.unpack_from(payload)
    if version != _BATCH_VERSION:
        raise VersionUnsupported
    frames = payload[_BATCH.size :]
    return Batch(str(UUID(bytes=session)), epoch, first, last, boot, previous, head, signature, frames)
