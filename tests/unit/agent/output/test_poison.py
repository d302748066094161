"""Which frame the server cannot take: how few failures find it, and what is never suspected for good."""

from __future__ import annotations

import pytest

from claudios.agent.output.poison import SPLITS, TRIES, Suspects

ONE, TWO = "one", "two"


def fail(suspects: Suspects, times: int, first: int = 1, last: int = 100, *, for_good: bool = True) -> bool:
    return [suspects.failed(ONE, first, last, for_good=for_good) for _ in range(times)][-1]


def test_two_failures_in_a_row_change_nothing() -> None:
    suspects = Suspects()
    assert not fail(suspects, TRIES - 1)
    assert not suspects.is_split(ONE)
    assert suspects.max_frames(ONE) is None


def test_a_third_in_a_row_splits_and_each_further_one_splits_again() -> None:
    suspects = Suspects()
    fail(suspects, TRIES)
    for frames in SPLITS:
        assert suspects.max_frames(ONE) == frames
        fail(suspects, 1)
    assert suspects.max_frames(ONE) == SPLITS[-1] == 1


def test_failures_that_are_not_in_a_row_do_not_split() -> None:
    suspects = Suspects()
    for first in (1, 50, 1, 50):
        assert not fail(suspects, TRIES - 1, first=first)
    assert not suspects.is_split(ONE)


def test_a_single_frame_that_the_server_fails_on_twice_is_set_aside() -> None:
    suspects = Suspects()
    fail(suspects, TRIES + len(SPLITS) - 1)
    assert suspects.max_frames(ONE) == 1
    assert not fail(suspects, 1, first=7, last=7)
    assert fail(suspects, 1, first=7, last=7)
    assert suspects.quarantined == {ONE}


def test_a_network_that_breaks_sets_nothing_aside_however_often() -> None:
    suspects = Suspects()
    assert not fail(suspects, 100, for_good=False)
    assert suspects.quarantined == set()
    assert suspects.max_frames(ONE) == 1


def test_another_frame_begins_its_count_anew() -> None:
    suspects = Suspects()
    fail(suspects, TRIES + len(SPLITS) - 1)
    assert not fail(suspects, 1, first=7, last=7)
    assert not fail(suspects, 1, first=8, last=8)
    assert suspects.quarantined == set()


def test_what_passes_ends_the_suspicion_once_all_that_failed_has_passed() -> None:
    suspects = Suspects()
    fail(suspects, TRIES, first=1, last=100)
    suspects.passed(ONE, 99)
    assert suspects.is_split(ONE)
    suspects.passed(ONE, 100)
    assert not suspects.is_split(ONE)
    assert not fail(suspects, TRIES - 1)


def test_between_two_failures_a_part_that_passed_begins_the_count_anew() -> None:
    suspects = Suspects()
    fail(suspects, TRIES + len(SPLITS) - 1)
    assert not fail(suspects, 1, first=7, last=7)
    suspects.passed(ONE, 7)
    assert not fail(suspects, 1, first=8, last=8)
    assert suspects.quarantined == set()


@pytest.mark.parametrize("times", [TRIES, 50])
def test_another_session_is_not_suspected(times: int) -> None:
    suspects = Suspects()
    fail(suspects, times)
    assert not suspects.is_split(TWO)
    suspects.passed(TWO, 1)
    assert suspects.is_split(ONE)
