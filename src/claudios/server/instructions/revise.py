"""What people do about an instruction they have given: edit or withdraw what waits, retry or drop what was not done.

Every function here is the inside of one transaction, and moves the instruction by compare-and-set: of two people who do
something about it at once, or of a person and a link, one wins and the other is told.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, NotFound
from claudios.protocol.messages import Command, Input, InstructionKind, Mode, SessionState, StartSession
from claudios.server.bus.topics import Changed
from claudios.server.instructions import lines, outcome, prompted
from claudios.server.instructions.accept import Accepted, Asker, as_json, issue_command
from claudios.server.instructions.lifecycle import InstructionState, Passage
from claudios.server.instructions.starting import resume
from claudios.server.store import budgets, changes, instructions, prompt_images, sessions
from claudios.server.store.instructions import Instruction, Kept, Settling
from claudios.server.store.sessions import Place

_WHY_NOT = {
    InstructionState.QUEUED: "It still waits for its agent. Edit or withdraw it instead.",
    InstructionState.SENT: "It has been sent to the agent. Wait for what becomes of it, or interrupt Claude.",
    InstructionState.TAKEN: "The agent has it already. Wait for what becomes of it, or interrupt Claude.",
    InstructionState.DONE: "Claude has it already. Interrupt Claude if it should not go on.",
    InstructionState.RETRIED: "It was sent again already.",
    InstructionState.DROPPED: "It was dropped already.",
    InstructionState.WITHDRAWN: "It was withdrawn already.",
}


def edit(
    connection: Connection, place: Place, instruction_id: str, text: str, instead_of: str | None
) -> Accepted[Instruction]:
    """Put another text into a prompt that waits. `instead_of` is what one saw there: Conflict when it has changed."""
    _find(connection, place, instruction_id)
    kept = instructions.lock_queued(connection, instruction_id)
    if kept is None:
        raise _too_late(connection, instruction_id)
    if kept.view.text is None:
        raise Conflict("It holds no text. Withdraw it instead.")
    if instead_of is not None and kept.view.text != instead_of:
        raise Conflict("Somebody has edited it meanwhile. Look at it, and edit it again.")
    instructions.rewrite(connection, instruction_id, _with_text(connection, kept, text), text)
    edited = replace(kept, view=kept.view.model_copy(update={"text": text}))
    return _told(place, edited)


def withdraw(
    connection: Connection, place: Place, instruction_id: str, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Take back what no link had. It keeps its place in the log, emptied and past its time (rule I-11).

    A start takes its session's waiting commands with it.
    """
    if _find(connection, place, instruction_id).kind is InstructionKind.TERMINATE_SESSION:
        raise Conflict("The end of a session is not taken back. Resume the session when it has ended.")
    settling = Settling(Passage.WITHDRAWN, "withdrawn", f"Withdrawn by {asker.username}.", now_ms)
    withdrawn = instructions.settle_one(connection, instruction_id, settling)
    if withdrawn is None:
        raise _too_late(connection, instruction_id)
    gone = [withdrawn]
    if withdrawn.view.kind is InstructionKind.START_SESSION:
        gone += instructions.settle_waiting_commands(connection, place.session_id, settling)
    told: list[Changed] = []
    for each in gone:
        instructions.rewrite(connection, each.view.id, _emptied(each), each.view.text)
        told += outcome.consequences(connection, each, now_ms)
    return Accepted(withdrawn.view, place.agent_id, (), tuple(told))


