"""What is told on the bus, and the interface of every bus.

A message is published only after the commit it tells of. Subscribers hold a position and read what they missed from
the store, so a lost or doubled message does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from claudios.server.instructions.lifecycle import Issued

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Topic(Generic[T]):
    """The name of a stream of messages of one type."""

    name: str


class Bus(Protocol):
    """Publish to whoever listens now."""

    def publish(self, topic: Topic[T], message: T) -> None:
        """Hand `message` to every subscriber of `topic`; a failing subscriber hinders nobody."""

    def subscribe(self, topic: Topic[T], receive: Callable[[T], None]) -> Callable[[], None]:
        """Call `receive` with each message from now on; return what ends that. `receive` must not block."""


@dataclass(frozen=True, slots=True)
class FramesStored:
    """Frames `first_seq` to `last_seq` of a session are committed; `frames` holds them encoded, back to back."""

    session_id: str
    first_seq: int
    last_seq: int
    frames: bytes


@dataclass(frozen=True, slots=True)
class Registered:
    """An agent registered as `boot`; every older registration is superseded."""

    agent_id: str
    boot: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Something people see has changed: `message` is ready to be sent to whoever may see `project_id`.

    `session_id` is the session it concerns, if any: its own viewers hear of it without an overview. `about` names the
    thing, so that for a slow viewer a newer message replaces the older one.
    """

    project_id: str
    session_id: str | None
    message: str
    about: str | None = None


def instructions(agent_id: str) -> Topic[tuple[Issued, ...]]:
    """New instructions for the agent, in order; an empty tuple says only that there are some."""
    return Topic(f"agent.{agent_id}.instructions")


def tune(agent_id: str) -> Topic[frozenset[str]]:
    """The agent's sessions that somebody watches, whenever that changes."""
    return Topic(f"agent.{agent_id}.tune")


def registration(agent_id: str) -> Topic[Registered]:
    """A new registration of the agent."""
    return Topic(f"agent.{agent_id}.registration")


def revoked(agent_id: str) -> Topic[frozenset[str]]:
    """Ids of the agent's keys that no longer hold: a link that was opened with one of them is closed at once."""
    return Topic(f"agent.{agent_id}.revoked")


def frames(session_id: str) -> Topic[FramesStored]:
    """A session's frames as they are committed, in order."""
    return Topic(f"session.{session_id}.frames")


OVERVIEW: Topic[Changed] = Topic("overview")
"""Agents, sessions, requests and instructions that changed, of all projects."""

STOPPING: Topic[int] = Topic("stopping")
"""This server stops: viewers may come back after so many milliseconds."""

ACCESS: Topic[str | None] = Topic("access")
"""A person's rights changed (their id), or anybody's (None): who holds a socket open checks it anew."""
