"""The kinds of values that requests carry, checked once at the edge."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from claudios.protocol.images import images_fault
from claudios.protocol.prompt import length_fault
from claudios.server.store.budgets import zone_of

_FORBIDDEN = {*range(32), 127, 0x85, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2060, 0x2070)}
_FORBIDDEN |= {0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0xE0000, 0xE0080)}
_FORBIDDEN -= {9, 10, 13}


class Body(BaseModel):
    """A request's JSON body. An unknown key is refused by name: it is most likely a mistyped one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def is_plain(letter: str) -> bool:
    """Say whether a letter may stand in a name: it neither breaks the line, nor turns it round, nor hides."""
    return ord(letter) not in _FORBIDDEN and letter not in "\t\n\r"


def _one_line(text: str) -> str:
    if not all(map(is_plain, text)):
        raise ValueError("must be one line without control or invisible characters")
    return text


def _sendable(text: str) -> str:
    fault = length_fault(text)
    if fault is not None:
        raise ValueError(fault)
    return text


def _sendable_images(images: tuple[bytes, ...]) -> tuple[bytes, ...]:
    fault = images_fault(images)
    if fault is not None:
        raise ValueError(fault)
    return images


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the character NUL")
    return text


def _time_zone(name: str) -> str:
    try:
        zone_of(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError("must be a time zone that this server knows, such as Europe/Zurich or UTC") from unknown
    return name


Line = AfterValidator(_one_line)
Storable = AfterValidator(_storable)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), Line]
"""A name that people give to a project, an agent or a token."""

Username = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w][\w.@+-]*$"), Line]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1024)]
AnyName = Annotated[str, StringConstraints(min_length=1, max_length=200), Storable]
AnyPassword = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(min_length=1), AfterValidator(_sendable), Storable]
"""What people write to Claude: at most MAX_PROMPT_BYTES, any characters but NUL."""

LimitPrompt = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), Storable]
"""What a session says by itself once a usage limit has reset."""

Images = Annotated[tuple[Base64Bytes, ...], AfterValidator(_sendable_images)]
"""Images that go with a prompt, in Base64: PNG, JPEG, WebP and GIF, by their first bytes."""

TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_time_zone)]

PathId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
Limited = Annotated[int, Query(ge=1, le=1000)]
TimeMs = Annotated[int, Field(ge=0, le=2**53)]
