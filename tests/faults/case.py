"""One test of the suite, as the report tells of it: how often, what the oracle found, how long recovery took."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cached_property

from tests.faults import oracle
from tests.faults.oracle import Verdict
from tests.faults.rows import Row

MIB = 1024 * 1024


class Case:
    """A test bound to a row. Draw everything that chance decides from `dice`: its seed is printed and reported."""

    def __init__(self, row: Row, repetitions: int, seed: int) -> None:
        self.row = row
        self.repetitions = repetitions
        self.seed = seed
        self.has_dice = False
        self.done = 0
        self.verdict: Verdict | None = None
        self.worst_recovery_seconds: float | None = None
        self.peaks: dict[str, int] = {}
        self.bounds: dict[str, int] = {}

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

    def memory(self, kind: str, rss_bytes: int, within_bytes: int | None = None) -> None:
        """Record how much a kind of process (agent, server, shim) had at most, and demand the bound if there is one."""
        self.peaks[kind] = max(rss_bytes, self.peaks.get(kind, 0))
        if within_bytes is not None:
            self.bounds[kind] = within_bytes
            assert rss_bytes <= within_bytes, f"{kind} had {rss_bytes / MIB:.0f} MiB of {within_bytes / MIB:.0f}"
