"""A daemon's end of the conversation with a shim: which versions it speaks to, and one that does not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from struct import Struct

import pytest

from claudios.agent.sessions.shim_client import TYPED_AHEAD_BYTES, VERSION, Condition, Room, ShimClient
from claudios.protocol.errors import SpawnFailed, TooMany

LENGTH = Struct("<I")
ENDED = {"reason": None, "exit_code": None, "signal": None, "detail": None}
ATTACHED = {"op": "attached", "epoch": 1, "seq": 7, "output": 0, "state": "running", "pid": 2, "child": 3, **ENDED}


class Listener:
    """Keeps what the shim told at the beginning."""

    def __init__(self) -> None:
        self.seq = 0

    def shim_attached(self, client: ShimClient, condition: Condition) -> None:
        self.seq = condition.seq
        client.close()

    def shim_announced(self, seq: int, output_seq: int) -> None: ...

    def shim_took(self, identity: str) -> None: ...

    def shim_changed(self, room: Room) -> None: ...

    def shim_ended(self, condition: Condition) -> None: ...

    def shim_left(self) -> None: ...


@asynccontextmanager
async def shim_of(version: int, path: Path) -> AsyncIterator[str]:
    """Run what answers as a shim of that version does."""

    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(LENGTH.unpack(await reader.readexactly(LENGTH.size))[0])
        raw = json.dumps({**ATTACHED, "version": version}).encode()
        writer.write(LENGTH.pack(len(raw)) + raw)
        await reader.read()
        writer.close()
        is_over.set()

    async with await asyncio.start_unix_server(serve, path):
        try:
            yield str(path)
        finally:
            await is_over.wait()


@pytest.mark.parametrize("version", [VERSION - 1, VERSION])
async def test_a_shim_of_this_version_or_the_one_before_is_adopted(tmp_path: Path, version: int) -> None:
    listener = Listener()
    async with shim_of(version, tmp_path / "shim") as path:
        await ShimClient.attach(path, listener)
    assert listener.seq == 7


@pytest.mark.parametrize("version", [VERSION - 2, VERSION + 1])
async def test_a_shim_of_any_other_version_is_left_alone_and_named(tmp_path: Path, version: int) -> None:
    listener = Listener()
    async with shim_of(version, tmp_path / "shim") as path:
        with pytest.raises(SpawnFailed, match=f"speaks version {version}. Upgrade the agent"):
            await ShimClient.attach(path, listener)
    assert listener.seq == 0


class Typist(Listener):
    """Types on and on as soon as it is attached, and keeps how much was taken."""

    taken_bytes = 0
    refusal: TooMany | None = None

    def shim_attached(self, client: ShimClient, condition: Condition) -> None:
        typed = b"x" * 64 * 1024
        try:
            while self.taken_bytes < 16 * TYPED_AHEAD_BYTES:
                client.type("id", typed)
                self.taken_bytes += len(typed)
        except TooMany as refusal:
            self.refusal = refusal
        client.close()


async def test_a_shim_that_does_not_read_is_not_typed_for_without_end(tmp_path: Path) -> None:
    typist = Typist()
    async with shim_of(VERSION, tmp_path / "shim") as path:
        await ShimClient.attach(path, typist)
    assert typist.refusal is not None
    assert TYPED_AHEAD_BYTES / 2 < typist.taken_bytes < 4 * TYPED_AHEAD_BYTES
