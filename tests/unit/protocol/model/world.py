"""The protocol of instructions and cursors, small enough to look at whole: what each side holds, and what may happen.

Real are the deciding classes: `AgentLink`, `ServerLink`, `Flow`, `Sealer`, the agent's `Outbox`, `Inbox` and `Journal`,
the server's `check_seal`, `judge`, `Delivery` and the lifecycle table, with real signatures over real frames. They are
made anew from the state for each step. The model's own are the wires, the disks, and the order in which things happen.

A connection keeps order but may break at any time. What the agent had sent by then may still reach the server, also
after the next connection has been opened; what the server had sent is lost. Either side may crash at every step, the
agent also with a loss of power, which takes what was not yet brought to its disk. Left out: that Hello of a process
which crashed arrives after Hello of the next one, which L-13 refuses by its run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from claudios.agent.client.outbox import Outbox
from claudios.agent.instructions.inbox import Inbox
from claudios.agent.output.flow import Flow, Sent
from claudios.agent.output.piece import Piece
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.protocol.errors import ClaudiosError, Superseded
from claudios.protocol.frame import Frame, Stream, encode
from claudios.protocol.link import AgentLink, LinkState, ServerLink
from claudios.protocol.messages import (
    Ack,
    AgentMessage,
    Cursor,
    Hello,
    Instruction,
    InstructionKind,
    Outcome,
    Received,
    Report,
    Reported,
    Rewind,
    ServerMessage,
    TerminateSession,
    Welcome,
)
from claudios.protocol.signing import GENESIS, Batch, advance
from claudios.server.ingest.verify import Accept, Repeat, Source, Standing, Twin, check_seal, judge
from claudios.server.instructions.deliver import Delivery
from claudios.server.instructions.lifecycle import OPEN, InstructionState, Issued, Passage, after
from claudios.server.link.openings import Openings
from tests.helpers.instructions import AGENT_ID, KEYS
from tests.helpers.synthetic_agent import MACHINE
from tests.unit.protocol.model.explore import Step, Unsafe

SESSION = "0d4ae2b2-1b6a-4b1a-9a53-0d4ae2b21b6a"
QUEUE = 2
"""Messages that a wire holds in each direction, before what is delivered at once."""
FOREVER_MS = 10**15
Key = tuple[Any, ...]
"""A message in short: its kind, and what tells it from others of its kind. `real` makes the message."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large the world is."""

    frames: int
    instructions: int
    faults: int
    expires: int = 0  # the iseq of an instruction that may expire
    withdraws: int = 0  # the iseq of an instruction that a person may withdraw


@dataclass(frozen=True, slots=True)
class Guards:
    """What the product does. Each may be switched off, to see that the exploration notices."""

    fences_boots: bool = True
    acknowledges_after_commit: bool = True
    checks_the_cursor: bool = True
    keeps_until_acknowledged: bool = True
    repeats_reports: bool = True
    knows_inputs_by_their_ids: bool = True
    refuses_ghosts: bool = True
    claims_before_it_delivers: bool = True


class AgentSide(NamedTuple):
    """What the agent's process holds of its connection."""

    state: LinkState
    received: int
    boot: int
    sealed: int  # the frame that the sealer stands at
    on_its_way: tuple[tuple[int, int], ...]  # first and last frame of each batch
    is_held: bool
    posted: tuple[Key, ...]


class Wire(NamedTuple):
    """One connection: what is on its way, and the server's half. `boot` is 0 until Hello is committed."""

    number: int
    up: tuple[Key, ...]
    down: tuple[Key, ...]
    state: LinkState
    boot: int
    link_received: int
    received: int
    sent: int
    reached: int


class World(NamedTuple):
    """Everything there is at one moment."""

    faults: int
    written: int  # frames in the spool
    acked: int  # as the agent's process knows it
    journal: bytes  # as a new process would find it
    journal_on_disk: bytes  # as it would be found after a loss of power
    waiting: tuple[int, ...]  # taken, and not yet carried out by this process; negative if it came as expired
    begun: int  # the instruction whose effect is there and whose report is not
    has_replayed: bool
    effects: tuple[int, ...]
    is_late: bool
    side: AgentSide | None
    wires: tuple[Wire, ...]  # the last one is the agent's, if `side` is there
    boot: int
    log: tuple[tuple[int, int], ...]  # stored batches
    states: tuple[InstructionState, ...]
    commits: tuple[Key, ...]  # what waits for the next transactions
    opening: int  # the newest connection whose Hello the server's process has heard


