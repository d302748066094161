"""What is typed into this machine's terminal sessions: checked, and passed on in the order in which it came.

It is no instruction, and no journal has it: what is not signed, or was heard before, is dropped, and so is what finds
no terminal. The shim's log is the receipt of what a program was given (rules S-7 and L-17).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Collection
from typing import Protocol

from claudios.protocol.errors import ClaudiosError, PolicyForbids, SignatureInvalid
from claudios.protocol.messages import Mode, Typed, Welcome
from claudios.protocol.signing import sign_typed
from claudios.protocol.terminal import Keystroke, parse_keystroke

_log = logging.getLogger(__name__)


class Terminals(Protocol):
    """The sessions of this machine that run in a terminal."""

    def type(self, session_id: str, stroke: Keystroke) -> None:
        """Pass on what was typed, without waiting. Raises ClaudiosError."""


class Keyboard:
    """Take what the server passes on under the newest registration, and nothing before one."""

    def __init__(self, instruct_key: bytes, modes: Collection[Mode], terminals: Terminals) -> None:
        """`modes` are those that this machine's policy allows."""
        self._key = instruct_key
        self._modes = modes
        self._terminals = terminals
        self._agent_id = ""
        self._boot = 0
        self._heard = 0

    def opened(self, welcome: Welcome) -> None:
        """Begin to count anew: what was signed for an earlier registration does not hold any more."""
        self._agent_id, self._boot, self._heard = welcome.agent_id, welcome.boot, 0

    def take(self, typed: Typed) -> None:
        """Pass it on, or drop it with a line in the log, which never holds what was typed."""
        try:
            self._check(typed)
            self._terminals.type(typed.session_id, parse_keystroke(typed.body))
        except ClaudiosError as problem:
            fields = {"code": "typed_refused", "session_id": typed.session_id}
            _log.warning("Dropped what was typed into session %s: %s", typed.session_id, problem.message, extra=fields)

    def _check(self, typed: Typed) -> None:
        expected = sign_typed(
            self._key, self._agent_id, boot=self._boot, n=typed.n, session_id=typed.session_id, body=typed.body
        )
        if not hmac.compare_digest(expected, bytes.fromhex(typed.signature)):
            raise SignatureInvalid("It is not signed with this agent's key for this registration.")
        if typed.n <= self._heard:
            raise SignatureInvalid("It was heard before.")
        self._heard = typed.n
        if Mode.TERMINAL not in self._modes:
            raise PolicyForbids(
                "This machine does not allow terminals. Change `modes` in the agent's configuration there."
            )
