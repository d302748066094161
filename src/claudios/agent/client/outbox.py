"""What the agent has to say besides output, until the link takes it."""

from __future__ import annotations

import json
from collections.abc import Callable

from claudios.protocol.asking import Answer
from claudios.protocol.messages import AgentError, AgentMessage, Checkpoint, Paths, Received, Report, Status

MAX_ERRORS = 32
MAX_ANSWERS_BYTES = 3 * 1024 * 1024
"""Of answers about the machine, in one message, as they stand in it: one of many quotes is twice as long there."""


class Outbox:
    """Keep one Received and one Status, one Report per instruction, one Checkpoint per session, one answer per
    question, one error per code and session: the newest.

    Bounded by what it coalesces: reports by the instructions under way, checkpoints by the sessions, answers by the
    questions under way, errors by MAX_ERRORS, after which they are only counted; the count goes out with the next one.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._messages: dict[str, AgentMessage] = {}
        self._errors: dict[tuple[str, str | None], AgentError] = {}
        self._errors_dropped = 0

    def put(self, message: Received | Report | Status | AgentError | Checkpoint | Paths | Answer) -> None:
        """Keep a message to be sent, in the place of one that it makes obsolete."""
        if isinstance(message, AgentError):
            self._errors.pop((message.code, message.session_id), None)
            if len(self._errors) >= MAX_ERRORS:
                self._errors_dropped += 1
            else:
                self._errors[message.code, message.session_id] = message
        else:
            key = _key(message)
            self._messages.pop(key, None)
            self._messages[key] = message
        self._wake()

    def take(self) -> list[AgentMessage]:
        """Return what is to be sent, oldest first, and forget it. Answers that do not fit into a message wait."""
        waiting, size = dict[str, AgentMessage](), 0
        taken: list[AgentMessage] = []
        for key, message in self._messages.items():
            before, size = size, size + (_size(message) if isinstance(message, Answer) else 0)
            if isinstance(message, Answer) and before and size > MAX_ANSWERS_BYTES:
                waiting[key] = message
            else:
                taken.append(message)
        taken += self._errors.values()
        if self._errors_dropped:
            taken.append(AgentError(code="errors_dropped", message=f"{self._errors_dropped} more errors; see the log."))
        self._messages = waiting
        self._errors.clear()
        self._errors_dropped = 0
        if waiting:
            self._wake()
        return taken

    def forget_all_but_errors(self) -> None:
        """Drop what a new registration says anyway, from the journal and the machine."""
        self._messages.clear()


def _size(answer: Answer) -> int:
    return len(json.dumps(answer.body, ensure_ascii=False).encode())


def _key(message: Received | Report | Status | Checkpoint | Paths | Answer) -> str:
    if isinstance(message, Report):
        return message.instruction_id
    if isinstance(message, (Paths, Answer)):
        return f"{message.type} {message.id}"
    return f"checkpoint {message.session_id}" if isinstance(message, Checkpoint) else message.type
