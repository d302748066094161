"""The journey every row measures, whoever carries it: a line goes to the program, what it prints comes to viewers."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

BEGIN = b'{"type":"flood"}\n'


class Viewer(Protocol):
    """A connected reader of one session's output."""

    def messages(self) -> AsyncIterator[bytes]: ...

    def output(self, message: bytes) -> bytes: ...


class Journey(Protocol):
    """Something that carries lines to the program and its output to viewers. `pids` are the processes in between."""

    pids: tuple[int, ...]

    async def send(self, line: str) -> None: ...

    async def settled(self) -> None: ...

    def view(self) -> AbstractAsyncContextManager[Viewer]: ...


@dataclass(frozen=True, slots=True)
class Carried:
    """A flood as one viewer saw it: seconds from its first to its last byte."""

    seconds: float
    bytes: int
    sha256: str


async def echo_ms(journey: Journey, viewer: Viewer, count: int) -> list[float]:
    """Send `count` lines one after the other; return the milliseconds until each one's echo began to arrive."""
    times = []
    messages = viewer.messages()
    for n in range(count):
        marker = f"ping-{time.monotonic_ns()}-{n}-"
        wanted = re.compile(rb'"type":"echo".*' + marker.encode(), re.S)
        begun = time.perf_counter()
        await journey.send(marker)
        async for message in messages:
            if wanted.search(message):
                break
        times.append((time.perf_counter() - begun) * 1000)
        await journey.settled()
    return times


async def carry(journey: Journey, viewer: Viewer, total_bytes: int, line_bytes: int) -> Carried:
    """Ask for a flood and take all of it, from the line after the program's word that it begins."""
    await journey.send(f"flood {total_bytes} {line_bytes}")
    carried = await take(viewer, total_bytes // line_bytes * line_bytes)
    await journey.settled()
    return carried


async def take(viewer: Viewer, expected_bytes: int) -> Carried:
    """Take the bytes that follow the program's word that a flood begins; the clock starts at that word."""
    seen, digest, begun = -1, hashlib.sha256(), 0.0
    async for message in viewer.messages():
        piece = viewer.output(message)
        if seen < 0:
            _, mark, piece = piece.partition(BEGIN)
            if not mark:
                continue
            seen, begun = 0, time.perf_counter()
        digest.update(piece)
        seen += len(piece)
        if seen >= expected_bytes:
            break
    return Carried(time.perf_counter() - begun, seen, digest.hexdigest())
