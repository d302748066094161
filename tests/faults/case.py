"""One test of the suite, as the report tells of it: how often, what the oracle found, how long recovery took."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cached_property

from tests.faults import oracle
from tests.faults.oracle import Verdict
from tests.faults.rows import Row

MIB = 1024 * 1024
GROWTH = "the test's own process, growth"
BOUNDS = {"agent": 128 * MIB, "server": 512 * MIB, "shim": 32 * MIB, GROWTH: 512 * MIB}
"""What a process of each kind has at the most, whatever is done to it; a test's own may hold a whole server."""


class Case:
    """A test bound to a row. Draw everything that chance decides from `dice`: its seed is printed and reported."""

    def __init__(self, row: Row, repetitions: int, seed: int, *, takes_its_time: bool = False) -> None:
        """`takes_its_time`: this is `make faults`, where real settings are waited for and real times compared."""
        self.row = row
        self.repetitions = repetitions
        self.seed = seed
        self.takes_its_time = takes_its_time
        self.has_dice = False
        self.done = 0
        self.verdict: Verdict | None = None
        self.worst_recovery_seconds: float | None = None
        self.peaks: dict[str, int] = {}
        self.bounds: dict[str, int] = {}
        self.is_within_bounds = True

    @cached_property
    def dice(self) -> random.Random:
        """What decides everything that chance decides; only a seed that was used is reported."""
        self.has_dice = True
        return random.Random(self.seed)

    def each(self) -> Iterator[int]:
        """Yield the number of each repetition; those whose body was left count as done."""
        for n in range(self.repetitions):
            yield n
            self.done = n + 1

    def did(self, times: int) -> None:
        """Count repetitions that are not a loop over `each`: examples, interleavings, cuts."""
        self.done += times

    def judge(self, expected: Sequence[bytes], stored: Sequence[bytes]) -> None:
        """Demand that exactly the expected pieces are stored, once and in order; what is found goes into the report."""
        found = oracle.judge(expected, stored)
        self.verdict = found if self.verdict is None else self.verdict + found
        assert found.is_flawless, f"{self.row.id}: {found}, seed {self.seed}"

    def recovered(self, seconds: float) -> None:
        """Record how long it took until all was well again."""
        self.worst_recovery_seconds = max(seconds, self.worst_recovery_seconds or 0.0)

    def memory(self, kind: str, rss_bytes: int, within_bytes: int) -> None:
        """Record how much a kind of process (agent, server, shim) had at most, and demand its bound."""
        self._had(kind, rss_bytes, within_bytes)
        assert rss_bytes <= within_bytes, f"{kind} had {rss_bytes / MIB:.0f} MiB of {within_bytes / MIB:.0f}"

    def lived(self, kind: str, rss_bytes: int) -> None:
        """Record what a process had that is about to end: too much fails the case once everything is put away.

        Where the test has set a bound of its own, its own figure stands.
        """
        if self.bounds.get(kind, BOUNDS[kind]) == BOUNDS[kind]:
            self._had(kind, rss_bytes, BOUNDS[kind])

    def _had(self, kind: str, rss_bytes: int, within_bytes: int) -> None:
        self.peaks[kind] = max(rss_bytes, self.peaks.get(kind, 0))
        self.bounds[kind] = within_bytes
        self.is_within_bounds &= rss_bytes <= within_bytes
