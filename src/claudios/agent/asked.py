"""What the server asks about this machine and no log keeps: checked, answered on a thread, a bounded number at once.

Its failure ends nothing: every question gets an answer or the reason why there is none, or is given up by who asked.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from claudios.protocol.asking import MAX_ANSWER_BYTES, Answer, Ask, Kind
from claudios.protocol.errors import AgentOutdated, ClaudiosError, InputInvalid, SignatureInvalid, TooMany
from claudios.protocol.fields import Model
from claudios.protocol.messages import Welcome
from claudios.protocol.signing import sign_ask

Q = TypeVar("Q", bound=Model)
A = TypeVar("A", bound=Model)

MAX_AT_ONCE = 4
MAX_WAITING = 32
"""Questions under way, those that are being answered among them."""

Answering = Mapping[str, Callable[[str], str]]
"""For the name of each kind, what turns a question's body into the answer's. Raises ClaudiosError."""

_log = logging.getLogger(__name__)


def answering(kind: Kind[Q, A], find: Callable[[Q], A]) -> tuple[str, Callable[[str], str]]:
    """Return an entry of Answering: `find` answers questions of the kind, and raises ClaudiosError."""

    def answer(body: str) -> str:
        try:
            question = kind.question.model_validate_json(body)
        except ValidationError as invalid:
            raise InputInvalid(
                f"The question {kind.name} is not valid. Update the older of agent and server."
            ) from invalid
        found = find(question).model_dump_json(exclude_none=True)
        if len(found.encode()) > MAX_ANSWER_BYTES:
            raise InputInvalid("The answer is too large to be sent. Ask for less at once.")
        return found

    return kind.name, answer


class Asked:
    """Answers questions under the newest registration, and posts the answers."""

    def __init__(self, instruct_key: bytes, answering: Answering, post: Callable[[Answer], None]) -> None:
        self._key = instruct_key
        self._answering = answering
        self._post = post
        self._agent_id = ""
        self._boot = 0
        self._heard = 0
        self._turn = asyncio.Semaphore(MAX_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the kinds that are answered."""
        return tuple(self._answering)

    def opened(self, welcome: Welcome) -> None:
        """Begin to count anew: what was signed for an earlier registration does not hold any more."""
        self._agent_id, self._boot, self._heard = welcome.agent_id, welcome.boot, 0

    def take(self, asked: Ask) -> None:
        """Have a question answered; one that is not this server's, or too many, is answered with the reason."""
        try:
            self._check(asked)
            if len(self._under_way) >= MAX_WAITING:
                raise TooMany("This machine is asked for much already. Try again.")
        except ClaudiosError as refused:
            _log.warning(
                "Refused a question of the kind %s: %s", asked.kind, refused.message, extra={"code": refused.code}
            )
            self._post(_refusal(asked, refused))
            return
        task = asyncio.get_running_loop().create_task(self._answer(asked), name=asked.kind)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, asked: Ask) -> None:
        async with self._turn:
            try:
                find = self._answering.get(asked.kind, _unknown)
                self._post(Answer(id=asked.id, body=await asyncio.to_thread(find, asked.body)))
            except ClaudiosError as refused:
                self._post(_refusal(asked, refused))
            except Exception:
                _log.exception("A question of the kind %s could not be answered.", asked.kind)
                failed = ClaudiosError("This machine could not answer. Its agent's log says why.")
                self._post(_refusal(asked, failed))

    def _check(self, asked: Ask) -> None:
        expected = sign_ask(
            self._key,
            self._agent_id,
            boot=self._boot,
            n=asked.n,
            ask_id=asked.id,
            kind=asked.kind,
            body=asked.body,
        )
        if not hmac.compare_digest(expected, bytes.fromhex(asked.signature)):
            raise SignatureInvalid("It is not signed with this agent's key for this registration.")
        if asked.n <= self._heard:
            raise SignatureInvalid("It was heard before.")
        self._heard = asked.n


def _unknown(_body: str) -> str:
    raise AgentOutdated


def _refusal(asked: Ask, refused: ClaudiosError) -> Answer:
    return Answer(id=asked.id, code=refused.code, message=refused.message[:4096])
