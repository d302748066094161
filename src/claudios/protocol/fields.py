"""What the fields of messages may hold, and the base of every model: unknown keys are ignored."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictFloat,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from claudios.protocol.ids import UUID_PATTERN

Count = Annotated[StrictInt, Field(ge=0)]
Positive = Annotated[StrictInt, Field(ge=1)]
BigPositive = Annotated[StrictInt, Field(ge=1, lt=2**63)]
BigCount = Annotated[StrictInt, Field(ge=0, lt=2**63)]
Milliseconds = Annotated[StrictInt, Field(ge=0)]
Number = StrictFloat | StrictInt
SessionId = Annotated[str, StringConstraints(pattern=UUID_PATTERN)]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
Short = Annotated[str, StringConstraints(max_length=256)]
Text = Annotated[str, StringConstraints(max_length=4096)]


def _decoded(given: object) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        return b64decode(given if isinstance(given, str) else "?", validate=True)
    except ValueError as broken:
        raise ValueError("must be in Base64") from broken


Blob = Annotated[
    bytes,
    BeforeValidator(_decoded),
    PlainSerializer(lambda raw: b64encode(raw).decode(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
"""Bytes, which JSON has in Base64."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
