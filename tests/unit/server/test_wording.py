"""Faults of requests in plain words."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from claudios.protocol.messages import PermissionMode
from claudios.server.web.fields import Body, Name, PathId, Prose, Username
from claudios.server.web.sessions import Title
from claudios.server.web.wording import fault_words


class Everything(Body):
    """One field of each kind."""

    name: Name = "x"
    title: Annotated[Title, Field(min_length=1)] = "x"
    username: Username = "ada"
    prompt: Prose = "x"
    id: PathId = "x"
    mode: PermissionMode = PermissionMode.DEFAULT
    count: Annotated[int, Field(ge=1, le=9)] = 1
    is_open: bool = True
    indexes: Annotated[tuple[int, ...], Field(max_length=1)] = ()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "must not be empty."),
        ("name", " ", "must not be empty."),
        ("title", "", "must not be empty."),
        ("name", "x" * 101, "must have at most 100 characters."),
        ("name", "a\nb", "must be one line without control or invisible characters."),
        ("name", "a\u200bb", "must be one line without control or invisible characters."),
        ("name", 1, "must be a text."),
        ("username", "a b", "has characters that are not allowed there."),
        ("prompt", "x" * 1_000_000, "is 1,000,000 bytes long, and 500,000 is the most that can be sent."),
        ("prompt", "a\0b", "must not contain the character NUL."),
        ("mode", "yolo", "must be 'default', 'acceptEdits'"),
        ("count", 0, "must be at least 1."),
        ("count", 10, "must be at most 9."),
        ("count", "many", "must be a whole number."),
        ("count", 1.5, "must be a whole number."),
        ("is_open", "perhaps", "must be true or false."),
        ("indexes", [1, 2], "must have at most 1 entries."),
        ("indexes", 5, "must be a list."),
        ("nmae", "x", "is not known here. Remove it, or correct its name."),
    ],
)
def test_a_fault_is_told_in_plain_words_with_its_limit(field: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        Everything.model_validate({field: value})
    words = fault_words(dict(invalid.value.errors()[0]))
    assert words.startswith(said)
    assert "nput should" not in words
