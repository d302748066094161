from __future__ import annotations

import pytest

from claudios.agent.sessions.state import Answered, Ended, Event, Launched, follow
from claudios.protocol.messages import EndReason, SessionState

EVENTS: list[Event] = [Launched(), Answered(), Ended(EndReason.EXITED)]


def test_a_session_passes_through_all_states() -> None:
    state = SessionState.QUEUED
    path = [state]
    for event in EVENTS:
        following = follow(state, event)
        assert following is not None
        state = following
        path.append(state)
    assert path == list(SessionState)


@pytest.mark.parametrize("state", list(SessionState)[:-1])
def test_a_session_can_end_from_every_state(state: SessionState) -> None:
    assert follow(state, Ended(EndReason.LOST)) is SessionState.ENDED


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_follows_the_end(event: Event) -> None:
    assert follow(SessionState.ENDED, event) is None


@pytest.mark.parametrize(
    ("state", "event"),
    [(SessionState.QUEUED, Answered()), (SessionState.RUNNING, Launched()), (SessionState.RUNNING, Answered())],
)
def test_what_makes_no_sense_changes_nothing(state: SessionState, event: Event) -> None:
    assert follow(state, event) is None
