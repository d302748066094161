"""Questions to an agent about its machine: rule L-18."""

from __future__ import annotations

import asyncio

import pytest

from claudios.protocol.asking import LIST_DIRECTORY, Answer, Ask, Directory, ListDirectory
from claudios.protocol.errors import AgentOutdated, Conflict, MachineAway, NotFound, PolicyForbids, Refused, TooMany
from claudios.server.link.asking import MAX_OPEN, Asking
from claudios.server.link.outbox import Outbox


def unsigned(ask_id: str, kind: str, body: str) -> Ask:
    return Ask(id=ask_id, n=1, kind=kind, body=body, signature="0" * 64)


def withdrawn(_asked: Ask) -> None:
    pass


async def test_a_question_that_nobody_waits_for_any_more_does_not_reach_the_machine() -> None:
    """A machine that polls may come when who asked has been told that it did not answer."""
    outbox = Outbox()
    asking = Asking(unsigned, lambda asked: outbox.put([asked]), outbox.withdraw)
    late = asyncio.ensure_future(asking.ask(LIST_DIRECTORY, ListDirectory(path="late"), 0.001))
    waiting = asyncio.ensure_future(asking.ask(LIST_DIRECTORY, ListDirectory(path="waiting")))
    with pytest.raises(MachineAway):
        await late
    (asked,) = outbox.take()
    assert isinstance(asked, Ask)
    assert "waiting" in asked.body
    waiting.cancel()


async def test_each_gets_the_answer_to_its_own_question() -> None:
    sent: list[Ask] = []
    asking = Asking(unsigned, sent.append, withdrawn)
    waiting = [asyncio.ensure_future(asking.ask(LIST_DIRECTORY, ListDirectory(path=path))) for path in "ab"]
    await asyncio.sleep(0)
    asking.answered(Answer(id="nobody's", body="{}"))
    for question in reversed(sent):
        path = ListDirectory.model_validate_json(question.body).path
        answer = Directory(path=f"/{path}", entries=(), more=False).model_dump_json()
        asking.answered(Answer(id=question.id, body=answer))
        asking.answered(Answer(id=question.id, body="{}"))
    assert [each.path for each in await asyncio.gather(*waiting)] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("policy_forbids", PolicyForbids),
        ("not_found", NotFound),
        ("too_many", TooMany),
        ("what", Conflict),
        (None, Conflict),
    ],
)
async def test_what_the_machine_refuses_with_is_raised(code: str | None, error: type[Refused]) -> None:
    with pytest.raises(error, match="Not here") as raised:
        await answered(Answer(id="", code=code, message="Not here."))
    assert type(raised.value) is error


async def test_an_answer_that_cannot_be_read_says_so_and_nothing_of_what_it_holds() -> None:
    with pytest.raises(AgentOutdated) as raised:
        await answered(Answer(id="", body='{"path": "/secret"}'))
    assert "secret" not in raised.value.message


async def test_no_answer_in_time_makes_room() -> None:
    asking = Asking(unsigned, withdrawn, withdrawn)
    question = ListDirectory()
    asked = [asyncio.ensure_future(asking.ask(LIST_DIRECTORY, question, 0.001)) for _ in range(MAX_OPEN)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await asking.ask(LIST_DIRECTORY, question)
    for each in asked:
        with pytest.raises(MachineAway, match="in time"):
            await each
    with pytest.raises(MachineAway):
        await asking.ask(LIST_DIRECTORY, question, 0.001)


async def answered(answer: Answer) -> Directory:
    sent: list[Ask] = []
    asking = Asking(unsigned, sent.append, withdrawn)
    waiting = asyncio.ensure_future(asking.ask(LIST_DIRECTORY, ListDirectory()))
    await asyncio.sleep(0)
    asking.answered(answer.model_copy(update={"id": sent[0].id}))
    return await waiting
