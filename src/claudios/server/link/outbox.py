"""What one agent is to be told next, whichever carrier asks for it.

Bounded by its making: acknowledgements, rewinds and answers to checkpoints are kept one a session, the tune is only the
newest, instructions are limited by the delivery window, reports are confirmed at most as fast as they come, of what is
typed MAX_TYPED messages wait, and questions only as long as somebody waits for their answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import orjson

from claudios.protocol.asking import Ask
from claudios.protocol.messages import Ack, Checkpointed, Reported, Rewind, ServerMessage, Tune, Typed

MAX_TAKEN_BYTES = 3 * 1024 * 1024
"""Where one message is cut; a single instruction may exceed it, up to the codec's own limit."""

MAX_TYPED = 256
"""How many typed messages wait for a carrier that does not come for them."""


class Outbox:
    """Messages in order, of which an acknowledgement replaces the session's older one."""

    def __init__(self) -> None:
        self._messages: dict[tuple[str, object], ServerMessage] = {}
        self._count = 0
        self._typed = 0
        self._wake = asyncio.Event()

    def put(self, messages: Iterable[ServerMessage]) -> None:
        """Add messages and wake the carrier."""
        for message in messages:
            key = self._key(message)
            earlier = self._messages.pop(key, None)
            if isinstance(message, Reported) and isinstance(earlier, Reported):
                message = Reported(instruction_ids=earlier.instruction_ids + message.instruction_ids)
            self._messages[key] = message
            self._typed += isinstance(message, Typed)
        if self._messages:
            self._wake.set()

    def withdraw(self, asked: Ask) -> None:
        """Take back a question that has not been taken yet."""
        self._messages.pop(self._key(asked), None)
        if not self._messages:
            self._wake.clear()

    def has_room_to_type(self) -> bool:
        """Say whether one more typed message may wait."""
        return self._typed < MAX_TYPED

    def take(self) -> list[ServerMessage]:
        """Return and remove what fits into one message, in order."""
        taken: list[ServerMessage] = []
        size = 0
        while self._messages:
            key = next(iter(self._messages))
            message = self._messages[key]
            size += len(orjson.dumps(message.body)) if message.type in ("instruction", "typed", "ask") else 0
            if taken and size > MAX_TAKEN_BYTES:
                return taken
            taken.append(self._messages.pop(key))
            self._typed -= message.type == "typed"
        self._wake.clear()
        return taken

    async def ready(self) -> None:
        """Wait until there is something to take."""
        await self._wake.wait()

    def is_empty(self) -> bool:
        """Say whether nothing waits."""
        return not self._messages

    def _key(self, message: ServerMessage) -> tuple[str, object]:
        if isinstance(message, (Ack, Rewind, Checkpointed)):
            return message.type, message.session_id
        if isinstance(message, (Tune, Reported)):
            return message.type, None
        if isinstance(message, Ask):
            return message.type, message.id
        self._count += 1
        return message.type, self._count
