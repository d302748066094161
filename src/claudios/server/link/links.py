"""All registrations that this process holds: how one is opened, found again, superseded, and how it ends."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.asking import Kind
from claudios.protocol.codec import decode_from_agent
from claudios.protocol.errors import (
    AgentOutdated,
    MachineAway,
    MessageInvalid,
    NotSignedIn,
    ProtocolError,
    Superseded,
    Unavailable,
)
from claudios.protocol.fields import Model
from claudios.protocol.ids import instruct_key, secret_hash
from claudios.protocol.link import LinkState, ServerLink
from claudios.protocol.messages import AgentMessage, Bye, Hello, Instruction, Paths, Welcome
from claudios.protocol.signing import Batch
from claudios.protocol.terminal import Keystroke
from claudios.server.bus.topics import OVERVIEW, Bus, Changed, Registered, registration
from claudios.server.ingest.append import Ingest
from claudios.server.ingest.commit import GroupCommit
from claudios.server.ingest.verify import Source
from claudios.server.instructions.deliver import Delivery
from claudios.server.keys import ServerKey
from claudios.server.link.held import REVOKED, SUPERSEDED, Held
from claudios.server.link.openings import Moves, Openings
from claudios.server.link.registering import Opened, register
from claudios.server.link.registration import AgentView, Registration
from claudios.server.link.removed import write_down
from claudios.server.live.watching import Watching
from claudios.server.store import agents as agent_store
from claudios.server.store import audit, registrations
from claudios.server.store import instructions as instruction_store
from claudios.server.store.agents import AgentKey, authenticate
from claudios.server.store.instructions import Kept
from claudios.server.store.transactions import Transactions

logger = structlog.get_logger(__name__)

Q = TypeVar("Q", bound=Model)
A = TypeVar("A", bound=Model)

SWEEP_SECONDS = 1.5
"""With the look itself and the way to the agent, what a lost wake-up left lying arrives within two seconds (S2)."""
SWEEPS_TO_KEYS = 6
"""The keys of open links are looked at every so many sweeps: what ended them may have happened elsewhere."""
JUMP_MS = 5_000
"""By how much the wall clock must have moved against the monotonic one to count as set anew."""
FRESH_SECONDS = 10.0
MAX_PROVED = 10_000
ELSEWHERE = (
    "The machine is not connected to this server: it is on its way back here, or connected to another server of this "
    "database. Ask again in a moment, or open the page of that server."
)
MAX_ISEQ = 2**53


class Links:
    """Opens registrations, keeps the newest of each agent, and sweeps for what a lost wake-up left lying."""

    def __init__(
        self,
        store: Transactions,
        bus: Bus,
        key: ServerKey,
        *,
        ingest: Ingest,
        commits: GroupCommit,
        watching: Watching,
        agent_view: AgentView,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._bus = bus
        self._key = key
        self._ingest = ingest
        self._commits = commits
        self._watching = watching
        self._agent_view = agent_view
        self._now_ms = now_ms
        self._held: dict[str, Held] = {}
        self._rounds = itertools.count(1)
        self._openings = Openings()
        self._moves = Moves()
        self._proved: dict[bytes, tuple[AgentKey, float]] = {}  # bounded by MAX_PROVED

    async def authenticate(self, bearer: str) -> AgentKey:
        """Return the key behind a bearer. Raises NotSignedIn.

        That of an agent which is registered here is read anew only every FRESH_SECONDS: a polling agent asks often.
        """
        hashed, now = secret_hash(bearer), asyncio.get_running_loop().time()
        known = self._proved.get(hashed)
        if known is not None and now < known[1] and self._holds(known[0]):
            return known[0]
        try:
            key = await self._store.read(lambda connection: authenticate(connection, bearer, self._now_ms()))
        except NotSignedIn:
            await self._refuse_removed(bearer)
            raise
        if len(self._proved) >= MAX_PROVED:
            self._proved.clear()
        self._proved[hashed] = (key, now + FRESH_SECONDS)
        return key

    async def _refuse_removed(self, bearer: str) -> None:
        """Raise NotSignedIn, which says so, for the bearer of an agent that was removed, once that is written down."""

        def look(connection: Connection) -> tuple[AgentKey | None, bool]:
            removed = agent_store.of_removed(connection, bearer)
            if removed is None:
                return None, False
            return removed, agent_store.is_news_after_removal(connection, removed.agent_id, self._now_ms())

        removed, is_news = await self._store.read(look)
        if removed is None:
            return
        if is_news:
            await self._store.write(lambda connection: write_down(connection, removed, self._now_ms()))
        raise NotSignedIn(agent_store.REMOVED)

    async def read(self, key: AgentKey, raw: bytes) -> list[AgentMessage | Batch]:
        """Decode what an agent sent. Raises the ProtocolError that refuses it, once the audit log tells of that."""
        try:
            return decode_from_agent(raw)
        except ProtocolError as refused:
            await self._write_down(key, refused)
            raise

    async def open(self, key: AgentKey, hello: Hello, carrier: str) -> Registration:
        """Register an agent anew; its Welcome lies in the outbox.

        Raises VersionUnsupported, NotSignedIn, AgentInUse, Superseded.

        The transaction takes its place after all that the older registration still has to keep.
        """
        ServerLink(0).receive(hello)  # before anything is superseded
        if hello.received >= MAX_ISEQ:
            raise MessageInvalid("The cursor of received instructions is no number of this server's.")
        self._commits.hurry()
        with self._moves.underway(key.agent_id):
            with self._openings.admitted(key.agent_id, hello):
                opened = await self._commits.submit(
                    lambda connection: register(
                        connection, key.agent_id, hello, carrier, agent_view=self._agent_view, now_ms=self._now_ms()
                    )
                )
            made = self._welcomed(key, opened, hello)
            self._hold(made)
        for change in opened.told:
            self._bus.publish(OVERVIEW, change)
        logger.info("agent_online", agent=key.agent_id, boot=opened.boot, carrier=carrier)
        return made

    def _welcomed(self, key: AgentKey, opened: Opened, hello: Hello) -> Registration:
        made = self._make(key, opened.boot, hello)
        made.lists_paths, made.modes, made.answers = hello.lists_paths, hello.machine.modes, hello.machine.answers
        made.outbox.put(
            [
                Welcome(
                    agent_id=key.agent_id,
                    agent_name=key.agent_name,
                    boot=opened.boot,
                    server_time_ms=self._now_ms(),
                    cursors=opened.cursors,
                    takes_checkpoints=True,
                    takes_compressed=True,
                )
            ]
        )
        return made

    async def find(self, key: AgentKey, boot: int) -> Registration:
        """Return the polling registration `boot`, also when another process opened it. Raises Superseded."""
        held = self._held.get(key.agent_id)
        if held is not None and held.registration.source.boot == boot:
            return held.registration
        newest = await self._store.read(lambda connection: registrations.newest(connection, key.agent_id))
        if newest is None or newest.boot != boot:
            raise Superseded
        await self._commits.submit(
            lambda connection: registrations.returned(connection, key.agent_id, boot, "poll", self._now_ms())
        )
        held = self._held.get(key.agent_id)  # somebody may have been quicker
        if held is not None and held.registration.source.boot >= boot:
            return held.registration
        made = self._make(key, boot, None, newest.received)
        made.lists_paths, made.modes, made.answers = newest.lists_paths, newest.modes, newest.answers
        self._hold(made)
        return made

    async def list_paths(self, agent_id: str, directory: str | None, beginning: str) -> Paths:
        """Ask an agent that is connected here which paths a beginning may become; `problem` says why it cannot tell.

        Raises TooMany.
        """
        held = self._held.get(agent_id)
        if held is None or held.registration.ended.done():
            if held is None and await self._is_elsewhere(agent_id):
                return Paths(id="", problem=ELSEWHERE)
            return Paths(id="", problem="The machine is offline, so its paths are not known. They can be typed.")
        if not held.registration.lists_paths:
            return Paths(id="", problem="The agent there does not tell its paths. It may be an older one: upgrade it.")
        found = await held.registration.questions.paths(directory, beginning)
        return found or Paths(id="", problem="The machine did not answer in time. Type on to ask again.")

    async def ask(self, agent_id: str, kind: Kind[Q, A], question: Q) -> A:
        """Ask an agent that is connected here something about its machine, and return its answer.

        Raises MachineAway, AgentOutdated, TooMany, and what the machine refuses the question with.
        """
        held = self._held.get(agent_id)
        if held is None or held.registration.ended.done():
            if held is None and await self._is_elsewhere(agent_id):
                raise MachineAway(ELSEWHERE)
            raise MachineAway
        if kind.name not in held.registration.answers:
            raise AgentOutdated
        return await held.registration.asking.ask(kind, question)

    def round_of(self, agent_id: str) -> int | None:
        """Return the round in which an agent is here, or None while it is away. Each registration begins another."""
        held = self._held.get(agent_id)
        return None if held is None or held.registration.ended.done() else held.round

    def type_in(self, agent_id: str, session_id: str, keystroke: Keystroke, round: int) -> bool:
        """Pass on what somebody types; say whether that round of the agent's still is. Raises Conflict, TooMany."""
        if self.round_of(agent_id) != round:
            return False
        self._held[agent_id].registration.type_in(session_id, keystroke)
        return True

    async def leave(self, ended: Registration) -> None:
        """Let go of a registration whose carrier is gone, and tell that the agent is offline if it was the newest."""
        agent_id, boot = ended.source.agent_id, ended.source.boot
        ended.end(Bye(code="gone", message="The connection has ended."))
        held = self._held.get(agent_id)
        if held is not None and held.registration is ended:
            del self._held[agent_id]
            held.release()

        def work(connection: Connection) -> Changed | None:
            was_newest = registrations.left(connection, agent_id, boot, self._now_ms())
            return self._agent_view(connection, agent_id) if was_newest else None

        self._commits.hurry()
        try:
            with self._moves.underway(agent_id):
                told = await self._commits.submit(work)
        except Unavailable as problem:
            logger.warning("departure_not_kept", agent=agent_id, problem=problem.message)
            return
        if told is not None:
            self._bus.publish(OVERVIEW, told)
            logger.info("agent_offline", agent=agent_id, boot=boot)

    async def run(self) -> None:
        """Sweep. Losing this loop would lose late wake-ups, so it never gives up."""
        lead_ms = self._lead_ms()
        for sweep in itertools.count(1):
            await asyncio.sleep(SWEEP_SECONDS)
            if abs(self._lead_ms() - lead_ms) > JUMP_MS:
                lead_ms = self._lead_ms()
                self._tell_time()
            if not self._held:
                continue
            for held in self._held.values():
                held.registration.sweep()
            if sweep % SWEEPS_TO_KEYS == 0:
                await self._end_revoked()
            sent = {agent_id: held.registration.delivery.sent for agent_id, held in self._held.items()}
            try:
                late = await self._store.read(lambda connection: instruction_store.behind(connection, sent))  # noqa: B023
            except Unavailable as problem:
                logger.warning("sweep_postponed", problem=problem.message)
                continue
            for agent_id in late:
                if agent_id in self._held:
                    self._held[agent_id].registration.delivery.check()

    def _lead_ms(self) -> float:
        """Return what the wall clock shows beyond the monotonic one."""
        return self._now_ms() - asyncio.get_running_loop().time() * 1000

    def _tell_time(self) -> None:
        """Have every agent register anew: each judges expiry by the time that its welcome told, which is no more so."""
        logger.warning("clock_was_set", agents=len(self._held))
        for held in self._held.values():
            held.registration.end(
                Bye(code="clock_was_set", message="The server's clock was set anew.", retry_after_ms=0)
            )

    def close(self, retry_after_ms: int) -> None:
        """Tell every agent that this server stops, and when to come back."""
        for held in self._held.values():
            held.registration.end(
                Bye(code="shutdown", message="The server is restarting.", retry_after_ms=retry_after_ms)
            )

    async def _is_elsewhere(self, agent_id: str) -> bool:
        """Say whether an agent that is not connected here is so to another server of the same database.

        What the store says of an agent while it comes to or leaves this server is about this server.
        """
        if agent_id in self._moves:
            return False
        is_connected = await self._store.read(
            lambda connection: registrations.is_connected(connection, agent_id, self._now_ms())
        )
        return is_connected and agent_id not in self._moves and agent_id not in self._held

    async def _end_revoked(self) -> None:
        """End the links whose key holds no longer: revoked by another process, or at the end of its overlap."""
        held = {one.registration.source.key_id: one.registration for one in self._held.values()}
        try:
            valid = await self._store.read(
                lambda connection: registrations.valid_keys(connection, list(held), self._now_ms())
            )
        except Unavailable as problem:
            logger.warning("keys_not_checked", problem=problem.message)
            return
        for key_id, link in held.items():
            if key_id not in valid:
                link.end(REVOKED)

    async def _write_down(self, key: AgentKey, refused: ProtocolError) -> None:
        logger.warning("message_refused", agent=key.agent_id, code=refused.code)

        def work(connection: Connection) -> None:
            audit.write_refusal(
                connection,
                now_ms=self._now_ms(),
                actor=key.agent_id,
                action=audit.Action.MESSAGE_REFUSED,
                target=key.agent_id,
                detail=f"{refused.code}: {refused.message}",
                project_id=key.project_id,
            )

        await self._commits.room()
        try:
            await self._commits.submit(work, urgent=False)
        except Unavailable as problem:
            logger.warning("refusal_not_audited", agent=key.agent_id, problem=problem.message)

    def _holds(self, key: AgentKey) -> bool:
        """Say whether an agent is registered here with this key, and not cut off."""
        held = self._held.get(key.agent_id)
        if held is None or held.registration.ended.done():
            return False
        return held.registration.source.key_id == key.key_id

    def _make(self, key: AgentKey, boot: int, hello: Hello | None, received: int = 0) -> Registration:
        sign = self._key.decrypt(key.sign_key_encrypted, agent_id=key.agent_id, key_id=key.key_id)
        link = ServerLink(boot)
        if hello is not None:
            link.receive(hello)
        else:
            link.state, link.received = LinkState.OPEN, received  # it said Hello to the process before this one

        def delivery(
            send: Callable[[Sequence[Instruction]], None], claimed: Callable[[Sequence[Kept]], None]
        ) -> Delivery:
            return Delivery(self._store, key.agent_id, instruct_key(sign), link.received, send, claimed)

        return Registration(
            Source(key.agent_id, key.project_id, key.key_id, sign, boot),
            link=link,
            ingest=self._ingest,
            commits=self._commits,
            delivery=delivery,
            bus=self._bus,
            agent_view=self._agent_view,
            now_ms=self._now_ms,
        )

    def _hold(self, made: Registration) -> None:
        """Make this the agent's registration here; cut an older one, wherever it is held."""
        agent_id = made.source.agent_id
        older = self._held.pop(agent_id, None)
        if older is not None:
            older.release()
            older.registration.end(SUPERSEDED)
        self._held[agent_id] = Held(made, next(self._rounds), self._bus, self._watching)
        self._bus.publish(registration(agent_id), Registered(agent_id, made.source.boot))
