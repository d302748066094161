from __future__ import annotations

from claudios.shim.ladder import Ladder, Step


def climbed(ladder: Ladder, until: float) -> list[tuple[float, Step]]:
    """Return the steps and their times when nothing ends the program before `until`."""
    steps = []
    while ladder.due is not None and ladder.due <= until:
        now = ladder.due
        step = ladder.climb(now)
        assert step is not None
        steps.append((now, step))
    return steps


def test_each_step_comes_when_the_one_before_it_has_had_its_time() -> None:
    ladder = Ladder((3.0, 3.0, 2.0))
    ladder.begin(100.0)
    assert climbed(ladder, 1000.0) == [
        (100.0, Step.POLITE),
        (103.0, Step.INTERRUPT),
        (106.0, Step.TERMINATE),
        (108.0, Step.KILL),
    ]


def test_nothing_is_due_before_it_begins_nor_after_its_last_step() -> None:
    ladder = Ladder((3.0, 3.0, 2.0))
    assert ladder.due is None
    assert ladder.climb(100.0) is None
    ladder.begin(100.0)
    climbed(ladder, 1000.0)
    assert ladder.due is None


def test_a_second_request_neither_hastens_nor_restarts_it() -> None:
    ladder = Ladder((3.0, 3.0, 2.0))
    ladder.begin(100.0)
    assert ladder.climb(100.0) is Step.POLITE
    ladder.begin(101.0)
    assert ladder.climb(102.9) is None
    assert ladder.climb(103.0) is Step.INTERRUPT


def test_it_has_begun_from_the_request_on() -> None:
    ladder = Ladder((0.0, 0.0, 0.0))
    begun = [ladder.has_begun]
    ladder.begin(5.0)
    begun.append(ladder.has_begun)
    climbed(ladder, 5.0)
    begun.append(ladder.has_begun)
    assert begun == [False, True, True]
