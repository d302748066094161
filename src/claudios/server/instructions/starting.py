"""Sessions that people start and resume: every function here is the inside of one transaction, as in `accept`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, InputInvalid, NotFound
from claudios.protocol.git import LIST_WORKTREES
from claudios.protocol.messages import (
    Fork,
    Input,
    InstructionKind,
    Mode,
    NewWorktree,
    PermissionMode,
    SessionState,
    StartSession,
)
from claudios.protocol.terminal import TerminalSize
from claudios.server.instructions import prompted
from claudios.server.instructions.accept import (
    START_TTL_MS,
    Accepted,
    Asker,
    as_json,
    fresh,
    require_not_waiting,
    title_of,
)
from claudios.server.store import (
    agents,
    asked,
    budgets,
    changes,
    imports,
    instructions,
    issuing,
    plan_limits,
    reopening,
    sessions,
)
from claudios.server.store.instructions import Instruction
from claudios.server.store.issuing import Draft
from claudios.server.store.sessions import NewSession, Place, Session


def start(
    connection: Connection,
    new: NewSession,
    prompt: str | None,
    asker: Asker,
    now_ms: int,
    *,
    images: Sequence[bytes] = (),
    size: TerminalSize | None = None,
    ttl_ms: int = START_TTL_MS,
) -> Accepted[Session]:
    """Create a session and have its agent start it within `ttl_ms`; the same again changes nothing.

    Raises Conflict for a taken id, and where the machine does not know the mode, BudgetSpent.
    """
    known = sessions.get(connection, new.id)
    if known is not None:
        if (known.project_id, known.agent_id, known.forked_from) != (new.project_id, new.agent_id, new.forked_from):
            raise Conflict("This session id is taken. Choose another.")
        first = instructions.get(connection, new.id)
        if first is not None and not prompted.is_same(connection, first, prompt, images):
            raise Conflict("This session id was used with another prompt. Choose another.")
        return Accepted(known, new.agent_id)
    if instructions.get(connection, new.id) is not None:
        raise Conflict("This session id is taken by a command. Choose another.")
    require_not_waiting(connection, new.id)
    _require_mode(connection, new.agent_id, new.mode, now_ms)
    if new.has_worktree:
        _require_worktrees(connection, new.agent_id, now_ms)
    if prompt or new.mode is Mode.TERMINAL:
        budgets.require_money(connection, new.project_id, None, now_ms)
    titled = new if new.title or not prompt else replace(new, title=title_of(prompt))
    sessions.create(connection, titled, asker.user_id, now_ms)
    prompted.keep(connection, new.id, new.id, images)
    body = StartSession(
        session_id=new.id,
        mode=new.mode,
        size=size,
        directory=NewWorktree(of=new.directory) if new.has_worktree else new.directory,
        model=new.model,
        permission_mode=new.permission_mode,
        effort=new.effort,
        resume=_fork(new.forked_conversation, is_recorded=new.imported_from is not None),
        inputs=_inputs(new.mode, prompt, new.id, images),
    )
    expires_ms = now_ms + ttl_ms
    draft = Draft(new.id, InstructionKind.START_SESSION, new.id, as_json(body), expires_ms, prompt, images=len(images))
    return about_session(connection, new.agent_id, draft, asker, now_ms)


def resume(
    connection: Connection,
    place: Place,
    prompt: str | None,
    asker: Asker,
    now_ms: int,
    *,
    images: Sequence[bytes] = (),
    start_id: str | None = None,
    input_id: str | None = None,
    mode: Mode | None = None,
    size: TerminalSize | None = None,
) -> Accepted[Session]:
    """Have an ended session started again, as its next epoch, in another mode if one is named.

    Raises Conflict while it has not ended, where its machine does not know the mode, or for a taken id, BudgetSpent.

    `start_id` is the instruction's, and `input_id` what Claude knows the prompt by, where they are not to be new. The
    same `start_id` again changes nothing.
    """
    known = None if start_id is None else instructions.get(connection, start_id)
    if known is not None:
        return _resumed_before(connection, place, known, prompt, images)
    draft_id = start_id or str(uuid4())
    require_not_waiting(connection, draft_id)
    mode = mode or place.mode
    _require_mode(connection, place.agent_id, mode, now_ms)
    if prompt or mode is Mode.TERMINAL:
        budgets.require_money(connection, place.project_id, place.session_id, now_ms)
    prompted.keep(connection, place.session_id, input_id or draft_id, images)
    body = next_epoch(connection, place, mode, _inputs(mode, prompt, input_id or draft_id, images), size=size)
    if not reopening.reopen(connection, place.session_id, place.epoch, mode, now_ms):
        raise Conflict("Somebody has resumed this session just now.")
    if asker.user_id is not None:
        plan_limits.settle(connection, place.session_id)
    draft = Draft(
        draft_id,
        InstructionKind.START_SESSION,
        place.session_id,
        as_json(body),
        now_ms + START_TTL_MS,
        prompt,
        input_id,
        len(images),
    )
    return about_session(connection, place.agent_id, draft, asker, now_ms)


def _resumed_before(
    connection: Connection, place: Place, known: Instruction, prompt: str | None, images: Sequence[bytes]
) -> Accepted[Session]:
    session = sessions.get(connection, place.session_id)
    if session is None or known.session_id != session.id or not prompted.is_same(connection, known, prompt, images):
        raise Conflict("This id was used for another command. Choose another.")
    return Accepted(session, place.agent_id)


def next_epoch(
    connection: Connection,
    place: Place,
    mode: Mode,
    inputs: tuple[Input, ...],
    *,
    size: TerminalSize | None = None,
    goes_on: bool = False,
) -> StartSession:
    """Return the start that resumes a session with the model, permission mode, effort and directory it had last.

    Raises Conflict while it has not ended.
    """
    ended = sessions.get(connection, place.session_id)
    if ended is None:
        raise NotFound
    if ended.state is not SessionState.ENDED:
        raise Conflict("This session has not ended. Send it a command instead.")
    if ended.removed_ms is not None:
        raise Conflict("The output of this session was removed, so it cannot go on. Start a new one.")
    # Before its first turn is completed, a fork may have nothing of its own on the machine's disk.
    is_to_begin = not place.turns and ended.claude_session_id == ended.id
    fork = None
    if is_to_begin:
        is_recorded = ended.imported_from is not None and not imports.is_in_log(connection, ended.id)
        fork = _fork(place.forked_conversation, is_recorded=is_recorded)
    return StartSession(
        session_id=place.session_id,
        epoch=place.epoch + 1,
        first_seq=place.last_seq + 1,
        head=place.head.hex(),
        mode=mode,
        size=size,
        directory=_directory(ended),
        model=ended.model,
        permission_mode=known_mode(ended.permission_mode),
        effort=ended.effort or _effort_asked(connection, place.session_id),
        resume=fork or ended.claude_session_id,
        may_begin=not place.turns,
        inputs=inputs,
        goes_on=goes_on,
    )


def about_session(connection: Connection, agent_id: str, draft: Draft, asker: Asker, now_ms: int) -> Accepted[Session]:
    issued = issuing.issue(connection, agent_id, [draft], asker.user_id, now_ms)
    found = sessions.get(connection, draft.session_id)
    assert found is not None
    told = (changes.of_session(found), changes.instruction(found.project_id, fresh(draft, issued, asker, now_ms)))
    return Accepted(found, agent_id, issued, told)


def known_mode(mode: str) -> PermissionMode:
    """Return the mode to resume in; one that only a running CLI can be in starts again as the default."""
    return PermissionMode(mode) if mode in set(PermissionMode) else PermissionMode.DEFAULT


def _fork(conversation: str | None, *, is_recorded: bool) -> Fork | None:
    return None if conversation is None else Fork(of=conversation, is_recorded=is_recorded)


def _inputs(mode: Mode, prompt: str | None, prompt_id: str, images: Sequence[bytes]) -> tuple[Input, ...]:
    if not prompt:
        if images:
            raise InputInvalid("Images go with a prompt. Say what Claude is to do with them.")
        return ()
    return (prompted.given(mode, prompt, prompt_id, images),)


def _directory(ended: Session) -> str | NewWorktree | None:
    """Return where a session goes on: in its worktree, which is made if that has not come about yet."""
    if ended.worktree is None:
        return ended.directory
    if ended.worktree.removed_ms is not None:
        raise Conflict("The worktree of this session was removed, so it cannot go on there. Start a new one.")
    return NewWorktree(of=ended.directory) if ended.worktree.branch is None else ended.directory


def _require_worktrees(connection: Connection, agent_id: str, now_ms: int) -> None:
    """Raise Conflict where an agent makes no worktrees, as far as it has said."""
    machine = agents.get(connection, agent_id, now_ms).machine
    if machine is not None and LIST_WORKTREES.name not in machine.answers:
        raise Conflict("The agent there makes no worktrees. Update it, or start the session without one.")


def _require_mode(connection: Connection, agent_id: str, mode: Mode, now_ms: int) -> None:
    """Raise Conflict where an agent does not run sessions in this mode, as far as it has said."""
    if mode is Mode.CHAT:
        return
    machine = agents.get(connection, agent_id, now_ms).machine
    if machine is None or mode not in machine.modes:
        raise Conflict(
            f"This machine runs no sessions in the mode {mode.value}. Its agent may be too old, or its setting `modes` "
            "leaves it out."
        )


def _effort_asked(connection: Connection, session_id: str) -> str | None:
    """Return the effort that the newest start asked for: its process may have ended before Claude confirmed it."""
    return StartSession.model_validate_json(asked.newest_starts(connection, session_id)[0].body).effort
