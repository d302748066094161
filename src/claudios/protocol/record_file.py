"""A session's whole record as one file, readable without its server (rules R-6 and R-7 of docs/protocol.md).

`MAGIC`, then the envelopes of the link: a header, a tombstone where output was removed, batches as they were signed,
checkpoints each before the batch that holds its frame, and an end that says how much there was. Written and read in
pieces, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, TypeAdapter
from pydantic import ValidationError as PydanticInvalid

from claudios.protocol.codec import BATCH_KIND, ENVELOPE, JSON_KIND, MAX_MESSAGE_BYTES, read_batch
from claudios.protocol.errors import MessageInvalid
from claudios.protocol.fields import BigCount, Count, Hex32, Model, SessionId, Text
from claudios.protocol.messages import Checkpoint, SessionState
from claudios.protocol.signing import Batch
from claudios.protocol.tombstone import Tombstone

MAGIC = b"claudios record 1\n"


class RecordHeader(Model):
    """Whose record it is. `keys` are the public keys that its agent has signed checkpoints with, oldest first.

    `signs`: it had one before the session ended. `agent_behind_ms` is by how much its clock was behind the server's.
    """

    type: Literal["record"] = "record"
    session_id: SessionId
    title: Text
    agent_id: Text
    agent_name: Text
    project_name: Text
    directory: Text | None = None
    model: Text | None = None
    state: SessionState
    reason: Text | None = None
    created_ms: BigCount
    started_ms: BigCount | None = None
    ended_ms: BigCount | None = None
    last_seq: BigCount
    head: Hex32
    keys: tuple[Hex32, ...]
    signs: StrictBool
    agent_online: StrictBool
    agent_behind_ms: StrictInt = 0
    exported_ms: BigCount


class RecordEnd(Model):
    """Says that nothing more follows."""

    type: Literal["end"] = "end"
    batches: Count
    checkpoints: Count


_Stated = RecordHeader | Tombstone | Checkpoint | RecordEnd
Part = _Stated | Batch
_PART: TypeAdapter[_Stated] = TypeAdapter(Annotated[_Stated, Field(discriminator="type")])


def read(pieces: Iterable[bytes]) -> Iterator[Part]:
    """Yield the parts of a record. Raises MessageInvalid for what is no record, or ends too early."""
    source = _Source(pieces)
    if source.take(len(MAGIC)) != MAGIC:
        raise MessageInvalid("This is no record of a ClaudiOS session. `claudios export SESSION` writes one.")
    while True:
        kind, length = ENVELOPE.unpack(source.take(ENVELOPE.size))
        if length > MAX_MESSAGE_BYTES:
            raise MessageInvalid("A part of the record is longer than any may be: the file is damaged there.")
        payload = source.take(length)
        if kind == BATCH_KIND:
            yield read_batch(memoryview(payload))
            continue
        if kind != JSON_KIND:
            raise MessageInvalid(
                f"The record has a part of the unknown kind {kind}: it is damaged, or of a newer version."
            )
        part = _parse(payload)
        yield part
        if isinstance(part, RecordEnd):
            if not source.is_empty():
                raise MessageInvalid("Something follows the end of the record.")
            return


def _parse(payload: bytes) -> _Stated:
    try:
        return _PART.validate_json(payload)
    except PydanticInvalid as invalid:
        raise MessageInvalid("A part of the record cannot be read: it is damaged, or of a newer version.") from invalid


class _Source:
    """Bytes taken from pieces of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._buffer = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise MessageInvalid("The record ends in the middle: the file was cut, or its download broke off.")
            self._buffer += piece
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def is_empty(self) -> bool:
        return not self._buffer and next(self._pieces, None) is None
