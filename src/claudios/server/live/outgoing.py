"""What one page is to be told next: messages in order, at most MAX_WAITING_BYTES of them.

A message about a thing replaces the older one about it. Patches of a session that wait behind each other are sent as
one. When there is too much, the sessions' patches are dropped and the page is told which of them it has lost; it
subscribes again from its position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

import orjson

from claudios.server.live.patches import Patch, merged

MAX_WAITING_BYTES = 1024 * 1024
MAX_PILED_BYTES = 16 * 1024 * 1024


class Outgoing:
    """A bounded queue with a policy."""

    def __init__(self) -> None:
        self._messages: dict[Hashable, str | Patch] = {}
        self._bytes = 0
        self._count = 0
        self._wake = asyncio.Event()

    @property
    def is_hopeless(self) -> bool:
        """Whether even what cannot be dropped has piled up: nobody reads."""
        return self._bytes > MAX_PILED_BYTES

    def put(self, text: str, about: Hashable | None = None) -> None:
        """Add a message. `about` names the thing whose older message it replaces."""
        self._count += 1
        key = self._count if about is None else ("about", about)
        earlier = self._messages.pop(key, None)
        self._bytes += len(text) - (0 if earlier is None else _size(earlier))
        self._messages[key] = text
        self._wake.set()

    def put_patch(self, patch: Patch) -> bool:
        """Add a patch; say whether there was room. Without room all patches of its session are dropped."""
        if self._messages and self._bytes + len(patch.text) > MAX_WAITING_BYTES:
            self.drop_patches(patch.session_id)
            return False
        self._count += 1
        self._messages[self._count] = patch
        self._bytes += len(patch.text)
        self._wake.set()
        return True

    def drop_patches(self, session_id: str) -> None:
        """Drop what waits of a session's patches."""
        for key, message in list(self._messages.items()):
            if isinstance(message, Patch) and message.session_id == session_id:
                self._bytes -= len(message.text)
                del self._messages[key]

    async def next(self) -> str:
        """Wait for a message and take it: patches of one session that follow each other are taken together."""
        while not self._messages:
            self._wake.clear()
            await self._wake.wait()
        first = self._pop()
        if isinstance(first, str):
            return first
        patches = [first]
        while self._messages:
            following = next(iter(self._messages.values()))
            if not isinstance(following, Patch) or following.session_id != first.session_id:
                break
            patches.append(following)
            self._pop()
        return merged(patches).text

    def _pop(self) -> str | Patch:
        message = self._messages.pop(next(iter(self._messages)))
        self._bytes -= _size(message)
        return message


def told(kind: str, **fields: object) -> str:
    """Return a message of the socket."""
    return orjson.dumps({"type": kind, **fields}).decode()


def _size(message: str | Patch) -> int:
    return len(message.text if isinstance(message, Patch) else message)
