"""What waits for the link."""

from __future__ import annotations

import pytest

from claudios.agent.client.outbox import MAX_ERRORS, Outbox
from claudios.protocol.asking import MAX_ANSWER_BYTES, Answer
from claudios.protocol.codec import decode_from_agent, encode
from claudios.protocol.messages import AgentError, Outcome, Received, Report


def report(identity: str, outcome: Outcome = Outcome.DONE) -> Report:
    return Report(instruction_id=identity, outcome=outcome)


def test_messages_leave_in_the_order_in_which_they_came() -> None:
    outbox = Outbox(lambda: None)
    for message in (report("a"), Received(iseq=1), report("b")):
        outbox.put(message)
    assert outbox.take() == [report("a"), Received(iseq=1), report("b")]
    assert outbox.take() == []


def test_a_message_takes_the_place_of_those_it_makes_obsolete() -> None:
    outbox = Outbox(lambda: None)
    for message in (Received(iseq=1), report("a"), Received(iseq=2), report("a", Outcome.FAILED)):
        outbox.put(message)
    assert outbox.take() == [Received(iseq=2), report("a", Outcome.FAILED)]


def test_answers_that_do_not_fit_into_one_message_leave_with_the_next() -> None:
    """L-18"""
    woken: list[None] = []
    outbox = Outbox(lambda: woken.append(None))
    answers = [Answer(id=str(n), body="x" * MAX_ANSWER_BYTES) for n in range(5)]
    for answer in answers:
        outbox.put(answer)
    outbox.put(report("a"))
    woken.clear()
    assert outbox.take() == [*answers[:2], report("a")]
    assert woken == [None]
    assert (outbox.take(), outbox.take(), outbox.take()) == (answers[2:4], answers[4:], [])


@pytest.mark.parametrize("letter", ['"', "語", "x"])
def test_however_an_answer_is_written_a_message_with_it_is_not_too_large_for_the_server(letter: str) -> None:
    """L-18"""
    outbox = Outbox(lambda: None)
    body = letter * (MAX_ANSWER_BYTES // len(letter.encode()))
    for n in range(5):
        outbox.put(Answer(id=str(n), body=body))
    came: list[object] = []
    while taken := outbox.take():
        came += decode_from_agent(encode(taken))
    assert came == [Answer(id=str(n), body=body) for n in range(5)]


def test_of_a_flood_of_errors_the_first_are_kept_and_the_rest_counted() -> None:
    outbox = Outbox(lambda: None)
    for n in range(MAX_ERRORS + 5):
        outbox.put(AgentError(code=str(n), message=str(n)))
    *kept, last = outbox.take()
    assert [error.message for error in kept if isinstance(error, AgentError)] == [str(n) for n in range(MAX_ERRORS)]
    assert isinstance(last, AgentError)
    assert last.message.startswith("5 more errors")


def test_an_error_that_is_over_before_it_was_told_is_told_as_over() -> None:
    outbox = Outbox(lambda: None)
    over = AgentError(code="spool_full", message="There is room again.", resolved=True)
    for message in (AgentError(code="spool_full", message="m"), AgentError(code="another", message="m"), over):
        outbox.put(message)
    assert outbox.take() == [AgentError(code="another", message="m"), over]


def test_a_new_registration_is_told_of_errors_and_says_the_rest_itself() -> None:
    outbox = Outbox(lambda: None)
    error = AgentError(code="c", message="m")
    for message in (report("a"), error, Received(iseq=1)):
        outbox.put(message)
    outbox.forget_all_but_errors()
    assert outbox.take() == [error]


def test_every_message_wakes_the_sender() -> None:
    woken: list[None] = []
    outbox = Outbox(lambda: woken.append(None))
    outbox.put(Received(iseq=1))
    outbox.put(Received(iseq=2))
    assert len(woken) == 2
