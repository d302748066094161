"""What the spool hands on and the chain is laid over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive frames of one epoch, encoded back to back; `ends` is where each of them ends in `frames`."""

    epoch: int
    first_seq: int
    last_seq: int
    frames: bytes
    ends: Sequence[int]
