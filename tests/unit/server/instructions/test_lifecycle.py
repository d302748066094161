"""The life of an instruction: only forwards, and the agent's word is the last."""

from __future__ import annotations

import pytest

from claudios.protocol.messages import Outcome
from claudios.server.instructions.lifecycle import OPEN, TRANSITIONS, UNDONE, InstructionState, Passage, after, before

ORDER = [InstructionState.QUEUED, InstructionState.SENT, InstructionState.TAKEN]


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(InstructionState)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_report_ends_every_open_state(outcome: Outcome) -> None:
    for state in OPEN:
        assert after(state, outcome) == InstructionState(outcome.value)


def test_a_report_that_is_final_is_not_changed_by_another() -> None:
    for state in set(InstructionState) - OPEN - {InstructionState.EXPIRED, InstructionState.UNKNOWN}:
        assert all(after(state, outcome) is None for outcome in Outcome)


def test_a_person_settles_what_was_not_done_and_nothing_changes_it_afterwards() -> None:
    for state in UNDONE:
        assert after(state, Passage.RETRIED) is InstructionState.RETRIED
        assert after(state, Passage.DROPPED) is InstructionState.DROPPED
    for state in (
        InstructionState.DONE,
        InstructionState.WITHDRAWN,
        InstructionState.RETRIED,
        InstructionState.DROPPED,
    ):
        assert all(after(state, event) is None for event in (*Passage, *Outcome))


def test_only_what_no_link_had_is_withdrawn() -> None:
    assert before(Passage.WITHDRAWN) == (InstructionState.QUEUED,)


def test_the_agents_word_overrides_the_servers_clock() -> None:
    assert after(InstructionState.EXPIRED, Outcome.DONE) is InstructionState.DONE
    assert after(InstructionState.EXPIRED, Outcome.EXPIRED) is None
    assert after(InstructionState.UNKNOWN, Outcome.DONE) is InstructionState.DONE


def test_only_what_never_left_expires_by_the_servers_clock() -> None:
    assert before(Passage.OVERDUE) == (InstructionState.QUEUED,)


def test_only_what_has_left_is_given_up() -> None:
    assert before(Passage.UNHEARD) == (InstructionState.SENT, InstructionState.TAKEN)
    assert after(InstructionState.SENT, Passage.UNHEARD) is InstructionState.UNKNOWN


def test_nothing_goes_back() -> None:
    for place, state in enumerate(ORDER):
        for earlier in ORDER[: place + 1]:
            assert all(after(state, event) is not earlier for event in (*Passage, *Outcome))


def test_the_states_before_every_outcome_are_the_same_but_for_itself() -> None:
    for outcome in Outcome:
        expected = {*OPEN, InstructionState.EXPIRED, InstructionState.UNKNOWN} - {InstructionState(outcome.value)}
        assert set(before(outcome)) == expected
