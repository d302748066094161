"""The life of a session from two witnesses."""

from __future__ import annotations

import pytest

from claudios.protocol.messages import EndReason, SessionState
from claudios.server.projections.facts import Facts
from claudios.server.projections.life import Life, replaces

STATES = list(SessionState)


@pytest.mark.parametrize("known", STATES)
@pytest.mark.parametrize("seen", STATES)
def test_a_session_goes_only_forwards(known: SessionState, seen: SessionState) -> None:
    assert replaces(Life(1, seen), Life(1, known)) == (STATES.index(seen) > STATES.index(known))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_word_on_another_epoch_changes_nothing(epoch: int) -> None:
    assert not replaces(Life(epoch, SessionState.ENDED), Life(2, SessionState.QUEUED))


def test_what_the_log_says_of_an_end_replaces_what_the_agent_no_longer_knew() -> None:
    lost = Life(1, SessionState.ENDED, EndReason.LOST)
    exited = Life(1, SessionState.ENDED, EndReason.EXITED, None, 0)
    assert replaces(exited, lost)
    assert not replaces(lost, exited)
    assert not replaces(lost, lost)


def test_since_when_claude_does_what_it_does_is_the_time_of_the_frame_that_said_so_first() -> None:
    facts = Facts()
    facts.state_changed("running", 10, 1)
    facts.state_changed("running", 20, 2)
    assert (facts.activity, facts.activity_ms, facts.activity_seq) == ("working", 10, 1)
    facts.seen_on_screen("waiting", 30, 3)
    facts.state_changed("something new", 40, 4)
    kept = Facts()
    kept.load(facts.save())
    assert (kept.activity, kept.activity_ms, kept.activity_seq) == ("waiting", 30, 3)
