"""One session's output on one registration: where it stands, what is on its way, and when it may go on.

It does no sending itself: the streamer asks it for batches and tells it of acknowledgements.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.protocol.codec import BATCH_OVERHEAD_BYTES, CompressedBatch, compress, wire_bytes
from claudios.protocol.errors import ChainBroken, DiskFull
from claudios.protocol.signing import Batch, advance

READ_BACK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way: its first frame, its end in the chain, its size as it travels and expanded, and when it left
    (monotonic seconds).
    """

    first_seq: int
    seq: int
    head: bytes
    wire_bytes: int
    expanded_bytes: int
    at: float


class Flow:
    """A session's output from the spool to its acknowledgement."""

    def __init__(self, spool: Spool, sealer: Sealer) -> None:
        self.spool = spool
        self.sealer = sealer
        self.on_its_way: deque[Sent] = deque()
        self.is_held = False  # the server's log and this spool differ, or the server does not know the session
        self.hurries = False  # its backlog exceeds one piece: batches follow each other without waiting
        self.due_at: float | None = None  # when unsent output of an unwatched session goes out
        self.rewinds = 0  # without progress between them

    @property
    def has_more(self) -> bool:
        return not self.is_held and self.spool.head_seq > self.sealer.seq

    def next_batch(
        self, boot: int, max_bytes: int, now: float, max_frames: int | None = None, *, compresses: bool = False
    ) -> Batch | CompressedBatch | None:
        """Seal what comes next, up to about `max_bytes`; None when nothing is there after all."""
        piece = self.spool.read(self.sealer.seq, max_bytes, max_frames)
        if piece is None:
            self.hurries = False
            return None
        batch = self.sealer.seal(piece, boot)
        outgoing = compress(batch) if compresses else batch
        expanded_bytes = BATCH_OVERHEAD_BYTES + len(batch.frames)
        self.on_its_way.append(
            Sent(batch.first_seq, batch.last_seq, batch.head, wire_bytes(outgoing), expanded_bytes, now)
        )
        self.hurries = self.has_more
        self.due_at = None
        return outgoing

    def acknowledged(self, seq: int) -> list[Sent]:
        """Take note that all up to `seq` is committed, and return the batches that this settles."""
        settled = []
        while self.on_its_way and self.on_its_way[0].seq <= seq:
            settled.append(self.on_its_way.popleft())
        if settled:
            self.spool.acknowledge(settled[-1].seq, settled[-1].head)
            self.rewinds = 0
        return settled

    def go_on_after(self, seq: int, head: bytes) -> list[Sent]:
        """Go on after the frame that the server has last, and return the batches that are sent anew.

        Raises ChainBroken, and holds the flow, unless `head` is the chain head that this spool gives at `seq`, or a
        loss of power took from this disk what the server has; DiskFull when the disk takes no note of that.
        """
        dropped = list(self.on_its_way)
        self.on_its_way.clear()
        self.hurries = False
        expected = self._head_at(seq)
        if expected != head and self.spool.can_move(seq):
            self._move_closing(seq, head)
        elif expected != head:
            self.is_held = True
            if seq < self.spool.acked_seq:
                raise ChainBroken(
                    f"The server's log of session {self.spool.session_id} ends at frame {seq}, though the server had "
                    f"confirmed {self.spool.acked_seq}: some is lost, as when an older back-up is restored. Nothing "
                    "more of the session is sent. Terminate it and start a new one."
                )
            raise ChainBroken(
                f"The server's log and this machine's spool of session {self.spool.session_id} differ at frame {seq}. "
                "Nothing more of it is sent; `claudios verify` shows where the stored log stops being whole."
            )
        self.sealer.rewind(seq, head)
        if seq > self.spool.acked_seq:
            self.spool.acknowledge(seq, head)
            self.rewinds = 0
        return dropped

    def _move_closing(self, seq: int, head: bytes) -> None:
        try:
            self.spool.move_closing(seq, head)
        except OSError as problem:
            self.is_held = True
            raise DiskFull(
                f"The end of session {self.spool.session_id} cannot be put behind frame {seq}, which the server has: "
                f"{problem.strerror}. Free some space; it is tried again with the next connection."
            ) from problem

    def _head_at(self, seq: int) -> bytes | None:
        """Compute the chain head after frame `seq` from the spool; None when it is not there."""
        at, head = self.spool.acked_seq, self.spool.acked_head
        while at < seq:
            piece = self.spool.read(at, READ_BACK_BYTES)
            if piece is None:
                return None
            start = 0
            for end in piece.ends[: seq - at]:
                head = advance(head, piece.frames[start:end])
                start = end
            at = min(seq, piece.last_seq)
        return head if at == seq else None
