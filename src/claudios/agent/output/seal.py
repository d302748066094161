"""The chain over a session's frames, and the signature of each batch of them. Pure."""

from __future__ import annotations

import hashlib

from claudios.agent.output.piece import Piece
from claudios.protocol.errors import ChainBroken
from claudios.protocol.signing import Batch, seal


class Sealer:
    """Carries one session's chain from piece to piece: `head` is the chain head after frame `seq`."""

    def __init__(self, key: bytes, agent_id: str, session_id: str, seq: int, head: bytes) -> None:
        self._key = key
        self._agent_id = agent_id
        self._session_id = session_id
        self.seq = seq
        self.head = head

    def seal(self, piece: Piece, boot: int) -> Batch:
        """Return the signed batch of the next frames, and go on after it. Raises ChainBroken for other frames."""
        if piece.first_seq != self.seq + 1:
            raise ChainBroken(f"Frame {piece.first_seq} is to be sealed where {self.seq + 1} belongs.")
        frames = memoryview(piece.frames)
        previous, head, start = self.head, self.head, 0
        for end in piece.ends:
            # signing.advance, without a call for each frame
            head = hashlib.sha256(head + hashlib.sha256(frames[start:end]).digest()).digest()
            start = end
        self.seq, self.head = piece.last_seq, head
        return seal(
            self._key,
            self._agent_id,
            session_id=self._session_id,
            boot=boot,
            epoch=piece.epoch,
            first_seq=piece.first_seq,
            last_seq=piece.last_seq,
            previous=previous,
            head=head,
            frames=piece.frames,
        )

    def rewind(self, seq: int, head: bytes) -> None:
        """Go on after frame `seq`, whose chain head is `head`."""
        self.seq, self.head = seq, head
