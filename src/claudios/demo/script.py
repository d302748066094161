"""The directives by which a prompt scripts the model.

Each is written in double brackets and played in one answer, in order; directives joined by `+` share an answer:
`[[say I will look.]]+[[bash ls]] [[text 2000 rate=500]]` calls Bash first and then, with the result, streams text.

    say WORDS                  text, as it stands             speak WORDS           the same at a reading pace
    text N rate= chunk= mb     N characters of filler, at `rate` a second, `chunk` in one piece, `mb`: beyond ASCII
    think N rate= chunk=       a thinking block of filler
    bash COMMAND | {json}      a call of the Bash tool        read PATH             of the Read tool
    write PATH WORDS           of Write; \\n is a new line     edit {json}           of Edit
    tool NAME {json}           of any tool                    ask {json}            AskUserQuestion
    planfile WORDS             writes the plan file that plan mode names            plan WORDS   ExitPlanMode
    agent bg=1 type= desc= <<bash ls>> <<say done>>           a subagent; its directives stand in << >>
    http CODE times= type= msg= retry-after= should-retry= html   an HTTP error (`times` times, then the next step)
    sseerror TYPE times=       an error within the stream
    die / eof after=N times= tool=NAME   cut off after N characters of text, or of the input of a call of that tool
    hang S                     nothing for S seconds, then a reset     stall S      the head, S seconds, then go on
    delay S                    answer S seconds later         repeat N DIRECTIVE    one directive, N answers
    usage in= out= cache_read= cache_write=                   stop REASON           header NAME=VALUE...
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from claudios.demo import phrases
from claudios.demo.conversation import Conversation, Turn
from claudios.demo.steps import Directive, Step

DIRECTIVE = re.compile(r"(\+?)\s*\[\[\s*([a-z]+)\b(.*?)\]\](?!\])", re.DOTALL)


@dataclass(frozen=True)
class Script:
    """The steps of the newest prompt, and how many of them have been played."""

    steps: tuple[Step, ...]
    played: int
    is_written: bool

    @cached_property
    def left(self) -> tuple[Step, ...]:
        """The steps still to be played."""
        return self.steps[self.played :]


def parse_script(text: str) -> tuple[Step, ...]:
    """Return the steps written in a text, none if it holds no directive."""
    steps: list[Step] = []
    end_before = 0
    for found in DIRECTIVE.finditer(text):
        is_joined = found[1] == "+" and bool(steps) and not text[end_before : found.start()].strip()
        end_before = found.end()
        directive = Directive(found[2], found[3].strip())
        if directive.name == "repeat":
            count, name, argument = (*directive.argument.split(None, 2), "", "")[:3]
            steps += [(Directive(name, argument),)] * int(count)
        elif is_joined:
            steps[-1] += (directive,)
        else:
            steps.append((directive,))
    return tuple(steps)


def script_of(conversation: Conversation) -> Script:
    """Return the script of the newest prompt: the one written in it, else the one its words ask for.

    A turn that failed leaves its prompt in the conversation, and the next one may come in the same message: the last
    text block with directives wins. After an interruption only what follows it counts.
    """
    turns = conversation.turns
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if turn.role != "user":
            continue
        played = sum(later.role == "assistant" for later in turns[index + 1 :])
        written = _written_in(turn)
        if written:
            return Script(written, played, is_written=True)
        if turn.prompt:
            steps = phrases.steps_for(turn.prompt, conversation.working_directory)
            return Script(steps, played, is_written=False)
    return Script(phrases.steps_for("", conversation.working_directory), 0, is_written=False)


def _written_in(turn: Turn) -> tuple[Step, ...]:
    parsed = (parse_script(text) for text in reversed(turn.newest_texts))
    return next((steps for steps in parsed if steps), ())