def retry(
    connection: Connection, place: Place, instruction_id: str, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Send a prompt again that was not done, or whose fate is unknown; an ended session is resumed with it.

    Claude knows it by the uuid it had, so that it is not run twice if it did arrive (rule I-12).
    """
    known = _find(connection, place, instruction_id)
    if known.text is None:
        raise Conflict("Only a prompt can be sent again. Do anew what you asked for.")
    budgets.require_money(connection, place.project_id, place.session_id, now_ms)
    settling = Settling(Passage.RETRIED, known.code, f"Sent again by {asker.username}.", now_ms)
    settled = instructions.settle_one(connection, instruction_id, settling)
    if settled is None:
        raise _too_late(connection, instruction_id)
    again = reissue(connection, place, known, asker, now_ms)
    return replace(again, told=(changes.instruction(place.project_id, settled.view), *again.told))


def drop(connection: Connection, place: Place, instruction_id: str, asker: Asker, now_ms: int) -> Accepted[Instruction]:
    """Settle what was not done, or whose fate is unknown: nobody means to do more about it."""
    known = _find(connection, place, instruction_id)
    settling = Settling(Passage.DROPPED, known.code, f"Dropped by {asker.username}.", now_ms)
    dropped = instructions.settle_one(connection, instruction_id, settling)
    if dropped is None:
        raise _too_late(connection, instruction_id)
    return _told(place, dropped)


def delete_session(connection: Connection, session_id: str) -> None:
    """Delete a session. What its agent has not received keeps its place in the agent's log, emptied (rule I-11)."""
    for kept in instructions.not_received(connection, session_id):
        instructions.orphan(connection, kept.view.id, _emptied(kept))
    sessions.remove(connection, session_id)


def reissue(
    connection: Connection, place: Place, known: Instruction, asker: Asker, now_ms: int
) -> Accepted[Instruction]:
    """Issue a known prompt as a new instruction, under the uuid by which Claude knows it."""
    assert known.text is not None
    new_id = str(uuid4())
    if place.state is SessionState.ENDED:
        images = prompt_images.of(connection, known.input_id) if known.images else ()
        resumed = resume(
            connection, place, known.text, asker, now_ms, images=images, start_id=new_id, input_id=known.input_id
        )
        started = instructions.get(connection, new_id)
        assert started is not None
        return Accepted(started, resumed.agent_id, resumed.issued, resumed.told)
    line = prompted.known_line(connection, known.text, known.input_id, known.images)
    return issue_command(
        connection,
        place,
        line,
        new_id,
        asker,
        now_ms,
        text=known.text,
        input_id=known.input_id,
        images=known.images,
    )


def _find(connection: Connection, place: Place, instruction_id: str) -> Instruction:
    found = instructions.get(connection, instruction_id)
    if found is None or found.session_id != place.session_id:
        raise NotFound
    return found


def _too_late(connection: Connection, instruction_id: str) -> Conflict:
    now = instructions.get(connection, instruction_id)
    if now is None:
        return Conflict("It is gone.")
    settled = now.state in (InstructionState.RETRIED, InstructionState.DROPPED, InstructionState.WITHDRAWN)
    why = now.message if settled else None
    return Conflict(why or _WHY_NOT.get(now.state) or f"It is {now.state.value}. Send it again, or drop it.")


def _with_text(connection: Connection, kept: Kept, text: str) -> str:
    """Return the body with another text in its prompt; its images stay."""
    images = prompt_images.of(connection, kept.view.input_id) if kept.view.images else ()
    if kept.view.kind is InstructionKind.START_SESSION:
        start = StartSession.model_validate_json(kept.body)
        given = prompted.given(start.mode, text, kept.view.input_id, images)
        return as_json(start.model_copy(update={"inputs": (given,)}))
    given = prompted.given(Mode.CHAT, text, kept.view.input_id, images)
    return as_json(Command.model_validate_json(kept.body).model_copy(update={"input": given}))


def _emptied(kept: Kept) -> str:
    """Return the body without what it said."""
    if kept.view.kind is InstructionKind.TERMINATE_SESSION:
        return kept.body
    if kept.view.kind is InstructionKind.START_SESSION:
        return as_json(StartSession.model_validate_json(kept.body).model_copy(update={"inputs": ()}))
    nothing = Input(id=kept.view.input_id, line=lines.nothing())
    return as_json(Command.model_validate_json(kept.body).model_copy(update={"input": nothing}))


def _told(place: Place, kept: Kept) -> Accepted[Instruction]:
    return Accepted(kept.view, place.agent_id, (), (changes.instruction(place.project_id, kept.view),))
