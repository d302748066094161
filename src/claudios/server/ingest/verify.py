"""May this batch be stored? Pure: the batch, who sent it, and what is stored already, in; a verdict out."""

from __future__ import annotations

from dataclasses import dataclass

from claudios.protocol.errors import (
    ChainBroken,
    ClaudiosError,
    NotFound,
    OutOfOrder,
    Superseded,
)
from claudios.protocol.signing import GENESIS, Batch, verify_batch


@dataclass(frozen=True, slots=True)
class Source:
    """The registration that sends: an agent, the key it proved to hold, and the number of its registration."""

    agent_id: str
    project_id: str
    key_id: str
    sign_key: bytes
    boot: int

    def __repr__(self) -> str:
        return f"Source({self.agent_id} {self.key_id} boot {self.boot})"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is stored of a session: its owner, how far the log goes, and the epochs of session and newest batch."""

    agent_id: str
    boot: int
    epoch: int
    last_seq: int
    head: bytes
    last_epoch: int


@dataclass(frozen=True, slots=True)
class Twin:
    """The stored batch that starts where an incoming one starts."""

    last_seq: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Accept:
    """The batch continues the log: store it."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The very batch is stored already: acknowledge up to `seq` again and store nothing."""

    seq: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """The batch may not be stored: the sender goes on after `seq`, whose chain head is `head`.

    `audited` tells an attack or a fault from the ordinary consequences of a broken connection.
    """

    error: ClaudiosError
    seq: int
    head: bytes
    audited: bool


Verdict = Accept | Repeat | Refuse


def check_seal(source: Source, batch: Batch) -> None:
    """Check what the batch alone can prove: its registration, signature, numbering, chain and checksums.

    Raises Superseded, SignatureInvalid, ChainBroken or FrameInvalid.
    """
    if batch.boot != source.boot:
        raise Superseded
    verify_batch(source.sign_key, source.agent_id, batch)


def judge(source: Source, batch: Batch, standing: Standing | None, twin: Twin | None) -> Verdict:
    """Decide on a batch whose seal is right. Raises Superseded when its registration is no longer the newest."""
    if standing is None or standing.agent_id != source.agent_id:
        return foreign()
    if standing.boot != source.boot:
        raise Superseded
    if batch.first_seq != standing.last_seq + 1:
        return _elsewhere(batch, standing, twin)
    if not standing.last_epoch <= batch.epoch <= standing.epoch:
        problem = OutOfOrder(f"Epoch {batch.epoch} cannot follow {standing.last_epoch} of {standing.epoch} known.")
        return Refuse(problem, standing.last_seq, standing.head, audited=True)
    if batch.previous != standing.head:
        return Refuse(ChainBroken(), standing.last_seq, standing.head, audited=True)
    return Accept()


def foreign() -> Refuse:
    """Return the refusal of a session that is not this agent's; it tells nothing of whether the session exists."""
    return Refuse(NotFound("The server knows no such session of this agent."), 0, GENESIS, audited=True)


def _elsewhere(batch: Batch, standing: Standing, twin: Twin | None) -> Verdict:
    """Judge a batch that does not start at the cursor: a repetition, an overlap or a gap."""
    if twin is not None and (twin.last_seq, twin.head) == (batch.last_seq, batch.head):
        return Repeat(standing.last_seq)
    gap = batch.first_seq > standing.last_seq
    problem = OutOfOrder(
        f"Frames {standing.last_seq + 1} to {batch.first_seq - 1} are missing. Send them first."
        if gap
        else f"Frames up to {standing.last_seq} are stored already. Go on after them."
    )
    return Refuse(problem, standing.last_seq, standing.head, audited=False)
