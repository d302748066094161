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
from claudios.protocol.messages import (
    Command,
    Input,
    InstructionKind,
    Mode,
    Model,
    PermissionMode,
    SessionState,
    StartSession,
    TerminateSession,
)
from claudios.server.bus.topics import Changed
from claudios.server.instructions import lines
from claudios.server.instructions.lifecycle import InstructionState, Issued
from claudios.server.store import changes, instructions, requests, sessions
from claudios.server.store.instructions import Draft, Instruction
from claudios.server.store.requests import Request, RequestState
from claudios.server.store.sessions import NewSession, Place, Session

START_TTL_MS = 24 * 60 * 60 * 1000
COMMAND_TTL_MS = 60 * 60 * 1000
INTERRUPT_TTL_MS = 60 * 1000
TITLE_CHARACTERS = 80
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


def start(connection: Connection, new: NewSession, prompt: str | None, asker: Asker, now_ms: int) -> Accepted[Session]:
    """Create a session and have its agent start it; the same again changes nothing. Raises Conflict for a taken id."""
    known = sessions.get(connection, new.id)
    if known is not None:
        if (known.project_id, known.agent_id) != (new.project_id, new.agent_id):
            raise Conflict("This session id is taken. Choose another.")
        first = instructions.get(connection, new.id)
        if first is not None and first.text != prompt:
            raise Conflict("This session id was used with another prompt. Choose another.")
        return Accepted(known, new.agent_id)
    if instructions.get(connection, new.id) is not None:
        raise Conflict("This session id is taken by a command. Choose another.")
    titled = new if new.title or not prompt else replace(new, title=title_of(prompt))
    sessions.create(connection, titled, asker.user_id, now_ms)
    body = StartSession(
        session_id=new.id,
        mode=new.mode,
        directory=new.directory,
        model=new.model,
        permission_mode=new.permission_mode,
        inputs=_inputs(prompt, new.id),
    )
    draft = Draft(new.id, InstructionKind.START_SESSION, new.id, as_json(body), now_ms + START_TTL_MS, prompt)
    return about_session(connection, new.agent_id, draft, asker, now_ms)


def resume(
    connection: Connection,
    place: Place,
    prompt: str | None,
    asker: Asker,
    now_ms: int,
    *,
    start_id: str | None = None,
    input_id: str | None = None,
) -> Accepted[Session]:
    """Have an ended session started again, as its next epoch. Raises Conflict while it has not ended.

    `start_id` is the instruction's, and `input_id` what Claude knows the prompt by, where they are not to be new.
    """
    draft_id = start_id or str(uuid4())
    body = next_epoch(connection, place, _inputs(prompt, input_id or draft_id))
    if not sessions.reopen(connection, place.session_id, place.epoch, now_ms):
        raise Conflict("Somebody has resumed this session just now.")
    draft = Draft(
        draft_id,
        InstructionKind.START_SESSION,
        place.session_id,
        as_json(body),
        now_ms + START_TTL_MS,
        prompt,
        input_id,
    )
    return about_session(connection, place.agent_id, draft, asker, now_ms)


def next_epoch(
    connection: Connection, place: Place, inputs: tuple[Input, ...], *, goes_on: bool = False
) -> StartSession:
    """Return the start that resumes a session with the model, permission mode and directory it had last.

    Raises Conflict while it has not ended.
    """
    ended = sessions.get(connection, place.session_id)
    if ended is None:
        raise NotFound
    if ended.state is not SessionState.ENDED:
        raise Conflict("This session has not ended. Send it a command instead.")
    if ended.removed_ms is not None:
        raise Conflict("The output of this session was removed, so it cannot go on. Start a new one.")
    return StartSession(
        session_id=place.session_id,
        epoch=place.epoch + 1,
        first_seq=place.last_seq + 1,
        head=place.head.hex(),
        mode=Mode(ended.mode),
        directory=ended.directory,
        model=ended.model,
        permission_mode=_known_mode(ended.permission_mode),
        resume=ended.claude_session_id,
        may_begin=not place.turns,
        inputs=inputs,
        goes_on=goes_on,
    )


