"""Questions to an agent that no log keeps."""

from __future__ import annotations

import asyncio

import pytest

from claudios.protocol.errors import TooMany
from claudios.protocol.messages import ListPaths, Paths
from claudios.server.link.questions import MAX_OPEN, Questions


async def test_each_gets_the_answer_to_its_own_question() -> None:
    asked: list[ListPaths] = []
    questions = Questions(asked.append)
    waiting = [asyncio.ensure_future(questions.paths("/work", beginning)) for beginning in "ab"]
    await asyncio.sleep(0)
    questions.answered(Paths(id="nobody's", paths=("x",)))
    for question in reversed(asked):
        questions.answered(Paths(id=question.id, paths=(f"{question.beginning}.py",)))
        questions.answered(Paths(id=question.id, paths=("once more",)))
    found = await asyncio.gather(*waiting)
    assert [each.paths for each in found if each] == [("a.py",), ("b.py",)]


async def test_no_answer_in_time_is_none_and_makes_room() -> None:
    questions = Questions(lambda _: None)
    asked = [asyncio.ensure_future(questions.paths(None, "", seconds=0.001)) for _ in range(MAX_OPEN)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await questions.paths(None, "")
    assert await asyncio.gather(*asked) == [None] * MAX_OPEN
    assert await questions.paths(None, "", seconds=0.001) is None