class Protocol:
    """The steps of the world, its laws, and where it should end."""

    def __init__(self, bounds: Bounds, guards: Guards | None = None) -> None:
        self.bounds = bounds
        self.guards = guards or Guards()

    @property
    def start(self) -> World:
        return World(
            faults=self.bounds.faults,
            written=0,
            acked=0,
            journal=b"",
            journal_on_disk=b"",
            waiting=(),
            begun=0,
            has_replayed=False,
            effects=(0,) * self.bounds.instructions,
            is_late=False,
            side=None,
            wires=(),
            boot=0,
            log=(),
            states=(InstructionState.QUEUED,) * self.bounds.instructions,
            commits=(),
            opening=0,
        )

    def is_good_end(self, world: World) -> bool:
        if world.side is None or world.commits or stored(world) < self.bounds.frames or world.acked < stored(world):
            return False
        if any(state in OPEN for state in world.states) or inbox_view(world.journal).unreported:
            return False
        return all(
            (state is InstructionState.DONE) == (effects == 1)
            for state, effects in zip(world.states, world.effects, strict=True)
        )

    def check(self, world: World) -> None:
        """The laws that every state must obey."""
        if world.acked > stored(world):
            raise Unsafe(f"The agent lets go of frame {world.acked}, but only {stored(world)} are committed.")
        if max(world.effects, default=0) > 1:
            raise Unsafe("An instruction took effect twice.")
        for state, effects in zip(world.states, world.effects, strict=True):
            if state is InstructionState.WITHDRAWN and effects:
                raise Unsafe("An instruction that was withdrawn took effect.")
        following = 1
        for first, last in world.log:
            if first != following:
                raise Unsafe(f"Frame {first} is stored where {following} belongs.")
            following = last + 1

    def steps(self, world: World) -> Iterator[Step[World]]:
        yield from self._machine(world)
        yield from self._agent(world)
        yield from self._server(world)
        if world.faults:
            yield from self._faults(world)

    # The machine: Claude's output, and instructions that take effect

    def _machine(self, world: World) -> Iterator[Step[World]]:
        if world.written < self.bounds.frames:
            yield Step(f"the shim writes frame {world.written + 1}", world._replace(written=world.written + 1))
        if self.bounds.expires and not world.is_late:
            yield Step(f"the time of instruction {self.bounds.expires} runs out", world._replace(is_late=True))
        if world.begun:
            yield Step(f"the agent finishes instruction {world.begun}", self._finished(world, world.begun, "done"))
        elif world.waiting:
            iseq, waiting = abs(world.waiting[0]), world.waiting[1:]
            is_late = world.waiting[0] < 0 or (iseq == self.bounds.expires and world.is_late)
            is_known = self.guards.knows_inputs_by_their_ids and world.effects[iseq - 1]
            if is_late and not is_known:
                expired = self._finished(world._replace(waiting=waiting), iseq, "expired")
                yield Step(f"the agent finds instruction {iseq} expired", expired)
            else:
                if not is_known and any(world.effects[iseq:]):
                    raise Unsafe(f"Instruction {iseq} takes effect after a later one.")
                effects = list(world.effects)
                effects[iseq - 1] += not is_known
                begun = world._replace(waiting=waiting, begun=iseq, effects=tuple(effects))
                yield Step(f"instruction {iseq} takes effect", begun)

    def _finished(self, world: World, iseq: int, outcome: str) -> World:
        done = inbox_after(world.journal, ("finish", iseq, outcome))
        return _posted(world._replace(journal=done.journal, begun=0), done.posted)

    # The agent

    def _agent(self, world: World) -> Iterator[Step[World]]:
        side = world.side
        if side is None:
            if len(world.wires) < 2:
                yield Step("the agent connects", self._connected(world))
            return
        wire = world.wires[-1]
        if wire.down:
            key, rest = wire.down[0], world._replace(wires=(*world.wires[:-1], wire._replace(down=wire.down[1:])))
            yield Step(f"the agent receives {named(key)}", self._agent_receives(rest, side, key))
        if side.state is not LinkState.OPEN:
            return
        if side.posted and not wire.up:
            said = wire._replace(up=side.posted)
            yield Step(
                f"the agent sends {', '.join(map(named, side.posted))}",
                world._replace(side=side._replace(posted=()), wires=(*world.wires[:-1], said)),
            )
        if not side.is_held and world.written > side.sealed and len(wire.up) < QUEUE and len(side.on_its_way) < QUEUE:
            for most in {1, world.written - side.sealed}:
                flow = _flow(world, side)
                batch = flow.next_batch(side.boot, most, 0.0)
                assert isinstance(batch, Batch)  # none is compressed: nothing says that the link is slow
                key = ("batch", batch.boot, batch.first_seq, batch.last_seq)
                sent = world._replace(
                    side=_with_flow(side, flow), wires=(*world.wires[:-1], wire._replace(up=(*wire.up, key)))
                )
                if not self.guards.keeps_until_acknowledged:
                    sent = sent._replace(acked=batch.last_seq)
                yield Step(f"the agent sends {named(key)}", sent)

    def _connected(self, world: World) -> World:
        received = inbox_view(world.journal).received
        side = AgentSide(LinkState.OPENING, received, 0, world.acked, (), False, ())
        number = max([world.opening, *(wire.number for wire in world.wires)]) + 1
        wire = Wire(number, (("hello", received, number),), (), LinkState.OPENING, 0, 0, 0, 0, 0)
        return world._replace(side=side, wires=(*world.wires, wire))

    def _agent_receives(self, world: World, side: AgentSide, key: Key) -> World:
        link = AgentLink(side.received)
        link.state, link.boot = side.state, side.boot
        message = real(key)
        try:
            link.receive(cast(ServerMessage, message))
        except ClaudiosError:
            return _hung_up(world)
        side = side._replace(state=link.state, boot=link.boot, received=link.received)
        world = world._replace(side=side)
        match message:
            case Welcome():
                return self._welcomed(world, side, message)
            case Instruction():
                done = inbox_after(world.journal, ("take", key))
                world = world._replace(
                    journal=done.journal, journal_on_disk=done.journal, waiting=world.waiting + done.returned
                )
                return _posted(world, done.posted)
            case Ack():
                flow = _flow(world, side)
                flow.acknowledged(message.seq)
                return world._replace(side=_with_flow(side, flow), acked=flow.spool.acked_seq)
            case Rewind():
                return _resumed(world, side, message)
            case Reported():
                return world._replace(journal=inbox_after(world.journal, ("settle", key[1])).journal)
        raise AssertionError(key)

    def _welcomed(self, world: World, side: AgentSide, welcome: Welcome) -> World:
        if self.guards.checks_the_cursor:
            world = _resumed(world, side, welcome.cursors[0])
        view = inbox_view(world.journal)
        if self.guards.repeats_reports:
            world = _posted(world, view.unreported)
        if not world.has_replayed:
            world = world._replace(has_replayed=True)
            again = inbox_after(world.journal, ("unfinished",))
            known = {*map(abs, world.waiting), world.begun}
            waiting = world.waiting + tuple(iseq for iseq in again.returned if abs(iseq) not in known)
            world = world._replace(journal=again.journal, journal_on_disk=again.journal, waiting=waiting)
        return world

    # The server

    def _server(self, world: World) -> Iterator[Step[World]]:
        for place, wire in enumerate(world.wires):
            is_agents = world.side is not None and place == len(world.wires) - 1
            if not is_agents:
                yield Step(f"the server gives up connection {wire.number}", _without(world, wire))
            elif 0 < wire.boot < world.boot:
                yield Step(f"the server ends superseded connection {wire.number}", _hung_up(_without(world, wire)))
            if wire.up and len(world.commits) < QUEUE + 1:
                yield Step(
                    f"the server receives {named(wire.up[0])} on connection {wire.number}",
                    self._server_receives(world, wire),
                )
            if wire.boot and wire.boot == world.boot and len(wire.down) < QUEUE and len(world.commits) < QUEUE + 1:
                if wire.sent < self.bounds.instructions:
                    yield Step(f"the server delivers after {wire.sent}", self._delivered(world, wire))
                if wire.sent > wire.received and not wire.down:
                    again = _delivery(wire)
                    again.again()
                    yield Step("the server sends again", self._delivered(world, _with_delivery(wire, again)))
        if world.commits:
            group, committed = ", ".join(map(named, world.commits)), world
            while committed.commits:  # one transaction for all that wait; a smaller group is one committed earlier
                committed = self._committed(committed)
            yield Step(f"the server commits {group}", committed)
        if world.is_late and after(world.states[self.bounds.expires - 1], Passage.OVERDUE):
            expired = self._passed(world, Passage.OVERDUE, [self.bounds.expires])
            yield Step(f"the server expires instruction {self.bounds.expires}", expired)
        is_away = all(wire.boot != world.boot for wire in world.wires)
        if world.is_late and is_away and after(world.states[self.bounds.expires - 1], Passage.UNHEARD):
            given_up = self._passed(world, Passage.UNHEARD, [self.bounds.expires])
            yield Step(f"the server gives instruction {self.bounds.expires} up", given_up)
        if self.bounds.withdraws and after(world.states[self.bounds.withdraws - 1], Passage.WITHDRAWN):
            withdrawn = self._passed(world, Passage.WITHDRAWN, [self.bounds.withdraws])
            yield Step(f"a person withdraws instruction {self.bounds.withdraws}", withdrawn)

    def _server_receives(self, world: World, wire: Wire) -> World:
        key, wire = wire.up[0], wire._replace(up=wire.up[1:])
        link = ServerLink(wire.boot)
        link.state, link.received = wire.state, wire.link_received
        message = real(key)
        try:
            link.receive(cast(AgentMessage | Batch, message))
            if isinstance(message, Batch):
                check_seal(_source(wire.boot), message)
            if isinstance(message, Hello) and self.guards.refuses_ghosts:
                openings = Openings()
                for said in (cast(Hello, real(("hello", 0, world.opening))), message):
                    with openings.admitted(AGENT_ID, said):
                        pass
                world = world._replace(opening=message.opening)
        except ClaudiosError:
            return _ended(world, wire)
        wire = wire._replace(state=link.state, link_received=link.received)
        match message:
            case Hello():
                work: Key = ("register", wire.number, message.received)
            case Batch():
                work = ("store", wire.number, wire.boot, message.first_seq, message.last_seq)
                if not self.guards.acknowledges_after_commit:
                    wire = wire._replace(down=(*wire.down, ("ack", message.last_seq)))
            case Received():
                if message.iseq > wire.reached:
                    return _ended(world, wire)
                delivery = _delivery(wire)
                delivery.taken(message.iseq)
                wire = _with_delivery(wire, delivery)
                work = ("taken", wire.number, message.iseq)
            case Report():
                work = ("settle", wire.number, key[1], key[2])
            case _:
                raise AssertionError(key)
        return _with_wire(world, wire)._replace(commits=(*world.commits, work))

    def _delivered(self, world: World, wire: Wire) -> World:
        """Deliver what is due, as the delivery's loop reads it."""
        out: list[Instruction] = []
        delivery = _delivery(wire, out)
        due = range(wire.sent + 1, len(world.states) + 1)
        is_stale = [state not in (InstructionState.QUEUED, InstructionState.SENT) for state in world.states]
        if self.guards.claims_before_it_delivers:
            world = self._passed(world, Passage.SENT, due)  # a transaction of its own
        delivery.offer(tuple(issued(iseq, is_stale[iseq - 1]) for iseq in due))
        keys = tuple(("instruction", entry.iseq, entry.expires_ms < FOREVER_MS) for entry in out)
        return _with_wire(world, _with_delivery(wire, delivery)._replace(down=wire.down + keys))

    def _committed(self, world: World) -> World:
        (kind, number, *rest), world = world.commits[0], world._replace(commits=world.commits[1:])
        match kind:
            case "register":
                return self._registered(world, number, rest[0])
            case "store":
                return self._stored(world, number, *rest)
            case "taken":
                return self._passed(world, Passage.TAKEN, range(1, rest[0] + 1))
        iseq, outcome = rest
        state = world.states[iseq - 1]
        following = after(state, Outcome(outcome))
        if following is not None:
            if state not in (*OPEN, InstructionState.EXPIRED, InstructionState.UNKNOWN):
                raise Unsafe(f"The outcome of instruction {iseq} changes from {state} to {following}.")
            world = world._replace(states=(*world.states[: iseq - 1], following, *world.states[iseq:]))
        return _told(world, number, ("reported", iseq))

    def _registered(self, world: World, number: int, received: int) -> World:
        states = tuple(
            InstructionState.UNKNOWN if state is InstructionState.TAKEN and iseq > received else state
            for iseq, state in enumerate(world.states, 1)
        )
        if states != world.states:
            raise Unsafe("The agent has lost an instruction that it had taken.")
        world = world._replace(boot=world.boot + 1)
        for wire in world.wires:
            if wire.number == number:
                opened = wire._replace(boot=world.boot, received=received, sent=received, reached=received)
                return _told(_with_wire(world, opened), number, ("welcome", world.boot, stored(world)))
        return world

    def _stored(self, world: World, number: int, boot: int, first: int, last: int) -> World:
        batch = cast(Batch, real(("batch", boot, first, last)))
        at = stored(world)
        standing = Standing(AGENT_ID, world.boot if self.guards.fences_boots else boot, 1, at, HEADS[at], 1)
        twin = next((Twin(end, HEADS[end]) for begin, end in world.log if begin == first), None)
        try:
            verdict = judge(_source(boot), batch, standing, twin if first <= at else None)
        except Superseded:
            wire = next((wire for wire in world.wires if wire.number == number), None)
            return world if wire is None else _ended(world, wire)
        if not self.guards.checks_the_cursor:
            verdict = Accept()
        if isinstance(verdict, Accept):
            if boot != world.boot:
                raise Unsafe(f"Frames {first} to {last} of boot {boot} are stored, though boot {world.boot} is open.")
            return _told(world._replace(log=(*world.log, (first, last))), number, ("ack", last))
        if isinstance(verdict, Repeat):
            return _told(world, number, ("ack", verdict.seq))
        if verdict.audited:
            raise Unsafe(f"An honest agent is audited: {verdict.error.message}")
        return _told(world, number, ("rewind", verdict.seq))

    def _passed(self, world: World, passage: Passage, iseqs: Sequence[int]) -> World:
        states = list(world.states)
        for iseq in iseqs:
            states[iseq - 1] = after(states[iseq - 1], passage) or states[iseq - 1]
        return world._replace(states=tuple(states))

    # What may go wrong

    def _faults(self, world: World) -> Iterator[Step[World]]:
        world = world._replace(faults=world.faults - 1)
        if world.side is not None:
            yield Step("THE CONNECTION BREAKS", _hung_up(world), is_fault=True)
        crashed = _hung_up(world)._replace(waiting=(), begun=0, has_replayed=False, acked=0)
        crashed = crashed._replace(wires=tuple(wire for wire in crashed.wires if wire.state is not LinkState.OPENING))
        yield Step("THE AGENT CRASHES", crashed, is_fault=True)
        if world.journal != world.journal_on_disk:
            powerless = crashed._replace(journal=world.journal_on_disk)
            yield Step("THE AGENT'S MACHINE LOSES POWER", powerless, is_fault=True)
        if world.wires or world.commits:
            gone = world._replace(side=None, wires=(), commits=(), opening=0)
            yield Step("THE SERVER CRASHES", gone, is_fault=True)


