"""Is a stored log what its machine signed? Pure: batches and checkpoints in, in order; the first fault out.

Whoever holds the agent's HMAC key passes it, and every batch's signature is checked as well; without it the chain and
the checkpoints are, which is all that a third party can check (rules R-1 to R-5 of docs/protocol.md). Of output that
was removed a tombstone speaks, and the machine's checkpoints of its end (R-8 to R-10).
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from claudios.protocol.checkpoints import NO_CHECKPOINT, digest, verify_checkpoint
from claudios.protocol.errors import FrameInvalid, SignatureInvalid
from claudios.protocol.frame import locate
from claudios.protocol.messages import Checkpoint
from claudios.protocol.signing import GENESIS, Batch, advance, canonical_batch
from claudios.protocol.tombstone import Tombstone, verify_tombstone

GRACE_MS = 120_000
"""How much later than it was promised a checkpoint may come before the record counts as cut off."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first frame that is not as it was signed, and what is wrong there."""

    seq: int
    text: str


class Closing(StrEnum):
    """What the checkpoints say of the log's end.

    `closed`: the machine signed that it ended there. `open`: the session goes on. `late`: it should have signed another
    one by now. `not_closed`: it has ended, and its machine has not signed where. `unsigned`: it never signed anything.
    """

    CLOSED = "closed"
    OPEN = "open"
    LATE = "late"
    NOT_CLOSED = "not_closed"
    UNSIGNED = "unsigned"


