"""Questions about an agent's machine that wait for their answer: over one registration, and nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import uuid4

from pydantic import ValidationError

from claudios.protocol.asking import Answer, Ask, Kind
from claudios.protocol.errors import (
    AgentOutdated,
    Conflict,
    Exists,
    Forbidden,
    InputInvalid,
    MachineAway,
    NotFound,
    PolicyForbids,
    Refused,
    TooMany,
)
from claudios.protocol.fields import Model

Q = TypeVar("Q", bound=Model)
A = TypeVar("A", bound=Model)

MAX_OPEN = 16
ANSWER_SECONDS = 25.0
"""Less than the page waits. A piece of a file takes so long over a line of 120 kbit/s."""

_BY_CODE: Mapping[str, type[Refused]] = {
    refusal.code: refusal
    for refusal in (PolicyForbids, InputInvalid, Forbidden, NotFound, Conflict, Exists, AgentOutdated, TooMany)
}


class Asking:
    """The questions under way to one agent; at most MAX_OPEN."""

    def __init__(
        self, sign: Callable[[str, str, str], Ask], send: Callable[[Ask], None], withdraw: Callable[[Ask], None]
    ) -> None:
        """`sign` makes the message of an id, a kind and a body; `withdraw` takes back one that still waits."""
        self._sign = sign
        self._send = send
        self._withdraw = withdraw
        self._open: dict[str, asyncio.Future[Answer]] = {}

    async def ask(self, kind: Kind[Q, A], question: Q, seconds: float = ANSWER_SECONDS) -> A:
        """Ask, and return the answer. Raises TooMany, MachineAway, AgentOutdated, and what the machine refuses with."""
        if len(self._open) >= MAX_OPEN:
            raise TooMany("This machine is asked for much already. Try again.", retry_after_seconds=1)
        asked = self._sign(uuid4().hex, kind.name, question.model_dump_json(exclude_none=True))
        waiting = self._open[asked.id] = asyncio.get_running_loop().create_future()
        self._send(asked)
        try:
            async with asyncio.timeout(seconds):
                answer = await waiting
        except TimeoutError:
            raise MachineAway("The machine did not answer in time. Try again.") from None
        finally:
            del self._open[asked.id]
            self._withdraw(asked)  # what nobody waits for any more is not to happen later
        return _read(kind, answer)

    def answered(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        waiting = self._open.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


def _read(kind: Kind[Q, A], answer: Answer) -> A:
    if answer.body is None:
        raise _BY_CODE.get(answer.code or "", Conflict)(answer.message)
    try:
        return kind.answer.model_validate_json(answer.body)
    except ValidationError as invalid:  # its text would quote what the machine said
        raise AgentOutdated("The machine's answer cannot be read. Update the older of agent and server.") from invalid
