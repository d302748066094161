"""Ask the person at the terminal what Claude asks: one request at a time, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from claudios.cli import asking
from claudios.cli.text import one_line
from claudios.client.shapes import Request


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person decided about a request."""

    request: Request
    behavior: str
    message: str | None = None
    suggestions: tuple[int, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)


class Asker:
    """A pure dialogue: `offer` and `withdraw` requests, `feed` lines, print `prompt`; a Reply comes out."""

    def __init__(self) -> None:
        self._waiting: dict[str, Request] = {}
        self._answers: dict[str, str] = {}
        self._wants_message = False

    @property
    def current(self) -> Request | None:
        """The request that the next line answers."""
        return next(iter(self._waiting.values()), None)

    def offer(self, request: Request) -> bool:
        """Take a request in its newest state. Say whether what the next line answers has changed."""
        before = self.current
        if request.state == "pending":
            self._waiting.setdefault(request.id, request)
        else:
            self._waiting.pop(request.id, None)
        is_changed = self.current is not before
        if is_changed:
            self._start_over()
        return is_changed

    def introduction(self) -> str:
        """Return the current request in full."""
        request = self.current
        if request is None:
            return ""
        headline = {"question": "Claude asks:", "plan": "Claude's plan:"}.get(
            request.kind, f"Claude wants to use {one_line(request.tool_name)}:"
        )
        return f"{headline}\n{asking.details(request)}\n"

    def prompt(self) -> str:
        """Return the text before the cursor."""
        request = self.current
        if request is None:
            return ""
        if self._wants_message:
            return "Tell Claude why (Enter for nothing): "
        if request.kind == "question":
            asked = asking.questions(request)
            if asked:
                return f"Answer {len(self._answers) + 1} (a number, or your own words): "
        if request.kind == "plan":
            return "Follow this plan? [y]es, [n]o: "
        always = f", [a]lways ({one_line(request.suggestions[0].label)})" if request.suggestions else ""
        return f"Allow? [y]es{always}, [n]o: "

    def feed(self, line: str) -> Reply | None:
        """Take a line the person typed; return the reply when it is complete, None when more is to be asked."""
        request = self.current
        if request is None:
            return None
        typed = line.strip()
        if self._wants_message:
            return self._done(Reply(request, "deny", message=typed or None))
        if request.kind == "question" and asking.questions(request):
            return self._feed_answer(request, typed)
        match typed.lower():
            case "y" | "yes":
                return self._done(Reply(request, "allow"))
            case "a" | "always" if request.suggestions:
                return self._done(Reply(request, "allow", suggestions=(0,)))
            case "n" | "no":
                self._wants_message = True
        return None

    def _feed_answer(self, request: Request, typed: str) -> Reply | None:
        asked = asking.questions(request)
        if not typed:
            return None
        question = asked[len(self._answers)]
        labels = asking.options(question)
        chosen = [each.strip() for each in typed.split(",")]
        if all(each.isdecimal() and 1 <= int(each) <= len(labels) for each in chosen):
            typed = ", ".join(labels[int(each) - 1] for each in chosen)
        self._answers[str(question.get("question"))] = typed
        if len(self._answers) < len(asked):
            return None
        return self._done(Reply(request, "allow", answers=dict(self._answers)))

    def _done(self, reply: Reply) -> Reply:
        self._waiting.pop(reply.request.id)
        self._start_over()
        return reply

    def _start_over(self) -> None:
        self._answers = {}
        self._wants_message = False