class RecordCheck:
    """Walks one session's record in the order of its frames; a checkpoint comes before the batch with its frame.

    A tombstone comes before all of them.
    """

    def __init__(self, agent_id: str, keys: Collection[str], server_key: str | None = None) -> None:
        """`keys` are the public keys (hexadecimal) that the agent's checkpoints may be signed with.

        `server_key` is the one that a tombstone must be signed with; None accepts any, to be shown to people.
        """
        self.seq = 0
        self.head = GENESIS
        self.batches = 0
        self.checkpoints = 0
        self.fault: Fault | None = None
        self.newest: Checkpoint | None = None
        self.signed_seq = 0
        self._closed_seq = 0  # of what was removed
        self.tombstone: Tombstone | None = None
        self._agent_id = agent_id
        self._keys = keys
        self._server_key = server_key
        self._newest_of: dict[str, Checkpoint] = {}
        self._ahead: deque[Checkpoint] = deque()  # of frames that have not come yet

    @property
    def used_keys(self) -> tuple[str, ...]:
        """The keys that checkpoints were signed with so far, oldest first."""
        return tuple(self._newest_of)

    @property
    def frames(self) -> int:
        """How many frames were checked; those that a tombstone stands for are not among them."""
        return self.seq - (0 if self.tombstone is None else self.tombstone.last_seq)

    def bury(self, tombstone: Tombstone) -> None:
        """Take the first part of the record: that the frames up to its last one were removed."""
        if self.fault is None:
            self.fault = self._bury(tombstone)

    def batch(self, batch: Batch, sign_key: bytes | None = None) -> None:
        """Check the next batch: frames, numbering, chain, and with the HMAC key its signature."""
        if self.fault is None:
            self.fault = self._batch(batch, sign_key)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Check the next checkpoint: its signature, its place among the others, and later the head it names."""
        if self.fault is None:
            self.fault = self._checkpoint(checkpoint)

    def finish(self, last_seq: int, head: bytes | None = None) -> None:
        """Check that the log ends where it is said to, and not before what the machine has signed."""
        if self.fault is None and self.tombstone is not None:
            self.fault = self._unclosed(self.tombstone)
        if self.fault is None and (self.seq != last_seq or (head is not None and head != self.head)):
            self.fault = Fault(self.seq + 1, f"The log ends at frame {self.seq}, and should end at {last_seq}.")
        if self.fault is None and self._ahead:
            reached = self._ahead[-1].seq
            self.fault = Fault(
                self.seq + 1,
                f"The log was cut: it ends at frame {self.seq}, and the machine signed it up to {reached}.",
            )

    def conclude(
        self,
        *,
        ended_ms: int | None,
        begun_ms: int,
        is_reachable: bool,
        signs: bool,
        now_ms: int,
        behind_ms: int = 0,
    ) -> Closing:
        """Say what is known of the log's end; an end that should have been signed by now, and is not, is a fault.

        `ended_ms` is None while the session lives; `signs`: its machine signs checkpoints at all. `behind_ms` is by how
        much the machine's clock, which checkpoints and frames tell, is behind that of `now_ms` and `ended_ms`.
        """
        closing = self._closing(ended_ms, begun_ms + behind_ms, is_reachable, signs, now_ms, behind_ms)
        if self.fault is None and closing is Closing.NOT_CLOSED:
            self.fault = Fault(
                self.signed_seq + 1,
                "The record is not closed: the session has ended, and its machine has not signed where. What followed "
                f"frame {self.seq} may have been cut. Start the machine's agent once more to have it closed.",
            )
        if self.fault is None and closing is Closing.LATE:
            self.fault = Fault(
                self.signed_seq + 1,
                f"The machine's checkpoints have stopped after frame {self.signed_seq}, though it is connected. What "
                f"followed frame {self.seq} may have been cut.",
            )
        return closing

    def _closing(
        self, ended_ms: int | None, begun_ms: int, is_reachable: bool, signs: bool, now_ms: int, behind_ms: int
    ) -> Closing:
        newest = self.newest
        if newest is None and not (signs and self.seq):
            return Closing.UNSIGNED
        if newest is not None and newest.final and newest.seq == self.seq:
            return Closing.CLOSED
        if ended_ms is not None:
            is_recent = is_reachable and now_ms < ended_ms + GRACE_MS
            return Closing.OPEN if is_recent else Closing.NOT_CLOSED
        due_ms = begun_ms if newest is None else newest.next_ms + behind_ms
        return Closing.LATE if is_reachable and now_ms > due_ms + GRACE_MS else Closing.OPEN

    def _bury(self, tombstone: Tombstone) -> Fault | None:
        if self.seq or self.checkpoints or self.tombstone is not None:
            return Fault(self.seq + 1, "A tombstone stands where frames belong.")
        if self._server_key not in (None, tombstone.key):
            return Fault(1, "The tombstone is signed with a key that is not this server's.")
        try:
            verify_tombstone(self._agent_id, tombstone)
        except SignatureInvalid:
            return Fault(1, "The tombstone was changed or signed by somebody else: its signature does not match.")
        self.tombstone = tombstone
        self.seq, self.head = tombstone.last_seq, bytes.fromhex(tombstone.head)
        return None

    def _unclosed(self, tombstone: Tombstone) -> Fault | None:
        """Return what is wrong unless the machine itself signed that its log ended where the tombstone says."""
        if self._closed_seq != tombstone.last_seq:
            return Fault(1, "What was removed is not closed: no final checkpoint of the machine names its end.")
        if self.checkpoints < tombstone.checkpoints:
            return Fault(1, "Checkpoints of what was removed are missing.")
        return None

    def _batch(self, batch: Batch, sign_key: bytes | None) -> Fault | None:
        first = self.seq + 1
        if batch.first_seq > first:
            return Fault(first, f"{_frames(first, batch.first_seq - 1)} missing.")
        head, at, end, frames = self.head, self.seq, 0, memoryview(batch.frames)
        contradicted: Fault | None = None
        try:
            for found in locate(frames):
                if found.seq != at + 1:
                    return Fault(at + 1, f"Frame {found.seq} stands where {at + 1} belongs.")
                if found.epoch != batch.epoch:
                    return Fault(at + 1, f"Frame {at + 1} was changed: it belongs to another process of the session.")
                head, at, end = advance(head, frames[found.start : found.end]), found.seq, found.end
                contradicted = contradicted or self._reached(at, head)
        except FrameInvalid:
            return Fault(at + 1, f"Frame {at + 1} was changed: its checksum does not match.")
        if end != len(frames) or at < batch.last_seq:
            return Fault(at + 1, f"{_frames(at + 1, max(at + 1, batch.last_seq))} missing or cut.")
        if at > batch.last_seq or batch.first_seq != first:
            return Fault(first, f"{_frames(first, at)} stored as another batch than they are.")
        if batch.previous != self.head:
            return Fault(first, f"The batch of frame {first} does not continue the frames before it.")
        if batch.head != head:
            return Fault(first, f"A frame of {first} to {at} was changed: the chain does not lead to its head.")
        if sign_key is not None:
            expected = hmac.digest(sign_key, canonical_batch(self._agent_id, batch), "sha256")
            if not hmac.compare_digest(expected, batch.signature):
                return Fault(first, f"{_frames(first, at)} not sealed with this agent's key.")
        self.seq, self.head = at, head
        self.batches += 1
        return contradicted

    def _reached(self, seq: int, head: bytes) -> Fault | None:
        """Compare the head after a frame with what the machine signed there."""
        while self._ahead and self._ahead[0].seq == seq:
            checkpoint = self._ahead.popleft()
            if checkpoint.head != head.hex():
                return self._contradicted(checkpoint)
            self.signed_seq = seq
        return None

    def _checkpoint(self, checkpoint: Checkpoint) -> Fault | None:
        here = f"Checkpoint {checkpoint.n}"
        after = self.signed_seq + 1
        if checkpoint.key not in self._keys:
            return Fault(after, f"{here} is signed with a key that is not this agent's.")
        try:
            verify_checkpoint(self._agent_id, checkpoint)
        except SignatureInvalid:
            return Fault(after, f"{here} was changed or signed by somebody else: its signature does not match.")
        before = self._newest_of.get(checkpoint.key)
        expected = 1 if before is None else before.n + 1
        if checkpoint.n > expected:
            return Fault(after, f"{_checkpoints(expected, checkpoint.n - 1)} missing.")
        named = NO_CHECKPOINT if before is None else digest(self._agent_id, before)
        buried = 0 if self.tombstone is None else self.tombstone.last_seq
        if checkpoint.n < expected or checkpoint.previous != named or checkpoint.seq < self.seq > buried:
            return Fault(after, f"{here} does not continue the one before it.")
        self._newest_of[checkpoint.key] = self.newest = checkpoint
        self.checkpoints += 1
        if checkpoint.seq > self.seq:
            self._ahead.append(checkpoint)
            return None
        if checkpoint.seq < buried:
            return None  # which head stood there is gone with the frames
        if checkpoint.head != self.head.hex():
            return self._contradicted(checkpoint)
        self.signed_seq = checkpoint.seq
        if checkpoint.final and checkpoint.seq == buried:
            self._closed_seq = buried
        return None

    def _contradicted(self, checkpoint: Checkpoint) -> Fault:
        first = self.signed_seq + 1
        return Fault(
            min(first, checkpoint.seq),
            f"A frame of {first} to {checkpoint.seq} was changed, and the batches sealed anew: the machine signed "
            f"another chain head at frame {checkpoint.seq}.",
        )


def _frames(first: int, last: int) -> str:
    return f"Frame {first} is" if first == last else f"Frames {first} to {last} are"


def _checkpoints(first: int, last: int) -> str:
    return f"Checkpoint {first} is" if first == last else f"Checkpoints {first} to {last} are"