def stored(world: World) -> int:
    """Return the newest committed frame."""
    return world.log[-1][1] if world.log else 0


def named(key: Key) -> str:
    """Say in words which message or transaction this is."""
    kind, *rest = key
    if kind in ("batch", "store"):
        return f"frames {rest[-2]} to {rest[-1]} of boot {rest[-3]}"
    return f"{kind} {' '.join(map(str, rest))}"


# The real messages and classes behind the state


class Shelf:
    """The frames of the spool, where a `Flow` looks for them: the disk itself is tested elsewhere."""

    def __init__(self, written: int, acked: int) -> None:
        self.session_id = SESSION
        self.head_seq = written
        self.acked_seq, self.acked_head = acked, HEADS[acked]

    def can_move(self, seq: int) -> bool:
        return False

    def read(self, after_seq: int, most_frames: int, _max_frames: int | None = None) -> Piece | None:
        frames = FRAMES[after_seq : min(self.head_seq, after_seq + most_frames)]
        if not frames:
            return None
        ends = [sum(map(len, frames[: place + 1])) for place in range(len(frames))]
        return Piece(1, after_seq + 1, after_seq + len(frames), b"".join(frames), ends)

    def acknowledge(self, seq: int, head: bytes) -> None:
        if seq > self.acked_seq:
            self.acked_seq, self.acked_head = seq, head


