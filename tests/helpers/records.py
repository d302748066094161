"""Records of a session as a machine makes them: signed batches, and checkpoints by a key of the test's own."""

from __future__ import annotations

from claudios.protocol.checkpoints import NO_CHECKPOINT, digest, sign_checkpoint
from claudios.protocol.messages import Checkpoint
from claudios.protocol.signing_key import SigningKey

KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(range(1, 33)))
MINUTE_MS = 60_000


class Signer:
    """Makes a session's checkpoints, each naming the one before."""

    def __init__(self, agent_id: str, session_id: str, key: SigningKey = KEY, at_ms: int = 1_700_000_000_000) -> None:
        self.agent_id = agent_id
        self.session_id = session_id
        self.key = key
        self.at_ms = at_ms
        self.n = 0
        self.previous = NO_CHECKPOINT

    def sign(self, seq: int, head: bytes, *, final: bool = False) -> Checkpoint:
        self.n += 1
        self.at_ms += MINUTE_MS
        unsigned = Checkpoint(
            session_id=self.session_id,
            n=self.n,
            seq=seq,
            head=head.hex(),
            at_ms=self.at_ms,
            next_ms=self.at_ms + (0 if final else MINUTE_MS),
            previous=self.previous,
            final=final,
            key="0" * 64,
            signature="0" * 128,
        )
        self.previous = digest(self.agent_id, unsigned)
        return sign_checkpoint(self.key, self.agent_id, unsigned)
