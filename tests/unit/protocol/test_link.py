"""What may follow what: rules L-1 to L-7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.asking import Answer, Ask
from claudios.protocol.errors import OutOfOrder, Superseded, VersionUnsupported
from claudios.protocol.link import AT_AGENT, AT_SERVER, AgentLink, LinkState, ServerLink
from claudios.protocol.messages import (
    Ack,
    AgentError,
    Bye,
    Checkpoint,
    Checkpointed,
    Hello,
    Instruction,
    InstructionKind,
    ListPaths,
    Machine,
    Paths,
    PermissionMode,
    Received,
    Report,
    Reported,
    Rewind,
    ServerMessage,
    Status,
    Tune,
    Typed,
    Welcome,
)
from claudios.protocol.signing import Batch

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"
MACHINE = Machine(
    hostname="h",
    os="o",
    arch="a",
    cpus=1,
    memory_bytes=1,
    default_directory="/",
    permission_modes=(PermissionMode.DEFAULT,),
    max_concurrent_sessions=1,
)
HELLO = Hello(agent_version="0", instance="i", machine=MACHINE)
WELCOME = Welcome(agent_id="agt", agent_name="n", boot=1, server_time_ms=0)
BYE = Bye(code="shutdown", message="m")
ACK = Ack(session_id=SESSION, seq=1)


def instruction(iseq: int) -> Instruction:
    return Instruction(
        iseq=iseq,
        id=str(iseq),
        kind=InstructionKind.COMMAND,
        body="{}",
        issued_ms=0,
        expires_ms=1,
        signature="0" * 64,
    )


def batch(boot: int) -> Batch:
    return Batch(SESSION, 1, 1, 1, boot, bytes(32), bytes(32), bytes(32), b"")


def open_at_agent(received: int = 0) -> AgentLink:
    link = AgentLink(received)
    link.receive(WELCOME)
    return link


def open_at_server() -> ServerLink:
    link = ServerLink(1)
    link.receive(HELLO)
    return link


def test_hello_and_welcome_open_the_link() -> None:
    """L-1"""
    assert open_at_agent().state is LinkState.OPEN
    assert open_at_agent().boot == 1
    assert open_at_server().state is LinkState.OPEN


def test_bye_may_answer_hello() -> None:
    """L-1"""
    link = AgentLink(0)
    link.receive(BYE)
    assert link.state is LinkState.CLOSED


@pytest.mark.parametrize("early", [ACK, instruction(1), Tune(watched=()), Reported(instruction_ids=())])
def test_the_server_may_say_nothing_before_welcome(early: ServerMessage) -> None:
    """L-2"""
    with pytest.raises(OutOfOrder):
        AgentLink(0).receive(early)


@pytest.mark.parametrize("early", [Received(iseq=1), batch(1), AgentError(code="c", message="m"), BYE])
def test_the_agent_may_say_nothing_before_hello(early: Received | Batch | AgentError | Bye) -> None:
    """L-2"""
    with pytest.raises(OutOfOrder):
        ServerLink(1).receive(early)


def test_neither_greets_twice() -> None:
    """L-2"""
    with pytest.raises(OutOfOrder):
        open_at_agent().receive(WELCOME)
    with pytest.raises(OutOfOrder):
        open_at_server().receive(HELLO)


def test_nothing_follows_goodbye() -> None:
    """L-3"""
    agent, server = open_at_agent(), open_at_server()
    agent.receive(BYE)
    server.receive(BYE)
    with pytest.raises(OutOfOrder):
        agent.receive(ACK)
    with pytest.raises(OutOfOrder):
        server.receive(Received(iseq=1))


def test_instructions_go_on_from_the_cursor() -> None:
    """L-4"""
    link = open_at_agent(received=4)
    assert link.receive(instruction(5)) is not None
    assert link.receive(instruction(6)) is not None
    assert link.received == 6


def test_a_repeated_instruction_is_not_taken_again() -> None:
    """L-4"""
    link = open_at_agent(received=4)
    assert link.receive(instruction(4)) is None
    assert link.receive(instruction(5)) is not None
    assert link.receive(instruction(5)) is None
    assert link.received == 5


def test_a_missing_instruction_is_noticed() -> None:
    """L-4"""
    link = open_at_agent(received=4)
    with pytest.raises(OutOfOrder, match="Instruction 6 came after 4"):
        link.receive(instruction(6))
    assert link.received == 4


@given(st.lists(st.integers(1, 12), max_size=30))
def test_whatever_comes_the_cursor_counts_each_instruction_once(arrivals: list[int]) -> None:
    """L-4"""
    link, taken = open_at_agent(), []
    for iseq in arrivals:
        try:
            if link.receive(instruction(iseq)) is not None:
                taken.append(iseq)
        except OutOfOrder:
            assert iseq > link.received + 1
    assert taken == list(range(1, link.received + 1))


def test_a_batch_of_another_registration_is_superseded() -> None:
    """L-5"""
    link = open_at_server()
    assert link.receive(batch(1)) is not None
    with pytest.raises(Superseded):
        link.receive(batch(2))


def test_another_version_of_the_protocol_is_named() -> None:
    """L-6"""
    with pytest.raises(VersionUnsupported, match="speaks protocol 2"):
        AgentLink(0).receive(WELCOME.model_copy(update={"protocol": 2}))
    with pytest.raises(VersionUnsupported):
        ServerLink(1).receive(HELLO.model_copy(update={"protocol": 2}))


def test_the_cursor_of_received_instructions_does_not_go_back() -> None:
    """L-7"""
    link = ServerLink(1)
    link.receive(HELLO.model_copy(update={"received": 3}))
    link.receive(Received(iseq=3))
    link.receive(Received(iseq=5))
    with pytest.raises(OutOfOrder):
        link.receive(Received(iseq=4))


def test_the_tables_name_every_message_of_the_other_side() -> None:
    """L-2: a message that is added to the protocol needs a place in them."""
    said_by_server = {kind for row in AT_AGENT.values() for kind in row}
    assert said_by_server == {
        Welcome,
        Instruction,
        Reported,
        Ack,
        Rewind,
        Checkpointed,
        Tune,
        ListPaths,
        Ask,
        Typed,
        Bye,
    }
    said_by_agent = {kind for row in AT_SERVER.values() for kind in row}
    assert said_by_agent == {Hello, Received, Report, Status, AgentError, Checkpoint, Paths, Answer, Bye, Batch}