FRAMES = [encode(Frame(Stream.STDOUT, 1, seq, seq, seq, f"{SESSION}:{seq}".encode())) for seq in range(1, 9)]
HEADS = [GENESIS]
for _frame in FRAMES:
    HEADS.append(advance(HEADS[-1], _frame))


@cache
def real(key: Key) -> ServerMessage | AgentMessage | Batch:
    """Make the message that a key stands for."""
    match key:
        case ("hello", received, opening):
            return Hello(agent_version="1", instance="1", machine=MACHINE, received=received, opening=opening)
        case ("welcome", boot, seq):
            cursor = Cursor(session_id=SESSION, seq=seq, head=HEADS[seq].hex())
            return Welcome(agent_id=AGENT_ID, agent_name="a", boot=boot, server_time_ms=1, cursors=(cursor,))
        case ("instruction", iseq, is_stale):
            out: list[Instruction] = []
            Delivery(cast(Any, None), AGENT_ID, KEYS.instruct, iseq - 1, out.extend, lambda _: None).offer(
                (issued(iseq, is_stale),)
            )
            return out[0]
        case ("ack", seq):
            return Ack(session_id=SESSION, seq=seq)
        case ("rewind", seq):
            return Rewind(session_id=SESSION, seq=seq, head=HEADS[seq].hex(), code="out_of_order", message="")
        case ("reported", iseq):
            return Reported(instruction_ids=(f"ins_{iseq}",))
        case ("received", iseq):
            return Received(iseq=iseq)
        case ("report", iseq, outcome):
            return Report(instruction_id=f"ins_{iseq}", outcome=Outcome(outcome))
        case ("batch", boot, first, last):
            sealer = Sealer(KEYS.sign, AGENT_ID, SESSION, first - 1, HEADS[first - 1])
            piece = Shelf(last, 0).read(first - 1, last - first + 1)
            assert piece is not None
            return sealer.seal(piece, boot)
    raise AssertionError(key)


