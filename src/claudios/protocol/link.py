"""The conversation of one agent and the server, without I/O: what may follow what.

Each side holds one of these per connection (or per registration, on the poll carrier), passes it every message it
receives, and gets back what is to be acted on. The tables below are the whole of the ordering rules (L-1 to L-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from claudios.protocol.asking import Answer, Ask
from claudios.protocol.errors import OutOfOrder, Superseded, VersionUnsupported
from claudios.protocol.messages import (
    PROTOCOL_VERSION,
    Ack,
    AgentError,
    AgentMessage,
    Bye,
    Checkpoint,
    Checkpointed,
    Hello,
    Instruction,
    ListPaths,
    Paths,
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


class LinkState(Enum):
    """`OPENING`: Hello is due or unanswered. `OPEN`: both sides know each other. `CLOSED`: Bye was said."""

    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


AT_AGENT: Mapping[LinkState, Mapping[type, LinkState]] = {
    LinkState.OPENING: {Welcome: LinkState.OPEN, Bye: LinkState.CLOSED},
    LinkState.OPEN: {
        **dict.fromkeys(
            (Instruction, Reported, Ack, Rewind, Checkpointed, Tune, ListPaths, Ask, Typed), LinkState.OPEN
        ),
        Bye: LinkState.CLOSED,
    },
    LinkState.CLOSED: {},
}

AT_SERVER: Mapping[LinkState, Mapping[type, LinkState]] = {
    LinkState.OPENING: {Hello: LinkState.OPEN},
    LinkState.OPEN: {
        **dict.fromkeys((Received, Report, Status, AgentError, Checkpoint, Paths, Answer, Batch), LinkState.OPEN),
        Bye: LinkState.CLOSED,
    },
    LinkState.CLOSED: {},
}


class AgentLink:
    """The agent's half. `received` is its cumulative cursor in the instruction log, from its journal."""

    def __init__(self, received: int) -> None:
        self.state = LinkState.OPENING
        self.received = received
        self.boot = 0

    def receive(self, message: ServerMessage) -> ServerMessage | None:
        """Take one message; return it when it is new, or None for an instruction already journaled.

        Raises OutOfOrder when the message may not come now or an instruction is missing before it, and
        VersionUnsupported when the server speaks another protocol.
        """
        self.state = _next(AT_AGENT[self.state], type(message), self.state)
        if isinstance(message, Welcome):
            _check_version(message.protocol)
            self.boot = message.boot
        if isinstance(message, Instruction):
            if message.iseq <= self.received:
                return None
            if message.iseq != self.received + 1:
                raise OutOfOrder(f"Instruction {message.iseq} came after {self.received}. Reconnect to get the rest.")
            self.received = message.iseq
        return message


class ServerLink:
    """The server's half, for the registration `boot` of one agent."""

    def __init__(self, boot: int) -> None:
        self.state = LinkState.OPENING
        self.boot = boot
        self.received = 0

    def receive(self, message: AgentMessage | Batch) -> AgentMessage | Batch:
        """Take one message and return it.

        Raises OutOfOrder when it may not come now or takes the instruction cursor back, VersionUnsupported for another
        protocol, Superseded for a batch of another registration.
        """
        self.state = _next(AT_SERVER[self.state], type(message), self.state)
        if isinstance(message, Hello):
            _check_version(message.protocol)
            self.received = message.received
        if isinstance(message, Received):
            if message.iseq < self.received:
                raise OutOfOrder("The cursor of received instructions went back. Reconnect to start afresh.")
            self.received = message.iseq
        if isinstance(message, Batch) and message.boot != self.boot:
            raise Superseded
        return message


def _next(row: Mapping[type, LinkState], kind: type, state: LinkState) -> LinkState:
    following = row.get(kind)
    if following is None:
        raise OutOfOrder(f"A {kind.__name__} may not come while the link is {state.value}. Reconnect to start afresh.")
    return following


def _check_version(version: int) -> None:
    if version != PROTOCOL_VERSION:
        raise VersionUnsupported(f"The other side speaks protocol {version}, this one {PROTOCOL_VERSION}. Upgrade it.")
