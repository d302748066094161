"""The instruction log from the person who asks to what Claude is given, through crashes and cuts: rules I-1, I-3, I-11.

Real are the store with its SQL, `accept` and `revise`, `AgentLink`, `Inbox` and `Journal` on a disk. The machine's own
are the wire, which may break at any moment and then loses what was on it, and the shim, which takes an input once.
The model is one list: what people asked for, in order, and what of it they took back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection

from claudios.agent.instructions import inbox as inbox_module
from claudios.agent.instructions.inbox import Inbox
from claudios.protocol.errors import Conflict
from claudios.protocol.link import AgentLink
from claudios.protocol.messages import Instruction, Mode, Outcome, PermissionMode, Received, Report, Reported, Welcome
from claudios.protocol.signing import sign_instruction
from claudios.server.instructions import accept, outcome, revise, starting
from claudios.server.instructions.accept import Asker
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agents, projects, registrations, sessions
from claudios.server.store import instructions as log
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession, Place
from tests.helpers.synthetic_agent import SyntheticAgent

T = TypeVar("T")
Step = Callable[["InstructionMachine"], None]

NOW_MS = 1_000


class InstructionMachine(RuleBasedStateMachine):
    """One agent's instructions, and what must be true of them."""

    store: Store
    """Where all machines of a test put their agents, each its own."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="instruction-machine-"))
        self.asked: list[str] = []
        self.withdrawn: set[str] = set()
        self.given: list[str] = []  # to Claude, by the shim, in this order
        self.to_do: list[Instruction] = []
        self.begun: set[str] = set()  # in this life of the daemon
        self.down: list[Instruction | Reported] = []
        self.up: list[Received | Report] = []
        self.boot: int | None = None
        self.order: AgentLink | None = None
        self.sent = 0
        self._make()
        self.inbox = self._daemon()

    # People

    @rule(text=st.sampled_from(["a", "b"]))
    def ask(self, text: str) -> None:
        identity = str(uuid4())
        self.write(
            lambda connection: accept.command(connection, self._place(connection), text, identity, self.asker, NOW_MS)
        )
        self.asked.append(identity)
        self.texts[identity] = text

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: len(self.asked) > 1)
    def ask_again(self, which: int) -> None:
        """The answer was lost, so the same request comes a second time."""
        identity = self.asked[1:][which % len(self.asked[1:])]
        text = self.texts[identity]
        again = self.write(
            lambda connection: accept.command(connection, self._place(connection), text, identity, self.asker, NOW_MS)
        )
        assert not again.issued

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: len(self.asked) > 1)
    def withdraw(self, which: int) -> None:
        identity = self.asked[1:][which % len(self.asked[1:])]
        try:
            self.write(
                lambda connection: revise.withdraw(connection, self._place(connection), identity, self.asker, NOW_MS)
            )
        except Conflict:
            return  # a link may have it, or it is withdrawn already
        assert identity not in self.given, "it was taken back after Claude had it"
        self.withdrawn.add(identity)

    # The link

    @rule()
    def connect(self) -> None:
        """A new connection takes the place of the one before, of which nothing more arrives."""
        self.cut()
        received = self.inbox.received

        def register(connection: Connection) -> int | None:
            boot = registrations.register(
                connection, self.agent.agent_id, self.agent.hello(received=received), "websocket", NOW_MS
            )
            assert log.forget(connection, self.agent.agent_id, received, NOW_MS) == [], "the journal has lost something"
            return boot

        self.boot, self.sent = self.write(register), received
        self.order = AgentLink(received)
        assert self.boot is not None
        self.order.receive(
            Welcome(agent_id=self.agent.agent_id, agent_name="agent", boot=self.boot, server_time_ms=NOW_MS)
        )
        self.up = [*self.inbox.unreported()]

    @rule()
    @precondition(lambda self: self.order is not None)
    def cut(self) -> None:
        self.down, self.up, self.order = [], [], None

    @rule()
    @precondition(lambda self: self.boot is not None and self.order is None)
    def notice_the_cut(self) -> None:
        boot = self.boot
        assert boot is not None
        self.write(lambda connection: registrations.left(connection, self.agent.agent_id, boot, NOW_MS))
        self.boot = None

    @rule(most=st.integers(1, 3))
    @precondition(lambda self: self.order is not None)
    def deliver(self, most: int) -> None:
        due, _ = self.write(lambda connection: log.claim(connection, self.agent.agent_id, self.sent, most))
        assert [entry.iseq for entry in due] == list(range(self.sent + 1, self.sent + 1 + len(due))), "a gap"
        for entry in due:
            self.sent = entry.iseq
            fields = {
                "iseq": entry.iseq,
                "kind": entry.kind,
                "body": entry.body,
                "issued_ms": entry.issued_ms,
                "expires_ms": entry.expires_ms,
            }
            signature = sign_instruction(self.key, self.agent.agent_id, instruction_id=entry.id, **fields)  # type: ignore[arg-type]
            self.down.append(Instruction.model_validate({"id": entry.id, "signature": signature.hex(), **fields}))

    @rule()
    @precondition(lambda self: self.order is not None)
    def deliver_again(self) -> None:
        """What the agent should have by now and has not said so is sent once more."""
        self.sent = self.write(lambda connection: registrations.newest(connection, self.agent.agent_id))[1]  # type: ignore[index]

    @rule(most=st.integers(1, 4))
    @precondition(lambda self: self.down)
    def agent_receives(self, most: int) -> None:
        messages, self.down = self.down[:most], self.down[most:]
        assert self.order is not None
        for message in messages:
            self.order.receive(message)
            if isinstance(message, Reported):
                self.inbox.settle(message.instruction_ids)
        self.to_do += self.inbox.take(
            self.agent.agent_id, [message for message in messages if isinstance(message, Instruction)]
        )

    @rule()
    @precondition(lambda self: self.up)
    def server_receives(self) -> None:
        message = self.up.pop(0)
        if isinstance(message, Received):
            assert message.iseq <= self._newest()
            self.write(lambda connection: log.mark_taken(connection, self.agent.agent_id, message.iseq))
        else:
            self.write(lambda connection: outcome.settle(connection, self.agent.agent_id, message, NOW_MS))
            self.down.append(Reported(instruction_ids=(message.instruction_id,)))

    @rule(steps=st.integers(1, 6))
    @precondition(lambda self: self.order is not None)
    def all_goes_well(self, steps: int) -> None:
        """Nothing breaks for a while: by chance alone that is rare."""
        for _ in range(steps):
            self._pass_on()

    # The machine

    @rule(crashes=st.booleans())
    @precondition(lambda self: self.to_do)
    def carry_out(self, crashes: bool) -> None:
        """Do what is next; a daemon that crashes then has done it, and not yet said so."""
        instruction = self.to_do.pop(0)
        assert instruction.id not in self.begun, "begun twice by one daemon"
        self.begun.add(instruction.id)
        is_expired = instruction.expires_ms <= NOW_MS
        if not is_expired and instruction.id not in self.given:
            self.given.append(instruction.id)
        if crashes:
            self.crash()
            return
        self.inbox.finish(
            Report(instruction_id=instruction.id, outcome=Outcome.EXPIRED if is_expired else Outcome.DONE)
        )

    @rule()
    def crash(self) -> None:
        """The daemon dies, and the next one knows what its journal says."""
        self.cut()
        self.inbox._journal.close()
        self.begun = set()
        self.inbox = self._daemon()
        self.to_do = self.inbox.unfinished()
        for instruction in self.to_do:
            self.inbox.begin_again(instruction)

    # What must be true

    @invariant()
    def nothing_is_given_that_was_taken_back_nor_out_of_order(self) -> None:
        assert not self.withdrawn & set(self.given)
        places = [self.asked.index(identity) for identity in self.given]
        assert places == sorted(places)

    @invariant()
    def what_is_told_as_done_was_given(self) -> None:
        for identity, state in self._states().items():
            if state == "done":
                assert identity in self.given
            assert state != "unknown"

    def teardown(self) -> None:
        """In the end everything passes: what was not taken back is done, once, or set aside for killing the daemon."""
        try:
            self._pass_everything()
        finally:
            self.inbox.close()
            shutil.rmtree(self.directory)

    def _pass_everything(self) -> None:
        self.connect()
        while self.up or self.down or self.to_do or self.sent < self._newest():
            self._pass_on()
        states = self._states()
        assert set(states) == set(self.asked)
        for identity in self.asked:
            allowed = {"withdrawn"} if identity in self.withdrawn else {"done", "failed"}
            assert states[identity] in allowed, (identity, states[identity])
            if states[identity] == "failed":
                assert self.crashes >= inbox_module.ATTEMPTS - 1
            elif identity not in self.withdrawn:
                assert identity in self.given
        assert not self.inbox.unreported()
        assert not self.inbox.unfinished()

    # Its parts

    def _pass_on(self) -> None:
        self.deliver(3)
        if self.down:
            self.agent_receives(3)
        if self.up:
            self.server_receives()
        if self.to_do:
            self.carry_out(False)

    def write(self, work: Callable[[Connection], T]) -> T:
        with self.store.engines[0].begin() as connection:
            return work(connection)

    def _make(self) -> None:
        def build(connection: Connection) -> None:
            name = f"ann{uuid4().hex[:12]}"
            user = accounts.create(connection, name, None, 1)
            project = projects.create(connection, user.id, "project", 1)
            made, token = agents.create(connection, ServerKey(bytes(32)), project.id, "agent", 1)
            self.agent = SyntheticAgent("", project.id, made.id, token)
            new = NewSession(str(uuid4()), project.id, made.id, "", Mode.CHAT, "/w", None, PermissionMode.DEFAULT)
            self.asker = Asker(user.id, user.username)
            starting.start(connection, new, "first", self.asker, NOW_MS)
            self.session_id = new.id

        self.write(build)
        self.key = self.agent.keys.instruct
        self.texts: dict[str, str] = {}
        self.crashes = -1
        self.asked += self._states()

    def _daemon(self) -> Inbox:
        self.crashes += 1
        return Inbox(self.directory / "journal", self.agent.keys.instruct, self._post)

    def _post(self, message: Received | Report) -> None:
        if self.order is not None:
            self.up.append(message)

    def _place(self, connection: Connection) -> Place:
        place = sessions.place(connection, self.session_id)
        assert place is not None
        return place

    def _states(self) -> dict[str, str]:
        found = self.write(lambda connection: log.of_session(connection, self.session_id, 1_000))
        return {each.id: each.state.value for each in found}

    def _newest(self) -> int:
        return len(self.asked)


EXAMPLES = settings(max_examples=12, stateful_step_count=30, deadline=None)


def machine_on(store: Store) -> type[InstructionMachine]:
    return type("Machine", (InstructionMachine,), {"store": store})


def test_whatever_breaks_each_instruction_is_carried_out_once_in_order_and_told(store: Store) -> None:
    run_state_machine_as_test(machine_on(store), settings=EXAMPLES)


def _forgets_its_journal(machine: InstructionMachine) -> None:
    """A daemon whose journal was not on disk when it said so."""
    (machine.directory / "journal").unlink()
    machine.crash()


def _withdraws_too_late(machine: InstructionMachine) -> None:
    """Somebody is told that a prompt was taken back which Claude has."""
    machine.withdrawn.update(machine.given)


@pytest.mark.parametrize("fault", [_forgets_its_journal, _withdraws_too_late])
def test_the_machine_itself_notices_what_must_not_be(store: Store, fault: Step) -> None:
    machine = machine_on(store)()
    machine.ask("a")
    machine.connect()
    machine.all_goes_well(1)
    _looks(machine)
    fault(machine)
    with pytest.raises(AssertionError):
        _looks(machine)


def _looks(machine: InstructionMachine) -> None:
    machine.connect()
    machine.nothing_is_given_that_was_taken_back_nor_out_of_order()
