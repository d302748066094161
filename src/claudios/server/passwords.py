"""Passwords: argon2id on threads of low priority, two at once, and as slow for nobody as for somebody."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from claudios.protocol.errors import TooMany

T = TypeVar("T")

AT_ONCE = 2
MAX_WAITING = 16
"""Sign-ins that may wait for a thread (about a second); the next one is told to come back."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=64 * 1024, parallelism=1)  # 64 MiB, about 90 ms
_NOBODYS = "$argon2id$v=19$m=65536,t=2,p=1$cNp7n31umuZ0iS5Z8Uh4Jw$uHWc09mS2l8sS4lyqsewLDNOhRn9ZF96FUSzS4ovMO4"
"""A hash of what nobody knows, as dear to check as those of that hasher; making one takes a start 90 ms."""
_NICENESS = 5


class Hasher(Protocol):
    """What makes and checks hashes, on a thread."""

    def hash(self, password: str) -> str:
        """Return the encoded hash."""

    def verify(self, stored: str, password: str) -> Literal[True]:
        """Return True. Raises VerificationError, InvalidHashError."""


class Passwords:
    """Hashes and checks passwords without holding anybody else up."""

    def __init__(self, hasher: Hasher = _HASHER) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(AT_ONCE, "password", initializer=_step_back)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the encoded argon2id hash. Raises TooMany."""
        return await self._run(lambda: self._hasher.hash(password))

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Say whether the password is the stored one. Takes as long where nothing is stored. Raises TooMany."""
        matches = await self._run(lambda: self._matches(stored or _NOBODYS, password))
        return matches and stored is not None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise TooMany("Too many people are signing in at this moment. Wait a little and try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _step_back() -> None:
    """Lower this thread's priority: a flood of sign-ins must not starve the event loop."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
