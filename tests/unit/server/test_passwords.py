"""Passwords: right ones, wrong ones, and too many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from claudios.protocol.errors import TooMany
from claudios.server.passwords import MAX_WAITING, Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


async def test_only_the_right_password_is_right(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert await passwords.is_right("correct horse", stored)
    assert not await passwords.is_right("correct horse ", stored)
    assert stored.startswith("$argon2id$")


async def test_nobodys_password_is_never_right(passwords: Passwords) -> None:
    assert not await passwords.is_right("anything", None)
    assert not await passwords.is_right("anything", "not a hash")


async def test_a_flood_is_refused_beyond_a_bound_and_the_rest_is_answered(passwords: Passwords) -> None:
    stored = await passwords.hash("right")
    asked = [asyncio.ensure_future(passwords.is_right("wrong", stored)) for _ in range(MAX_WAITING + 5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers.count(False) == MAX_WAITING
    assert sum(isinstance(answer, TooMany) for answer in answers) == 5
    assert await passwords.is_right("right", stored)
