"""The daemon's end of a shim's socket: envelopes of `length u32 LE, JSON`, of version 1."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Protocol

from claudios.protocol.errors import InputInvalid, SessionLost, SpawnFailed, TooMany
from claudios.protocol.terminal import TerminalSize

VERSION = 1
SPOKEN = (VERSION - 1, VERSION)
"""The versions of the conversation that are understood: a shim that is one older goes on under a newer daemon."""
ATTACH_SECONDS = 5.0
TYPED_AHEAD_BYTES = 1024 * 1024
"""How much may wait for a shim that does not read: it takes whatever comes, unless it is stopped."""

_LENGTH = Struct("<I")

_log = logging.getLogger(__name__)


class NoRoom(TooMany):
    """The machine has no room to record this. Free some space, or let it deliver its output; it goes on by itself."""

    code = "no_room"


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a session's spool has: `space` is one of shim.quota.Space, `max_bytes` 0 where any size may be."""

    space: str = "room"
    size_bytes: int = 0
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """How a shim and its program are. `output_seq` is the program's first output, 0 for none yet.

    `reason`, `exit_code`, `signal` and `detail` tell of the end, when `has_ended`.
    """

    shim_pid: int
    child_pid: int | None
    epoch: int
    seq: int
    output_seq: int
    has_ended: bool
    room: Room
    reason: str | None
    exit_code: int | None
    signal: int | None
    detail: str | None


class ShimListener(Protocol):
    """Who is told what a shim says, from `shim_attached` until `shim_left` or `close`."""

    def shim_attached(self, client: ShimClient, condition: Condition) -> None:
        """The conversation begins; this is how things are."""

    def shim_announced(self, seq: int, output_seq: int) -> None:
        """Frames up to `seq` are in the spool."""

    def shim_took(self, identity: str) -> None:
        """An input is in the spool and on its way to the program."""

    def shim_changed(self, room: Room) -> None:
        """There is more or less room."""

    def shim_ended(self, condition: Condition) -> None:
        """The program is gone and the log of its epoch complete."""

    def shim_left(self) -> None:
        """The connection is lost."""