def key_of(message: AgentMessage) -> Key:
    """Return what stands for a message of the agent."""
    if isinstance(message, Received):
        return "received", message.iseq
    assert isinstance(message, Report)
    return "report", int(message.instruction_id.removeprefix("ins_")), message.outcome.value


@cache
def issued(iseq: int, is_stale: bool) -> Issued:
    """Return an instruction as the store has it; a stale one, which was taken before, comes as expired."""
    body = TerminateSession(session_id=SESSION).model_dump_json()
    expires_ms = 1 if is_stale else FOREVER_MS
    return Issued(iseq, f"ins_{iseq}", InstructionKind.TERMINATE_SESSION, body, 1, expires_ms, is_sent=True)


@dataclass(frozen=True, slots=True)
class InboxView:
    """What a journal tells a new process."""

    received: int
    unreported: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class InboxDone:
    """What a deed of the inbox led to."""

    journal: bytes
    posted: tuple[Key, ...]
    returned: tuple[int, ...] = ()


@cache
def inbox_view(journal: bytes) -> InboxView:
    """Open a journal and look."""
    path = _journal_path()
    path.write_bytes(journal)
    inbox = Inbox(path, KEYS.instruct, lambda _: None)
    inbox.close()
    return InboxView(inbox.received, tuple(map(key_of, inbox.unreported())))


