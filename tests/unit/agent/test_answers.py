"""Questions that no log keeps, as the machine answers them: rule L-16."""

from __future__ import annotations

import asyncio
from pathlib import Path

from claudios.agent.answers import MAX_AT_ONCE, Answers
from claudios.agent.policy import Policy
from claudios.protocol.messages import ListPaths, Paths


async def test_only_so_many_are_looked_for_at_once_and_others_are_told_so(tmp_path: Path) -> None:
    posted: asyncio.Queue[Paths] = asyncio.Queue()
    answers = Answers(Policy((), (), tmp_path), posted.put_nowait)
    (tmp_path / "main.py").touch()
    for number in range(MAX_AT_ONCE + 1):
        answers.asked(ListPaths(id=str(number), beginning="main"))
    refused = await posted.get()
    assert (refused.id, "Type on" in str(refused.problem)) == (str(MAX_AT_ONCE), True)
    found = [await posted.get() for _ in range(MAX_AT_ONCE)]
    assert {each.paths for each in found} == {("main.py",)}
    await asyncio.sleep(0)
    answers.asked(ListPaths(id="later", beginning="main"))
    assert (await posted.get()).paths == ("main.py",)
