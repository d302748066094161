"""Answers to what the server asks and no log keeps: found on a thread, a bounded number at once.

Its failure ends nothing: a question without an answer is given up by who asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from claudios.agent.listing import list_paths
from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudiosError
from claudios.protocol.messages import ListPaths, Paths

MAX_AT_ONCE = 4

_log = logging.getLogger(__name__)


class Answers:
    """Finds answers and posts them; what comes while MAX_AT_ONCE are looked for is told to try again."""

    def __init__(self, policy: Policy, post: Callable[[Paths], None]) -> None:
        self._policy = policy
        self._post = post
        self._looking: set[asyncio.Task[None]] = set()

    def asked(self, question: ListPaths) -> None:
        """Have an answer found."""
        if len(self._looking) >= MAX_AT_ONCE:
            self._post(Paths(id=question.id, problem="This machine looks for other paths just now. Type on."))
            return
        task = asyncio.get_running_loop().create_task(self._answer(question), name="paths")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _answer(self, question: ListPaths) -> None:
        try:
            directory = self._policy.permit_directory(question.directory)
            found = await asyncio.to_thread(list_paths, directory, question.beginning)
        except ClaudiosError as refused:
            self._post(Paths(id=question.id, problem=refused.message))
        except Exception:
            _log.exception("Paths could not be listed.")
            self._post(Paths(id=question.id, problem="This machine could not look. Its log says why."))
        else:
            self._post(Paths(id=question.id, paths=found.paths, is_cut=found.is_cut))
