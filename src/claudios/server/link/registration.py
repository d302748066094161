"""One registration of an agent: everything it says is taken here, everything it is told goes into its outbox.

Carriers (WebSocket, poll) pass messages in and take the outbox out; they decide nothing. A registration ends once, for
one reason; whatever fails in it ends it, since an agent that reconnects starts from what is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.asking import Answer, Ask
from claudios.protocol.errors import ClaudiosError, Conflict, OutOfOrder, TooMany
from claudios.protocol.ids import instruct_key
from claudios.protocol.link import ServerLink
from claudios.protocol.messages import (
    Ack,
    AgentError,
    AgentMessage,
    Bye,
    Checkpoint,
    Instruction,
    Mode,
    Paths,
    Received,
    Report,
    Reported,
    Rewind,
    ServerMessage,
    Status,
    Tune,
    Typed,
)
from claudios.protocol.signing import Batch, sign_ask, sign_typed
from claudios.protocol.terminal import Keystroke
from claudios.server.bus.topics import OVERVIEW, Bus, Changed
from claudios.server.ingest import checkpoints
from claudios.server.ingest.append import Ingest
from claudios.server.ingest.commit import GroupCommit
from claudios.server.ingest.verify import Source
from claudios.server.instructions import outcome
from claudios.server.instructions.deliver import Delivery
from claudios.server.link.asking import Asking
from claudios.server.link.outbox import Outbox
from claudios.server.link.passages import Passages
from claudios.server.link.questions import Questions
from claudios.server.store import agent_errors, changes, lives, registrations
from claudios.server.store.instructions import Kept

log = structlog.get_logger(__name__)

T = TypeVar("T")

TYPED_BITS = 10
"""What is typed and asked is numbered by the time in ms, and within one by so many bits."""
RESEND_SECONDS = 10.0
"""An instruction sent so long ago and not yet in the agent's journal is sent again."""


class AgentView(Protocol):
    """Make the message that tells people how an agent is, inside a transaction."""

    def __call__(self, connection: Connection, agent_id: str) -> Changed | None: ...


