"""The oracle tells each flaw from the others; every case of the fault suite believes it."""

from __future__ import annotations

import random

import pytest

from tests.faults.case import Case
from tests.faults.oracle import Verdict, judge
from tests.faults.rows import ROWS

SENT = [b"%d" % n for n in range(100)]


def test_what_was_sent_is_flawless() -> None:
    assert judge(SENT, SENT).is_flawless


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        ([*SENT[:40], *SENT[43:]], Verdict(lost=3)),
        ([*SENT[:40], *SENT[38:]], Verdict(doubled=2)),
        ([*SENT[:40], SENT[41], SENT[40], *SENT[42:]], Verdict(reordered=1)),
        ([*SENT[50:], *SENT[:50]], Verdict(reordered=1)),
        ([*SENT[:40], b"40?", *SENT[41:]], Verdict(lost=1, changed=1)),
        ([], Verdict(lost=100)),
    ],
)
def test_each_flaw_is_told(stored: list[bytes], verdict: Verdict) -> None:
    assert judge(SENT, stored) == verdict


def test_a_single_flaw_anywhere_is_found() -> None:
    dice = random.Random(1)
    for _ in range(200):
        place = dice.randrange(100)
        missing = SENT[:place] + SENT[place + 1 :]
        again = [*SENT[:place], b"0", *SENT[place:]]
        assert judge(SENT, dice.choice([missing, again])) in (Verdict(lost=1), Verdict(doubled=1))


def test_a_case_fails_at_a_flaw_and_remembers_it_for_the_report() -> None:
    case = Case(ROWS["A2"], 1, seed=1)
    with pytest.raises(AssertionError, match="lost=1"):
        case.judge([b"a", b"b"], [b"a"])
    assert case.verdict == Verdict(lost=1)


def test_a_case_fails_above_a_bound_of_memory() -> None:
    case = Case(ROWS["P4"], 1, seed=1)
    case.memory("agent", 10, within_bytes=10)
    with pytest.raises(AssertionError, match="agent had"):
        case.memory("agent", 11, within_bytes=10)
