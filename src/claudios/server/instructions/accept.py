"""What people ask, as instructions: every function here is the inside of one transaction.

The id of a request makes it safe to send twice: the second one finds the first one's instruction and issues nothing.
Who may ask is checked by the caller, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar
from uuid import uuid4

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, InputInvalid, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.messages import (
    Command,
    Input,
    InstructionKind,
    Mode,
    PermissionMode,
    SessionState,
    TerminateSession,
)
from claudios.server.bus.topics import Changed
from claudios.server.instructions import lines, prompted
from claudios.server.instructions.lifecycle import InstructionState, Issued
from claudios.server.projections.shapes import is_whole
from claudios.server.store import budgets, changes, instructions, issuing, plan_limits, prompts, requests, sessions
from claudios.server.store.instructions import Instruction
from claudios.server.store.issuing import Draft
from claudios.server.store.requests import Request, RequestState
from claudios.server.store.sessions import Place

START_TTL_MS = 24 * 60 * 60 * 1000
COMMAND_TTL_MS = 60 * 60 * 1000
INTERRUPT_TTL_MS = 60 * 1000
TITLE_CHARACTERS = 80
MAX_INPUT_DEPTH = 100
"""How deep an input may be that a person has changed: what reads and writes it goes down level by level."""
DEFAULT_MODEL = "default"
DENIED = "The person who steers this session does not want this to be done."

SettingName = Literal["model", "permission_mode", "effort"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """What one request led to: its answer, the instructions issued to an agent, and what people are told."""

    answer: T
    agent_id: str
    issued: tuple[Issued, ...] = ()
    told: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """The person who asks, or nobody: the server itself."""

    user_id: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer to a request.

    `suggestions` are indices of lasting permissions; `answers` is for questions, `permission_mode` for plans.
    """

    behavior: Literal["allow", "deny"]
    message: str | None = None
    updated_input: Mapping[str, object] | None = None
    suggestions: Sequence[int] = ()
    answers: Mapping[str, str] | None = None
    permission_mode: PermissionMode | None = None
    interrupt: bool = False


def command(
    connection: Connection,
    place: Place,
    text: str,
    command_id: str,
    asker: Asker,
    now_ms: int,
    *,
    images: Sequence[bytes] = (),
) -> Accepted[Instruction]:
    """Send a prompt to a session.

    Raises Conflict when it has ended, or the id was used for something else, BudgetSpent.
    """
    known = instructions.get(connection, command_id)
    if known is not None:
        if known.session_id != place.session_id or not prompted.is_same(connection, known, text, images):
            raise Conflict("This id was used for another command. Choose another.")
        return Accepted(known, "")
    require_conversation(place)
    require_not_waiting(connection, command_id)
    budgets.require_money(connection, place.project_id, place.session_id, now_ms)
    prompted.keep(connection, place.session_id, command_id, images)
    return issue_prompt(connection, place, text, command_id, asker, now_ms, images=len(images))


