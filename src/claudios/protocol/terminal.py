"""A terminal session: the size of its screen, and what a person types into it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints
from pydantic import ValidationError as PydanticInvalid

from claudios.protocol.errors import MessageInvalid
from claudios.protocol.fields import Model, Short

MAX_KEYS_BYTES = 64 * 1024

Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=(MAX_KEYS_BYTES + 2) // 3 * 4)]


class TerminalSize(Model):
    """The size of a terminal, in characters."""

    columns: Annotated[StrictInt, Field(ge=2, le=1000)]
    rows: Annotated[StrictInt, Field(ge=2, le=1000)]


class Keystroke(Model):
    """What was typed, once in effect per `id`: `keys` are the bytes of a terminal in Base64, or a new size, or both."""

    id: Short
    keys: Base64 | None = None
    size: TerminalSize | None = None

    @property
    def data(self) -> bytes:
        """The bytes that were typed. Raises MessageInvalid."""
        try:
            return base64.b64decode(self.keys or "", validate=True)
        except binascii.Error as wrong:
            raise MessageInvalid("What was typed is no Base64. Upgrade the older of agent and server.") from wrong


def parse_keystroke(body: str) -> Keystroke:
    """Read the body of a Typed message. Raises MessageInvalid, which quotes nothing of it."""
    try:
        return Keystroke.model_validate_json(body)
    except PydanticInvalid as invalid:
        raise MessageInvalid("What was typed cannot be read. Upgrade the older of agent and server.") from invalid
