"""What was to be stored against what is: lost, doubled, reordered and changed pieces, told from the bytes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many expected pieces are missing, come again, come before an earlier one, and how many nobody expected."""

    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    changed: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.reordered + other.reordered,
            self.changed + other.changed,
        )

    @property
    def is_flawless(self) -> bool:
        return self == Verdict()


def judge(expected: Sequence[bytes], stored: Sequence[bytes]) -> Verdict:
    """Compare pieces (lines, frames, ids), of which no two expected ones are alike."""
    place = {piece: n for n, piece in enumerate(expected)}
    assert len(place) == len(expected), "the oracle needs pieces that can be told apart"
    counts = Counter(stored)
    firsts = [place[piece] for piece in dict.fromkeys(stored) if piece in place]
    return Verdict(
        lost=sum(piece not in counts for piece in place),
        doubled=sum(count - 1 for piece, count in counts.items() if piece in place),
        reordered=sum(later < earlier for earlier, later in pairwise(firsts)),
        changed=sum(count for piece, count in counts.items() if piece not in place),
    )