class Registration:
    """The server's half of the link with one agent, under one boot number."""

    def __init__(
        self,
        source: Source,
        *,
        link: ServerLink,
        ingest: Ingest,
        commits: GroupCommit,
        delivery: Callable[[Callable[[Sequence[Instruction]], None], Callable[[Sequence[Kept]], None]], Delivery],
        bus: Bus,
        agent_view: AgentView,
        now_ms: Callable[[], int],
    ) -> None:
        self.source = source
        self.outbox = Outbox()
        self.delivery = delivery(self._send, self._tell_of)
        self.ended: asyncio.Future[Bye] = asyncio.get_running_loop().create_future()
        self._link = link
        self._ingest = ingest
        self._commits = commits
        self._bus = bus
        self._agent_view = agent_view
        self._now_ms = now_ms
        self.lists_paths = False  # until its Hello is known to say so
        self.modes: tuple[Mode, ...] = ()
        self.answers: tuple[str, ...] = ()
        self.questions = Questions(lambda asked: self.outbox.put([asked]))
        self.asking = Asking(self._signed, lambda asked: self.outbox.put([asked]), self.outbox.withdraw)
        self._passages = Passages(is_closed=True)
        self._instruct_key = instruct_key(source.sign_key)
        self._numbered = 0
        self._progress = asyncio.get_running_loop().time()

    async def take(self, messages: Iterable[AgentMessage | Batch]) -> list[asyncio.Future[Ack | Rewind]]:
        """Take messages in order; return what will become of each batch, after its commit.

        Waits while the ingest is full. Raises OutOfOrder, Superseded, VersionUnsupported.
        """
        answers = []
        for message in messages:
            message = self._link.receive(message)
            await self._commits.room()
            if isinstance(message, Batch):
                answers.append(await self._ingest.append(self.source, message))
            elif isinstance(message, Received):
                self._received(message)
            elif isinstance(message, Report):
                self._report(message)
            elif isinstance(message, Status):
                self._status(message)
            elif isinstance(message, Checkpoint):
                self._checkpoint(message)
            elif isinstance(message, AgentError):
                self._error(message)
            elif isinstance(message, Paths):
                self.questions.answered(message)
            elif isinstance(message, Answer):
                self.asking.answered(message)
            elif isinstance(message, Bye):
                self.end(message)
        return answers

    def acknowledge(self, answers: Iterable[asyncio.Future[Ack | Rewind]]) -> None:
        """Put what becomes of batches into the outbox as it comes."""
        for answer in answers:
            answer.add_done_callback(self._acknowledge)

    def tune(self, watched: frozenset[str]) -> None:
        """Tell the agent which of its sessions somebody watches."""
        self.outbox.put([Tune(watched=tuple(sorted(watched)))])

    def type_in(self, session_id: str, keystroke: Keystroke) -> None:
        """Pass on what somebody types into a terminal session (rule L-17).

        Raises Conflict where the machine does not know terminals, TooMany while much of it waits.
        """
        if Mode.TERMINAL not in self.modes:
            raise Conflict(
                "Nothing can be typed on this machine now. Its agent may be too old, or its setting `modes` leaves "
                "terminals out."
            )
        if not self.outbox.has_room_to_type():
            raise TooMany("The machine does not come for what is typed. Wait until it does.", retry_after_seconds=1)
        n = self._number()
        body = keystroke.model_dump_json(exclude_none=True)
        signature = sign_typed(
            self._instruct_key,
            self.source.agent_id,
            boot=self.source.boot,
            n=n,
            session_id=session_id,
            body=body,
        )
        self.outbox.put([Typed(session_id=session_id, n=n, body=body, signature=signature.hex())])

    def _number(self) -> int:
        """Return a number above all that another process, or an earlier Registration of this boot, can have given."""
        self._numbered = max(self._numbered + 1, self._now_ms() << TYPED_BITS)
        return self._numbered

    def _signed(self, ask_id: str, kind: str, body: str) -> Ask:
        """Return a question as this registration of the agent takes it (rule S-8)."""
        n, source = self._number(), self.source
        signature = sign_ask(
            self._instruct_key, source.agent_id, boot=source.boot, n=n, ask_id=ask_id, kind=kind, body=body
        )
        return Ask(id=ask_id, n=n, kind=kind, body=body, signature=signature.hex())

    def sweep(self) -> None:
        """Send again what should have reached the agent's journal by now."""
        late = asyncio.get_running_loop().time() - self._progress > RESEND_SECONDS
        if late and self.delivery.sent > self.delivery.received:
            self._progress = asyncio.get_running_loop().time()
            self.delivery.again()

    def fail(self, error: BaseException) -> None:
        """End the registration because of `error`."""
        if isinstance(error, ClaudiosError):
            self.end(Bye(code=error.code, message=error.message))
        else:
            log.error("registration_failed", agent=self.source.agent_id, exc_info=error)
            self.end(Bye(code=ClaudiosError.code, message="The server failed. Its log says why."))

    def end(self, bye: Bye) -> None:
        """End the registration; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(bye)

    def _send(self, entries: Sequence[Instruction]) -> None:
        self._progress = asyncio.get_running_loop().time()
        self.outbox.put(entries)
        self._note(Passages(signatures=[(entry.id, entry.signature) for entry in entries]))

    def _received(self, message: Received) -> None:
        self._progress = asyncio.get_running_loop().time()
        if message.iseq > self.delivery.reached:
            raise OutOfOrder("Instructions that were never sent cannot have been received. Reconnect.")
        self.delivery.taken(message.iseq)
        self._note(Passages(received=message.iseq))

    def _note(self, passages: Passages) -> None:
        """Have passages kept, together with those that wait for it already."""
        if not self._passages.join(passages):
            self._passages = passages
            self._commit(lambda connection: passages.keep(connection, self.source.agent_id), self._tell_of)

    def _report(self, message: Report) -> None:
        def work(connection: Connection) -> list[Changed]:
            return outcome.settle(connection, self.source.agent_id, message, self._now_ms())

        def settled(told: list[Changed]) -> None:
            self.outbox.put([Reported(instruction_ids=(message.instruction_id,))])
            self._tell(told)

        self._commit(work, settled)

    def _status(self, message: Status) -> None:
        agent_id, boot = self.source.agent_id, self.source.boot

        def work(connection: Connection) -> list[Changed]:
            now_ms = self._now_ms()
            registrations.keep_status(connection, agent_id, boot, message, now_ms)
            told = lives.agent_says(connection, agent_id, message.sessions, now_ms)
            agent = self._agent_view(connection, agent_id)
            return [*told, agent] if agent is not None else told

        self._commit(work, self._tell)

    def _error(self, message: AgentError) -> None:
        """Keep an error for people to see; what became of the link does not depend on it."""
        agent_id = self.source.agent_id
        if not message.resolved:
            log.warning("agent_error", agent=agent_id, code=message.code, session=message.session_id)

        def work(connection: Connection) -> list[Changed]:
            was_kept = agent_errors.keep(connection, agent_id, message, self._now_ms())
            if message.resolved and was_kept:  # an agent that begins anew says so of whatever it had before
                log.info("agent_error_resolved", agent=agent_id, code=message.code, session=message.session_id)
            agent = self._agent_view(connection, agent_id)
            return [agent] if agent is not None else []

        self._commit(work, self._tell)

    def _tell_of(self, moved: Iterable[Kept]) -> None:
        self._tell(changes.instruction(kept.project_id, kept.view) for kept in moved)

    def _checkpoint(self, message: Checkpoint) -> None:
        self._commit(
            lambda connection: checkpoints.keep(connection, self.source, message, self._now_ms()),
            lambda answer: self.outbox.put([answer]),
        )

    def _tell(self, told: Iterable[Changed]) -> None:
        for change in told:
            self._bus.publish(OVERVIEW, change)

    def _commit(self, work: Callable[[Connection], T], then: Callable[[T], None] | None = None) -> None:
        """Have `work` committed, in no haste; a failure ends the registration."""
        committed = self._commits.submit(work, urgent=False)

        def settle(done: asyncio.Future[T]) -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is not None:
                self.fail(error)
            elif then is not None:
                then(done.result())

        committed.add_done_callback(settle)

    def _acknowledge(self, answer: asyncio.Future[Ack | Rewind]) -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        if error is not None:
            self.fail(error)
        else:
            told: ServerMessage = answer.result()
            self.outbox.put([told])
