"""A reader's way through a log: however reading and committing interleave, never a gap and never a double."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from claudios.protocol.frame import Frame, Stream, decode, encode
from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import FramesStored, frames
from claudios.server.live import feed as feed_module
from claudios.server.live.feed import LogFeed
from claudios.server.store.log import Stretch
from tests.faults.case import Case


def piece(first: int, count: int, size: int = 8) -> FramesStored:
    encoded = b"".join(encode(Frame(Stream.STDOUT, 1, seq, 0, 0, b"x" * size)) for seq in range(first, first + count))
    return FramesStored("s", first, first + count - 1, encoded)


class Empty:
    """A log with nothing in it."""

    async def read(self, _: object) -> Any:
        return []


class Log:
    """A stored log that is read as slowly as the dice say."""

    def __init__(self, bus: MemoryBus, random: Random) -> None:
        self._bus = bus
        self._random = random
        self._stored: list[FramesStored] = []
        self._unpublished = 0
        self.reading: LogFeed | None = None

    @property
    def last_seq(self) -> int:
        return self._stored[-1].last_seq if self._stored else 0

    def commit(self, size: int = 8) -> None:
        """Store a few frames."""
        self._stored.append(piece(self.last_seq + 1, self._random.randrange(1, 4), size))
        self._unpublished += 1

    def publish(self) -> None:
        """Tell of what is stored since the last time."""
        for stored in self._stored[len(self._stored) - self._unpublished :]:
            self._bus.publish(frames("s"), stored)
        self._unpublished = 0

    def forget(self) -> None:
        """Lose the messages of what is stored."""
        self._unpublished = 0

    async def pause(self, most: int) -> None:
        for _ in range(self._random.randrange(most)):
            await asyncio.sleep(0)

    async def read(self, _: object) -> Any:
        await self.pause(3)
        assert self.reading is not None
        found = self._after(self.reading.position)[:2]
        await self.pause(3)
        return found

    def _after(self, seq: int) -> list[Stretch]:
        return [
            Stretch(max(one.first_seq, seq + 1), one.last_seq, b"".join(map(encode, self._rest(one, seq))))
            for one in self._stored
            if one.last_seq > seq
        ]

    def _rest(self, one: FramesStored, seq: int) -> list[Frame]:
        return [frame for frame in decode(one.frames) if frame.seq > seq]


async def follow(reading: LogFeed, seen: list[int]) -> None:
    while True:
        seen.extend(frame.seq for frame in decode(await reading.next()))


@pytest.mark.fault("B2")
async def test_random_interleavings_of_commit_publish_and_read(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 of them. The queue is short, so that it overflows often."""
    monkeypatch.setattr(feed_module, "MAX_WAITING_BYTES", 700)
    random = case.dice
    for _ in range(10_000):
        bus = MemoryBus()
        log = Log(bus, random)
        after = random.randrange(3)
        for _ in range(random.randrange(5)):
            log.commit()
        log.forget()  # what was stored before the reader came
        reading = log.reading = LogFeed(log, bus, "s", after)
        seen: list[int] = []
        following = asyncio.create_task(follow(reading, seen))
        for _ in range(random.randrange(10)):
            log.commit(random.choice([8, 8, 200]))
            if random.random() < 0.7:  # publications come a little late, and in order
                log.publish()
            await log.pause(4)
        log.publish()
        for _ in range(400):
            if seen[-1:] == [log.last_seq]:
                break
            await asyncio.sleep(0)
        following.cancel()
        await asyncio.wait([following])
        reading.close()
        expected = range(after + 1, log.last_seq + 1)
        case.judge([b"%d" % seq for seq in expected], [b"%d" % seq for seq in seen])
        case.did(1)


async def test_all_live_readers_get_the_very_same_bytes() -> None:
    bus = MemoryBus()

    feeds = [LogFeed(Empty(), bus, "s", 0) for _ in range(3)]
    waiting = [asyncio.create_task(one.next()) for one in feeds]
    for _ in range(5):
        await asyncio.sleep(0)
    stored = piece(1, 3)
    bus.publish(frames("s"), stored)
    for got in await asyncio.gather(*waiting):
        assert got is stored.frames


class Stored:
    """A log that holds these pieces, each read once."""

    def __init__(self, *pieces: FramesStored) -> None:
        self.unread = list(pieces)

    async def read(self, _: object) -> Any:
        found = [Stretch(one.first_seq, one.last_seq, one.frames) for one in self.unread]
        self.unread = []
        return found


def numbers(encoded: bytes) -> list[int]:
    return [frame.seq for frame in decode(encoded)]


@pytest.mark.parametrize("waiting", [(2, 3), (2, 4)], ids=["all of it", "a part of it"])
async def test_what_was_read_from_the_log_is_not_given_again_by_what_waited(waiting: tuple[int, int]) -> None:
    bus, (first, last) = MemoryBus(), waiting
    reading = LogFeed(Stored(piece(1, 3)), bus, "s", 0)
    bus.publish(frames("s"), piece(first, last - first + 1))
    assert numbers(await reading.next()) == [1, 2, 3]
    bus.publish(frames("s"), piece(last + 1, 1))
    assert numbers(await reading.next()) == list(range(4, last + 2))


async def test_what_overflowed_while_nobody_took_it_is_read_from_the_log() -> None:
    bus, log = MemoryBus(), Stored()
    reading = LogFeed(log, bus, "s", 0)
    following = asyncio.create_task(reading.next())
    await asyncio.sleep(0)
    bus.publish(frames("s"), piece(1, 1))
    assert numbers(await following) == [1]
    held = [piece(2, 12, 60_000), piece(14, 12, 60_000)]
    log.unread = list(held)
    for one in held:
        bus.publish(frames("s"), one)
    following = asyncio.create_task(reading.next())
    for _ in range(5):
        await asyncio.sleep(0)
    assert following.done()
    assert numbers(following.result()) == list(range(2, 26))
