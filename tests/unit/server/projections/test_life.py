"""The life of a session from two witnesses."""

from __future__ import annotations

import pytest

from claudios.protocol.messages import EndReason, SessionState
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