@cache
def inbox_after(journal: bytes, deed: Key) -> InboxDone:
    """Let a real inbox do one thing; return the journal that a crash right after it would leave, in its short form."""
    path = _journal_path()
    path.write_bytes(journal)
    posted: list[AgentMessage] = []
    inbox = Inbox(path, KEYS.instruct, posted.append)
    returned: list[Instruction] = []
    match deed:
        case ("take", key):
            returned = inbox.take(AGENT_ID, [cast(Instruction, real(key))])
        case ("finish", iseq, outcome):
            inbox.finish(cast(Report, real(("report", iseq, outcome))))
        case ("settle", iseq):
            inbox.settle([f"ins_{iseq}"])
        case ("unfinished",):
            returned = inbox.unfinished()
    inbox.close()
    Inbox(path, KEYS.instruct, lambda _: None).close()
    return InboxDone(path.read_bytes(), tuple(map(key_of, posted)), tuple(map(_in_time, returned)))


def _in_time(entry: Instruction) -> int:
    return entry.iseq if entry.expires_ms == FOREVER_MS else -entry.iseq


@cache
def _journal_path() -> Path:
    return Path(tempfile.mkdtemp(prefix="protocol-model-")) / "journal"


@cache
def _source(boot: int) -> Source:
    return Source(AGENT_ID, "project", "key", KEYS.sign, boot)


