"""What the daemon hears of at once, and what waits for company."""

from __future__ import annotations

from claudios.shim.announcement import LINGER_SECONDS, Announcement


def test_what_the_program_says_is_announced_at_once() -> None:
    announcement = Announcement()
    announcement.said()
    assert announcement.take(1, now=0.0)
    assert announcement.seq == 1
    assert announcement.due is None


def test_nothing_is_announced_twice() -> None:
    announcement = Announcement()
    assert announcement.take(1, now=0.0)
    assert not announcement.take(1, now=1.0)


def test_what_the_program_is_given_is_announced_with_its_answer() -> None:
    announcement = Announcement()
    assert announcement.take(1, now=0.0)
    announcement.given(1, now=0.0)
    assert not announcement.take(3, now=0.0)
    announcement.said()
    assert announcement.take(4, now=0.0)


def test_what_a_silent_program_is_given_is_announced_after_a_moment() -> None:
    announcement = Announcement()
    announcement.given(0, now=1.0)
    assert announcement.due == 1.0 + LINGER_SECONDS
    assert not announcement.take(2, now=1.0)
    assert announcement.take(2, now=announcement.due)
    assert announcement.due is None


def test_more_input_does_not_put_off_what_waits() -> None:
    announcement = Announcement()
    announcement.given(0, now=1.0)
    announcement.given(2, now=1.0 + LINGER_SECONDS / 2)
    assert announcement.due == 1.0 + LINGER_SECONDS


def test_output_that_the_daemon_has_not_heard_of_waits_for_no_input() -> None:
    announcement = Announcement()
    announcement.given(5, now=0.0)  # frames up to 5 were said, and the daemon was too busy to hear of them
    assert announcement.take(7, now=0.0)
