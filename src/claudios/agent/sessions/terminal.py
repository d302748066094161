"""The terminal of a session: who types into it, how large it is, and what Claude is at in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from claudios.agent.sessions.activity import IDLE, changes
from claudios.agent.sessions.shim_client import ShimClient
from claudios.protocol.errors import SessionLost
from claudios.protocol.terminal import Keystroke, TerminalSize

_log = logging.getLogger(__name__)


class Terminal:
    """One epoch's terminal. `is_ready` from Claude's first idle on, of which `became_ready` hears once.

    What is typed before that may answer a question that Claude asks at its start.
    """

    def __init__(self, session_id: str, configuration: Path, became_ready: Callable[[], Awaitable[None]]) -> None:
        self.is_ready = False
        self._session_id = session_id
        self._configuration = configuration
        self._became_ready = became_ready
        self._size: TerminalSize | None = None
        self._client: ShimClient | None = None
        self._watching: asyncio.Task[None] | None = None

    def attach(self, client: ShimClient, pid: int | None, launched_ns: int) -> None:
        """Go on with this shim, whose program is `pid` and was started after `launched_ns` of the wall clock."""
        self.leave()
        self._client = client
        if self._size is not None:
            client.resize(self._size)
        if pid is not None:
            self._watching = asyncio.create_task(
                self._watch(client, pid, launched_ns), name=f"activity of {self._session_id}"
            )

    def leave(self) -> None:
        """Let go of the shim."""
        self._client = None
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def type(self, stroke: Keystroke) -> None:
        """Pass on what was typed, and a new size as soon as there is a shim. Raises as the shim's client does."""
        typed = stroke.data
        if stroke.size is not None:
            self._size = stroke.size
            if self._client is not None:
                self._client.resize(stroke.size)
        if stroke.keys is not None:
            if self._client is None:
                raise SessionLost
            self._client.type(stroke.id, typed)

    async def _watch(self, client: ShimClient, pid: int, launched_ns: int) -> None:
        """Have written down what Claude is at; where that cannot be found out, the session runs on without it."""
        try:
            async for activity in changes(self._configuration, pid, launched_ns):
                client.note_activity(activity.state, activity.reason)
                if activity.state == IDLE and not self.is_ready:
                    self.is_ready = True
                    await self._became_ready()
        except SessionLost:
            return  # whoever attaches again watches again
        except Exception:  # the rim
            _log.exception("What session %s is at is not known any more.", self._session_id)
