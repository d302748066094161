"""The bounds of a case's memory: what a process had too much of fails it, also once the process has ended."""

from __future__ import annotations

import pytest

from tests.faults.case import BOUNDS, MIB, Case
from tests.faults.rows import ROWS


def test_a_process_that_had_too_much_fails_the_case_afterwards() -> None:
    case = Case(ROWS["A2"], 1, 0)
    case.lived("shim", BOUNDS["shim"])
    case.lived("shim", 5 * MIB)
    assert case.is_within_bounds
    assert case.peaks == {"shim": BOUNDS["shim"]}
    case.lived("shim", BOUNDS["shim"] + 1)
    assert not case.is_within_bounds


def test_a_bound_of_the_tests_own_is_demanded_at_once_and_stands() -> None:
    case = Case(ROWS["N4"], 1, 0)
    case.memory("agent", 40 * MIB, 71 * MIB)
    case.lived("agent", 80 * MIB)  # what it had while it was put away is not what the test asks
    assert (case.peaks, case.bounds) == ({"agent": 40 * MIB}, {"agent": 71 * MIB})
    with pytest.raises(AssertionError, match="agent had 72 MiB of 71"):
        case.memory("agent", 72 * MIB, 71 * MIB)
    assert not case.is_within_bounds
