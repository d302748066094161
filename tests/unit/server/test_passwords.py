"""Passwords: right ones, wrong ones, and too many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

import argon2
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


@pytest.mark.fault("X10")
async def test_an_unknown_account_costs_the_same_argon2_as_a_known_one(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def watched(hasher: argon2.PasswordHasher, stored: str, password: str) -> Literal[True]:
        checked.append(argon2.extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    assert not await passwords.is_right("guess", await passwords.hash("right"))
    assert not await passwords.is_right("guess", None)
    assert len(checked) == 2
    assert checked[0] == checked[1]


@pytest.mark.fault("X10")
async def test_a_flood_is_refused_beyond_a_bound_and_the_rest_is_answered(passwords: Passwords) -> None:
    stored = await passwords.hash("right")
    asked = [asyncio.ensure_future(passwords.is_right("wrong", stored)) for _ in range(MAX_WAITING + 5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers.count(False) == MAX_WAITING
    assert sum(isinstance(answer, TooMany) for answer in answers) == 5
    assert await passwords.is_right("right", stored)