def interrupt(connection: Connection, place: Place, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """Stop the running turn of a session. Raises Conflict when it has ended."""
    require_conversation(place)
    command_id = str(uuid4())
    line = lines.interrupt(command_id)
    return issue_command(connection, place, line, command_id, asker, now_ms, ttl_ms=INTERRUPT_TTL_MS)


def stop_task(connection: Connection, place: Place, task_id: str, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """Stop a task that Claude has running in the background. Raises Conflict when the session has ended."""
    require_conversation(place)
    command_id = str(uuid4())
    line = lines.stop_task(command_id, task_id)
    return issue_command(connection, place, line, command_id, asker, now_ms, ttl_ms=INTERRUPT_TTL_MS)


def change_setting(
    connection: Connection, place: Place, setting: SettingName, value: str, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Have Claude use another model, permission mode or effort. Raises Conflict when the session has ended."""
    require_conversation(place)
    command_id = str(uuid4())
    match setting:
        case "model":
            line = lines.set_model(command_id, None if value == DEFAULT_MODEL else value)
        case "permission_mode":
            line = lines.set_permission_mode(command_id, value)
        case "effort":
            line = lines.set_effort(command_id, value)
    return issue_command(connection, place, line, command_id, asker, now_ms)


def terminate(connection: Connection, place: Place, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """End a session. Raises Conflict when it has ended already."""
    require_living(place)
    body = as_json(TerminateSession(session_id=place.session_id))
    draft = Draft(str(uuid4()), InstructionKind.TERMINATE_SESSION, place.session_id, body, now_ms + START_TTL_MS)
    accepted = _issue(connection, place, draft, asker, now_ms)
    return _goes_its_way(connection, place, accepted)


def answer(
    connection: Connection, place: Place, request_id: str, decision: Decision, asker: Asker, now_ms: int
) -> Accepted[Request]:
    """Answer a request, in the transaction that queues the answer for the CLI.

    Raises NotFound, InputInvalid for an answer that does not fit, Conflict (naming who was first) when it is decided.
    """
    session_id = place.session_id
    asked = requests.get(connection, session_id, request_id)
    if asked is None:
        raise NotFound
    if asked.state is not RequestState.PENDING:
        raise _decided(asked)
    require_conversation(place)
    line = _answer_line(asked, decision)
    command_id = str(uuid4())
    flipped = requests.answer(
        connection,
        session_id,
        request_id,
        answer=decision.behavior,
        answered_by=asker.user_id,
        instruction_id=command_id,
        now_ms=now_ms,
    )
    if not flipped:
        raise Conflict
    queued = issue_command(connection, place, line, command_id, asker, now_ms)
    answered = requests.get(connection, session_id, request_id)
    assert answered is not None
    told = changes.request(connection, place.project_id, session_id, request_id)
    assert told is not None
    return Accepted(answered, place.agent_id, queued.issued, (told, *queued.told, *_now(connection, session_id)))


def title_of(prompt: str) -> str:
    """Return the first words of a prompt, as a title."""
    first = next((" ".join(line.split()) for line in prompt.splitlines() if line.strip()), "")
    return first if len(first) <= TITLE_CHARACTERS else first[: TITLE_CHARACTERS - 1].rstrip() + "…"


def _answer_line(asked: Request, decision: Decision) -> str:
    if decision.behavior == "deny":
        return lines.deny(asked.id, decision.message or DENIED, interrupt=decision.interrupt)
    permissions: list[dict[str, object]] = []
    for index in decision.suggestions:
        if not 0 <= index < len(asked.suggestions):
            raise InputInvalid(f"There is no suggestion {index}. Take one of the request's own.")
        permissions.append({key: value for key, value in asked.suggestions[index].items() if key != "label"})
    if decision.permission_mode is not None:
        if asked.kind != "plan":
            raise InputInvalid("Only a plan is approved in a permission mode. Take one of the request's suggestions.")
        permissions.append({"type": "setMode", "mode": decision.permission_mode.value, "destination": "session"})
    updated = decision.updated_input
    if _is_deep(updated):
        raise InputInvalid(f"The input is nested more than {MAX_INPUT_DEPTH} levels deep. Allow it unchanged, or deny.")
    if updated is not None and not is_whole(asked.input) and not is_whole(updated):
        raise InputInvalid(
            "The input was shortened for showing, and is sent back shortened. Allow it unchanged, or deny."
        )
    if decision.answers is not None:
        if asked.kind != "question":
            raise InputInvalid("Only a question takes answers. Allow or deny this request.")
        updated = {**(updated or asked.input), "answers": dict(decision.answers)}
    return lines.allow(asked.id, updated, permissions)


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_INPUT_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, (Mapping, list))
            for inner in (each.values() if isinstance(each, Mapping) else each)
        ]
    return bool(level)


def _decided(asked: Request) -> Conflict:
    if asked.state is RequestState.WITHDRAWN:
        return Conflict("Claude no longer waits for this answer.")
    who = asked.answered_by or "Somebody"
    return Conflict(f"{who} has answered this already: {asked.answer}.")


def require_conversation(place: Place) -> None:
    """Raise Conflict where no lines can be given to Claude: the session has ended, or runs in a terminal."""
    require_living(place)
    if place.mode is Mode.TERMINAL:
        raise Conflict(
            "This session runs in a terminal. Open it there (in the page, or with `claudios attach`), or end it and "
            "resume it as a chat."
        )


def require_living(place: Place) -> None:
    """Raise Conflict when the session has ended."""
    if place.state is SessionState.ENDED:
        raise Conflict("This session has ended. Resume it first.")


def issue_prompt(
    connection: Connection,
    place: Place,
    text: str,
    command_id: str,
    asker: Asker,
    now_ms: int,
    *,
    images: int = 0,
    ttl_ms: int = COMMAND_TTL_MS,
) -> Accepted[Instruction]:
    """Issue a prompt with so many kept images; the first one of a session without a title gives it one."""
    line = prompted.known_line(connection, text, command_id, images)
    accepted = issue_command(
        connection, place, line, command_id, asker, now_ms, ttl_ms=ttl_ms, text=text, images=images
    )
    if place.title:
        return accepted
    sessions.retitle(connection, place.session_id, title_of(text))
    return replace(accepted, told=accepted.told + _now(connection, place.session_id))


def require_not_waiting(connection: Connection, new_id: str) -> None:
    """Raise Conflict where a prompt waits under this id: it becomes an instruction's when the prompt is sent."""
    if prompts.session_of(connection, new_id) is not None:
        raise Conflict("This id is that of a prompt that waits. Send or withdraw that one, or choose another.")


def issue_command(
    connection: Connection,
    place: Place,
    line: str,
    command_id: str,
    asker: Asker,
    now_ms: int,
    *,
    ttl_ms: int = COMMAND_TTL_MS,
    text: str | None = None,
    input_id: str | None = None,
    images: int = 0,
) -> Accepted[Instruction]:
    require_conversation(place)
    body = as_json(Command(session_id=place.session_id, input=Input(id=input_id or command_id, line=line)))
    draft = Draft(command_id, InstructionKind.COMMAND, place.session_id, body, now_ms + ttl_ms, text, input_id, images)
    issued = _issue(connection, place, draft, asker, now_ms)
    is_of_person = text is not None and asker.user_id is not None
    return _goes_its_way(connection, place, issued) if is_of_person else issued


def _goes_its_way(connection: Connection, place: Place, accepted: Accepted[Instruction]) -> Accepted[Instruction]:
    """Have a session that a usage limit has stopped no longer go on by itself: a person has said what is to happen."""
    if not plan_limits.settle(connection, place.session_id):
        return accepted
    return replace(accepted, told=accepted.told + _now(connection, place.session_id))


def _issue(connection: Connection, place: Place, draft: Draft, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    issued = issuing.issue(connection, place.agent_id, [draft], asker.user_id, now_ms)
    view = fresh(draft, issued, asker, now_ms)
    return Accepted(view, place.agent_id, issued, (changes.instruction(place.project_id, view),))


def fresh(draft: Draft, issued: tuple[Issued, ...], asker: Asker, now_ms: int) -> Instruction:
    """Return a fresh instruction as people see it."""
    return Instruction(
        id=draft.id,
        kind=draft.kind,
        session_id=draft.session_id,
        state=InstructionState.SENT if issued[0].is_sent else InstructionState.QUEUED,
        code=None,
        message=None,
        text=draft.text,
        images=draft.images,
        input_id=draft.input_id or draft.id,
        created_by=asker.username,
        created_ms=now_ms,
        done_ms=None,
    )


def _now(connection: Connection, session_id: str) -> tuple[Changed, ...]:
    told = changes.session(connection, session_id)
    return () if told is None else (told,)


def as_json(body: Model) -> str:
    return body.model_dump_json(exclude_none=True)
