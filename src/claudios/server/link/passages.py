"""How far a registration's instructions have come: gathered while a commit is awaited, so that many cost as one."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sqlalchemy import Connection

from claudios.server.store import instructions
from claudios.server.store.instructions import Kept


class Passages:
    """Signatures by which instructions (id, in hex) went out, and the newest `iseq` in the agent's journal.

    More may join until a transaction, on its own thread, begins to keep them.
    """

    def __init__(
        self, signatures: Sequence[tuple[str, str]] = (), received: int = 0, *, is_closed: bool = False
    ) -> None:
        self._signatures = list(signatures)
        self._received = received
        self._is_closed = is_closed
        self._lock = threading.Lock()

    def join(self, later: Passages) -> bool:
        """Take `later` in too; say whether that was still possible."""
        with self._lock:
            if self._is_closed:
                return False
            self._signatures += later._signatures
            self._received = max(self._received, later._received)
            return True

    def keep(self, connection: Connection, agent_id: str) -> list[Kept]:
        """Store them, in one transaction that may be repeated; return what people see of it."""
        with self._lock:
            self._is_closed = True
        if self._signatures:
            instructions.keep_signatures(connection, self._signatures)
        return instructions.mark_taken(connection, agent_id, self._received) if self._received else []
