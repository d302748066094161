"""Which output the server cannot take: found by sending less and less of it, until one frame is left. Pure.

A batch that is refused for good, or under which links break, three times in a row is split, again and again. A single
frame that the server itself has failed on twice is the poison: its session's output is set aside until the agent is
started again, and stays on disk. Output is one chain, so nothing behind that frame can go without it.
"""

from __future__ import annotations

from dataclasses import dataclass

TRIES = 3
LEAST_TRIES = 2
SPLITS = (64, 8, 1)
FOR_GOOD = frozenset({"chain_broken", "signature_invalid", "frame_invalid", "message_invalid", "message_too_large"})
"""Codes of a refusal that sending the same again does not heal."""


@dataclass(slots=True)
class _Suspicion:
    """What failed last of a session, how often in a row, and how it is sent until `until_seq` has passed."""

    first_seq: int = 0
    tries: int = 0
    for_good: int = 0
    splits: int = 0
    until_seq: int = 0


class Suspects:
    """The sessions whose output fails."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Suspicion] = {}
        self.quarantined: set[str] = set()

    def is_split(self, session_id: str) -> bool:
        """Say whether a session's output is sent in small pieces, and alone."""
        return self.max_frames(session_id) is not None

    def max_frames(self, session_id: str) -> int | None:
        """Return how many frames may be sent together; None for any number."""
        suspicion = self._sessions.get(session_id)
        return SPLITS[suspicion.splits - 1] if suspicion is not None and suspicion.splits else None

    def failed(self, session_id: str, first_seq: int, last_seq: int, *, for_good: bool) -> bool:
        """Take that the frames from `first_seq` on did not pass; return whether they are now set aside.

        `for_good`: it was the server that failed or refused them, not perhaps the network.
        """
        known = self._sessions.setdefault(session_id, _Suspicion())
        if known.first_seq != first_seq:
            known.first_seq, known.tries, known.for_good = first_seq, 0, 0
        known.tries += 1
        known.for_good += for_good
        if known.splits == len(SPLITS):
            if known.for_good >= LEAST_TRIES:
                self.quarantined.add(session_id)
            return session_id in self.quarantined
        if known.splits or known.tries >= TRIES:
            known.until_seq = max(known.until_seq, last_seq)
            known.splits += 1
            known.tries = known.for_good = 0
        return False

    def passed(self, session_id: str, seq: int) -> None:
        """Take that the server has all up to `seq`."""
        known = self._sessions.get(session_id)
        if known is None:
            return
        if seq >= known.until_seq:
            del self._sessions[session_id]
        else:
            known.first_seq = known.tries = known.for_good = 0