def command(
    connection: Connection, place: Place, text: str, command_id: str, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Send a prompt to a session. Raises Conflict when it has ended, or the id was used for something else."""
    known = instructions.get(connection, command_id)
    if known is not None:
        if (known.session_id, known.text) != (place.session_id, text):
            raise Conflict("This id was used for another command. Choose another.")
        return Accepted(known, "")
    require_living(place)
    accepted = issue_command(
        connection, place, lines.user_message(text, command_id), command_id, asker, now_ms, text=text
    )
    if place.title:
        return accepted
    sessions.retitle(connection, place.session_id, title_of(text))
    return replace(accepted, told=accepted.told + _now(connection, place.session_id))


def interrupt(connection: Connection, place: Place, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """Stop the running turn of a session. Raises Conflict when it has ended."""
    require_living(place)
    command_id = str(uuid4())
    line = lines.interrupt(command_id)
    return issue_command(connection, place, line, command_id, asker, now_ms, ttl_ms=INTERRUPT_TTL_MS)


def stop_task(connection: Connection, place: Place, task_id: str, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """Stop a task that Claude has running in the background. Raises Conflict when the session has ended."""
    require_living(place)
    command_id = str(uuid4())
    line = lines.stop_task(command_id, task_id)
    return issue_command(connection, place, line, command_id, asker, now_ms, ttl_ms=INTERRUPT_TTL_MS)


def change_setting(
    connection: Connection, place: Place, setting: SettingName, value: str, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Have Claude use another model, permission mode or effort. Raises Conflict when the session has ended."""
    require_living(place)
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
    return _issue(connection, place, draft, asker, now_ms)


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
    require_living(place)
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
    if decision.answers is not None:
        if asked.kind != "question":
            raise InputInvalid("Only a question takes answers. Allow or deny this request.")
        updated = {**(updated or asked.input), "answers": dict(decision.answers)}
    return lines.allow(asked.id, updated, permissions)


def _decided(asked: Request) -> Conflict:
    if asked.state is RequestState.WITHDRAWN:
        return Conflict("Claude no longer waits for this answer.")
    who = asked.answered_by or "Somebody"
    return Conflict(f"{who} has answered this already: {asked.answer}.")


def require_living(place: Place) -> None:
    """Raise Conflict when the session has ended."""
    if place.state is SessionState.ENDED:
        raise Conflict("This session has ended. Resume it first.")


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
) -> Accepted[Instruction]:
    body = as_json(Command(session_id=place.session_id, input=Input(id=input_id or command_id, line=line)))
    draft = Draft(command_id, InstructionKind.COMMAND, place.session_id, body, now_ms + ttl_ms, text, input_id)
    return _issue(connection, place, draft, asker, now_ms)


def _issue(connection: Connection, place: Place, draft: Draft, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    issued = instructions.issue(connection, place.agent_id, [draft], asker.user_id, now_ms)
    view = _fresh(draft, issued, asker, now_ms)
    return Accepted(view, place.agent_id, issued, (changes.instruction(place.project_id, view),))


def about_session(connection: Connection, agent_id: str, draft: Draft, asker: Asker, now_ms: int) -> Accepted[Session]:
    issued = instructions.issue(connection, agent_id, [draft], asker.user_id, now_ms)
    found = sessions.get(connection, draft.session_id)
    assert found is not None
    told = (changes.of_session(found), changes.instruction(found.project_id, _fresh(draft, issued, asker, now_ms)))
    return Accepted(found, agent_id, issued, told)


def _fresh(draft: Draft, issued: tuple[Issued, ...], asker: Asker, now_ms: int) -> Instruction:
    """Return a fresh instruction as people see it."""
    return Instruction(
        id=draft.id,
        kind=draft.kind,
        session_id=draft.session_id,
        state=InstructionState.SENT if issued[0].is_sent else InstructionState.QUEUED,
        code=None,
        message=None,
        text=draft.text,
        input_id=draft.input_id or draft.id,
        created_by=asker.username,
        created_ms=now_ms,
        done_ms=None,
    )


def _now(connection: Connection, session_id: str) -> tuple[Changed, ...]:
    told = changes.session(connection, session_id)
    return () if told is None else (told,)


def _inputs(prompt: str | None, prompt_id: str) -> tuple[Input, ...]:
    return (Input(id=prompt_id, line=lines.user_message(prompt, prompt_id)),) if prompt else ()


def _known_mode(mode: str) -> PermissionMode:
    """Return the mode to resume in; one that only a running CLI can be in starts again as the default."""
    return PermissionMode(mode) if mode in set(PermissionMode) else PermissionMode.DEFAULT


def as_json(body: Model) -> str:
    return body.model_dump_json(exclude_none=True)