def _flow(world: World, side: AgentSide) -> Flow:
    sealer = Sealer(KEYS.sign, AGENT_ID, SESSION, side.sealed, HEADS[side.sealed])
    flow = Flow(cast(Spool, Shelf(world.written, world.acked)), sealer)
    flow.is_held = side.is_held
    flow.on_its_way.extend(Sent(first, last, HEADS[last], 0, 0, 0.0) for first, last in side.on_its_way)
    return flow


def _with_flow(side: AgentSide, flow: Flow) -> AgentSide:
    on_its_way = tuple((sent.first_seq, sent.seq) for sent in flow.on_its_way)
    return side._replace(sealed=flow.sealer.seq, on_its_way=on_its_way, is_held=flow.is_held)


def _resumed(world: World, side: AgentSide, cursor: Cursor | Rewind) -> World:
    flow = _flow(world, side)
    try:
        flow.go_on_after(cursor.seq, bytes.fromhex(cursor.head))
    except ClaudiosError as broken:
        raise Unsafe(f"The server's log and the spool differ: {broken.message}") from broken
    return world._replace(side=_with_flow(side, flow), acked=flow.spool.acked_seq)


def _posted(world: World, keys: tuple[Key, ...]) -> World:
    """Pass messages to the outbox, which forgets them while there is no link."""
    side = world.side
    if side is None or side.state is not LinkState.OPEN or not keys:
        return world
    outbox = Outbox(lambda: None)
    for key in side.posted + keys:
        outbox.put(cast(Received | Report, real(key)))
    return world._replace(side=side._replace(posted=tuple(map(key_of, outbox.take()))))


def _hung_up(world: World) -> World:
    """Let the agent have no connection. What it had sent may still arrive."""
    if world.side is None:
        return world
    left = world.wires
    if left:
        wire = left[-1]._replace(down=())
        left = (*left[:-1], wire) if wire.up else left[:-1]
    return world._replace(side=None, wires=left)


def _ended(world: World, wire: Wire) -> World:
    """Let the server end a connection."""
    is_agents = world.side is not None and world.wires[-1].number == wire.number
    world = _without(world, wire)
    return world._replace(side=None) if is_agents else world


def _without(world: World, wire: Wire) -> World:
    return world._replace(wires=tuple(one for one in world.wires if one.number != wire.number))


def _with_wire(world: World, wire: Wire) -> World:
    return world._replace(wires=tuple(wire if one.number == wire.number else one for one in world.wires))


def _told(world: World, number: int, key: Key) -> World:
    """Put an answer on the wire, if the agent is still there to hear it."""
    if world.side is None or world.wires[-1].number != number:
        return world
    wire = world.wires[-1]
    return _with_wire(world, wire._replace(down=(*wire.down, key)))


def _delivery(wire: Wire, out: list[Instruction] | None = None) -> Delivery:
    send = (lambda _: None) if out is None else out.extend
    delivery = Delivery(cast(Any, None), AGENT_ID, KEYS.instruct, wire.received, send, lambda _: None)
    delivery.sent, delivery.reached = wire.sent, wire.reached
    return delivery


def _with_delivery(wire: Wire, delivery: Delivery) -> Wire:
    return wire._replace(received=delivery.received, sent=delivery.sent, reached=delivery.reached)
