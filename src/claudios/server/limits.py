"""How often something may be tried, per key: a rate with a burst, on a clock that nobody sets back.

Of a rate each key costs one number (the generic cell rate algorithm): the time at which its allowance would be whole
again. The number of keys is bounded; when there are too many, those that are whole already go first, then the oldest.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from claudios.protocol.errors import TooMany

MAX_KEYS = 50_000


class Limit:
    """Allow `burst` tries at once, and one more every `seconds_per_try`."""

    def __init__(self, burst: int, seconds_per_try: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds_per_try
        self._tolerance = seconds_per_try * burst
        self._clock = clock
        self._whole_at: dict[str, float] = {}

    def check(self, key: str) -> None:
        """Raise TooMany, which says when to come back, if the key has no try left."""
        wait = self._whole_at.get(key, 0.0) + self._seconds - self._clock() - self._tolerance
        if wait > 0:
            raise TooMany(retry_after_seconds=math.ceil(wait))

    def spend(self, key: str) -> None:
        """Take one try from the key, whether or not it has one left."""
        now = self._clock()
        whole = max(self._whole_at.pop(key, 0.0), now) + self._seconds
        if len(self._whole_at) >= MAX_KEYS:
            self._make_room(now)
        self._whole_at[key] = min(whole, now + self._tolerance)

    def take(self, key: str) -> None:
        """Check and spend. Raises TooMany."""
        Tries((self, key)).take()

    def give_back(self, key: str) -> None:
        """Return a try that was taken, to a key whose try did no harm."""
        whole = self._whole_at.get(key, 0.0) - self._seconds
        if whole > self._clock():
            self._whole_at[key] = whole
        else:
            self._whole_at.pop(key, None)

    def _make_room(self, now: float) -> None:
        self._whole_at = {key: whole for key, whole in self._whole_at.items() if whole > now}
        for key in list(self._whole_at)[: len(self._whole_at) - MAX_KEYS + 1]:
            del self._whole_at[key]


class AtOnce:
    """Let `most` works of a key be under way at once."""

    def __init__(self, most: int, problem: str, retry_after_seconds: int) -> None:
        self._most = most
        self._problem = problem
        self._retry_after_seconds = retry_after_seconds
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Be one of the key's works while the block lasts. Raises TooMany."""
        if self._under_way[key] >= self._most:
            raise TooMany(self._problem, self._retry_after_seconds)
        self._under_way[key] += 1
        try:
            yield
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]


class Turns:
    """Let one work of a key be under way, and `most` of all keys; of each key `waiting` others wait for their turn."""

    def __init__(self, most: int, waiting: int, problem: str, retry_after_seconds: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._here = AtOnce(1 + waiting, problem, retry_after_seconds)
        self._alone: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def one(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn of the key, which lasts as long as the block. Raises TooMany where too many wait."""
        with self._here.one(key):
            alone, held = self._alone.get(key, (asyncio.Lock(), 0))
            self._alone[key] = alone, held + 1
            try:
                async with alone, self._all:
                    yield
            finally:
                alone, held = self._alone.pop(key)
                if held > 1:
                    self._alone[key] = alone, held - 1


class Tries:
    """One try under several limits: taken before what is slow to check, and given back where it did no harm."""

    def __init__(self, *limits: tuple[Limit, str]) -> None:
        self._limits = limits

    def take(self) -> None:
        """Take it under all the limits, or under none. Raises TooMany."""
        for limit, key in self._limits:
            limit.check(key)
        for limit, key in self._limits:
            limit.spend(key)

    def give_back(self) -> None:
        """Return it under all the limits."""
        for limit, key in self._limits:
            limit.give_back(key)
