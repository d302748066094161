"""Breadth-first over every state that a model can reach: is each one safe, and can each one still end well?"""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)


class Unsafe(AssertionError):
    """Something that must never happen has happened."""


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One thing that may happen next. A fault is not needed for a good end, and is not counted on for it."""

    name: str
    after: S
    is_fault: bool = False


class CounterExample(AssertionError):
    """How the model gets from its start to where it must not be."""

    def __init__(self, reason: str, trace: list[str]) -> None:
        lines = [f"{number:3}. {name}" for number, name in enumerate(trace, 1)]
        super().__init__("\n".join([reason, *lines]))
        self.reason = reason
        self.trace = trace


@dataclass(frozen=True, slots=True)
class Explored:
    """How much was looked at."""

    states: int
    steps: int
    good_ends: int
    longest: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.states:,} states, {self.steps:,} steps, {self.good_ends:,} good ends, "
            f"depth {self.longest}, {self.seconds:.1f} s"
        )


def explore(
    start: S,
    steps: Callable[[S], Iterator[Step[S]]],
    check: Callable[[S], None],
    is_good_end: Callable[[S], bool],
) -> Explored:
    """Visit every state; raise CounterExample for one that is unsafe, or from which no quiet run ends well.

    `steps` and `check` raise Unsafe. The trace of a safety violation is one of the shortest there are.
    """
    began = time.perf_counter()
    numbers: dict[S, int] = {start: 0}
    came_from, came_by, depth = array("i", [-1]), [""], array("i", [0])
    quiet_from, quiet_to = array("i"), array("i")
    good = [0] if is_good_end(start) else []
    waiting: deque[tuple[int, S]] = deque([(0, start)])
    taken = 0

    def trace(number: int) -> list[str]:
        names = []
        while number > 0:
            names.append(came_by[number])
            number = came_from[number]
        return names[::-1]

    while waiting:
        number, state = waiting.popleft()
        try:
            for step in steps(state):
                taken += 1
                known = numbers.get(step.after)
                if known is None:
                    known = numbers[step.after] = len(came_by)
                    came_from.append(number)
                    came_by.append(step.name)
                    depth.append(depth[number] + 1)
                    try:
                        check(step.after)
                    except Unsafe as unsafe:
                        raise CounterExample(str(unsafe), trace(known)) from unsafe
                    if is_good_end(step.after):
                        good.append(known)
                    waiting.append((known, step.after))
                if not step.is_fault:
                    quiet_from.append(number)
                    quiet_to.append(known)
        except Unsafe as unsafe:
            raise CounterExample(str(unsafe), trace(number)) from unsafe
    stuck = _first_without_a_way(len(came_by), quiet_from, quiet_to, good)
    if stuck is not None:
        raise CounterExample("No quiet run leads from here to a good end.", trace(stuck))
    return Explored(len(came_by), taken, len(good), max(depth), time.perf_counter() - began)


def _first_without_a_way(count: int, sources: array[int], targets: array[int], good: list[int]) -> int | None:
    """Go backwards from the good ends; return the first state that is not met."""
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target in zip(sources, targets, strict=True):
        before[target].append(source)
    reached = bytearray(count)
    for number in good:
        reached[number] = 1
    waiting = list(good)
    while waiting:
        for source in before[waiting.pop()]:
            if not reached[source]:
                reached[source] = 1
                waiting.append(source)
    first = reached.find(0)
    return None if first < 0 else first