class ShimClient(asyncio.Protocol):
    """One connection to a shim; `attach` makes it."""

    def __init__(self, listener: ShimListener) -> None:
        self._listener: ShimListener | None = listener
        self._loop = asyncio.get_running_loop()
        self._attached: asyncio.Future[None] = self._loop.create_future()
        self._inputs: dict[str, asyncio.Future[None]] = {}
        self._read = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def attach(cls, path: str, listener: ShimListener) -> None:
        """Attach to the shim that listens at `path`. Raises OSError, TimeoutError, SessionLost, SpawnFailed."""
        async with asyncio.timeout(ATTACH_SECONDS):
            loop = asyncio.get_running_loop()
            _, client = await loop.create_unix_connection(lambda: cls(listener), path)
            try:
                client._send({"op": "attach", "version": VERSION})
                await client._attached
            except BaseException:
                client.close()
                raise

    async def write(self, identity: str, line: str) -> None:
        """Have a line written to the program, and return once it is in the spool and on its way.

        Raises SessionLost when the program takes nothing more or the shim goes first, TooMany when too much waits,
        NoRoom when it cannot be recorded.
        """
        await self._ask(identity, {"op": "input", "id": identity, "line": line})

    async def paste(self, identity: str, typed: bytes) -> None:
        """Have bytes written to the program's terminal, and return once they are on their way. Raises as `write`."""
        await self._ask(identity, _keys(identity, typed))

    def type(self, identity: str, typed: bytes) -> None:
        """Have bytes written to the program's terminal, in order, without waiting. Raises SessionLost, TooMany."""
        if self._transport is not None and self._transport.get_write_buffer_size() > TYPED_AHEAD_BYTES:
            raise TooMany("The session has not taken what was typed before. Wait a moment.")
        self._send(_keys(identity, typed))

    def resize(self, size: TerminalSize) -> None:
        """Give the program's terminal that size. Raises SessionLost."""
        self._send({"op": "resize", "columns": size.columns, "rows": size.rows})

    def note_activity(self, state: str, reason: str | None) -> None:
        """Have written down what the program is at. Raises SessionLost."""
        self._send({"op": "activity", "state": state, "reason": reason})

    def terminate(self) -> None:
        """Begin to end the program."""
        self._send({"op": "terminate"})

    def release(self) -> None:
        """Let the shim go once its program has ended; its spool stays."""
        self._send({"op": "release"})

    def close(self) -> None:
        """Leave; the shim goes on alone, and the listener hears nothing more."""
        self._listener = None
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        start = 0
        while len(self._read) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._read, start)
            end = start + _LENGTH.size + length
            if len(self._read) < end:
                break
            self._take(json.loads(self._read[start + _LENGTH.size : end]))
            start = end
        del self._read[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        for taken in self._inputs.values():
            if not taken.done():
                taken.set_exception(SessionLost())
                taken.exception()  # whoever waited may have given up
        if not self._attached.done():
            self._attached.set_exception(SessionLost())
        elif self._listener is not None:
            self._listener.shim_left()

    async def _ask(self, identity: str, message: Mapping[str, object]) -> None:
        taken = self._inputs.get(identity)
        if taken is None:
            taken = self._inputs[identity] = self._loop.create_future()
            self._send(message)
            sys.audit("claudios.shim.asked")
        await asyncio.shield(taken)
        sys.audit("claudios.shim.taken")

    def _send(self, message: Mapping[str, object]) -> None:
        if self._transport is None or self._transport.is_closing():
            raise SessionLost
        raw = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        self._transport.write(_LENGTH.pack(len(raw)) + raw)

    def _take(self, message: Mapping[str, object]) -> None:
        match message:
            case {"op": "head", "seq": int(seq), "output": int(output_seq)}:
                if self._listener is not None:
                    self._listener.shim_announced(seq, output_seq)
            case {"op": "space"}:
                if self._listener is not None:
                    self._listener.shim_changed(_room(message))
            case {"op": "taken", "id": str(identity)}:
                if self._listener is not None:
                    self._listener.shim_took(identity)
                waiting = self._inputs.pop(identity, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case {"op": "refused", "id": str(identity), "code": str(code)}:
                waiting = self._inputs.pop(identity, None)
                if waiting is None:
                    _log.warning("What was typed was not taken: %s", _refusal(code), extra={"code": code})
                elif not waiting.done():
                    waiting.set_exception(_refusal(code))
            case {"op": "attached", "version": int(version)}:
                if version not in SPOKEN:
                    self._attached.set_exception(SpawnFailed(f"The shim speaks version {version}. Upgrade the agent."))
                elif self._listener is not None:
                    self._attached.set_result(None)
                    self._listener.shim_attached(self, _condition(message))
            case {"op": "ended"}:
                if self._listener is not None:
                    self._listener.shim_ended(_condition(message))


def _keys(identity: str, typed: bytes) -> Mapping[str, object]:
    return {"op": "keys", "id": identity, "data": base64.b64encode(typed).decode()}


def _refusal(code: str) -> Exception:
    if code == "too_many":
        return TooMany("Claude has not read its earlier input yet. Wait for it, then send this again.")
    if code == "spool_full":
        return NoRoom()
    if code == "input_invalid":
        return InputInvalid("A line for Claude holds a line break. Escape it as JSON does.")
    return SessionLost()


def _condition(message: Mapping[str, object]) -> Condition:
    return Condition(
        shim_pid=_int(message["pid"]) or 0,
        child_pid=_int(message["child"]),
        epoch=_int(message["epoch"]) or 0,
        seq=_int(message["seq"]) or 0,
        output_seq=_int(message["output"]) or 0,
        has_ended=message["state"] == "ended",
        room=_room(message),
        reason=_str(message["reason"]),
        exit_code=_int(message["exit_code"]),
        signal=_int(message["signal"]),
        detail=_str(message["detail"]),
    )


def _room(message: Mapping[str, object]) -> Room:
    """Read what newer shims say of their room; an older one has no quota, and says nothing of its disk."""
    size, most = _int(message.get("bytes")), _int(message.get("max_bytes"))
    return Room(_str(message.get("space")) or "room", size or 0, most or 0)


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None
