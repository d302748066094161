"""Sessions that resume by themselves: each loss leads to one start, and what had not begun is asked for again.

The id of the start is made of session and epoch, so that neither a crash nor a second replica doubles it. The turn that
was cut off is Claude's own to go on with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID, uuid5

from sqlalchemy import Connection

from claudios.protocol.messages import Input, InstructionKind, SessionState, StartSession
from claudios.server.bus.topics import Changed
from claudios.server.instructions import lines
from claudios.server.instructions.accept import START_TTL_MS, Accepted, Asker, about_session, as_json, next_epoch
from claudios.server.instructions.caretaker import Duty
from claudios.server.instructions.lifecycle import InstructionState, Issued, Passage
from claudios.server.instructions.revise import reissue
from claudios.server.store import changes, instructions, items, sessions
from claudios.server.store.instructions import Began, Draft, Settling
from claudios.server.store.sessions import Place, Resume

BY_ITSELF = "Sent again by itself: the session was lost before Claude had it."
CARRIED = "Sent again by itself: Claude had it, and the session was lost before it was done."
_PERHAPS_GIVEN = (InstructionState.SENT, InstructionState.TAKEN, InstructionState.DONE, InstructionState.UNKNOWN)
"""Claude may have such a prompt: the machine that would tell was cut off, and its log may be ahead of its reports."""
NEWS = ('"reason":"lost"', '"state":"session_lost"')
"""What of a change tells that something may be due here."""


def start_id(session_id: str, epoch: int) -> str:
    """Return the id of the one start by which a session resumes by itself as this epoch."""
    return str(uuid5(UUID(session_id), f"resume {epoch}"))


def resume_by_itself(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Have a lost session started again with what it had last; return how many instructions that took."""
    place = sessions.place(connection, session_id)
    starts = instructions.newest_starts(connection, session_id)
    nothing = Accepted(0, "")
    if place is None or not starts or not sessions.to_resume(connection, session_id):
        return nothing
    if instructions.is_stop_asked(connection, session_id, starts[0].iseq):
        sessions.set_resume(connection, session_id, Resume.MANUAL)  # somebody wanted it to end
        return nothing
    carried = _carried(connection, session_id, starts[0])
    body = next_epoch(connection, place, tuple(carried.values()), goes_on=True)
    if not sessions.reopen(connection, session_id, place.epoch, now_ms, by_itself=True):
        return nothing
    draft = Draft(
        start_id(session_id, body.epoch),
        InstructionKind.START_SESSION,
        session_id,
        as_json(body),
        now_ms + START_TTL_MS,
    )
    started = about_session(connection, place.agent_id, draft, Asker(), now_ms)
    told = [*started.told, *_settle_unknown(connection, place, starts[0], carried, now_ms)]
    return Accepted(len(started.issued), started.agent_id, started.issued, tuple(told))


def ask_again(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Issue once more, in order, what was lost with the process before the one that was started by itself."""
    place = sessions.place(connection, session_id)
    starts = instructions.newest_starts(connection, session_id)
    if place is None or not _is_resumed_by_itself(place, starts):
        return Accepted(0, "")
    newest, before = starts
    lost = instructions.prompts_between(
        connection, session_id, (InstructionState.SESSION_LOST,), before.iseq, newest.iseq
    )
    issued: list[Issued] = []
    told: list[Changed] = []
    for prompt in lost:
        if prompt.input_id != prompt.id:
            continue  # it was tried again before
        settled = instructions.settle_one(connection, prompt.id, Settling(Passage.RETRIED, None, BY_ITSELF, now_ms))
        if settled is None:
            continue
        again = reissue(connection, place, prompt, Asker(), now_ms)
        issued += again.issued
        told += [changes.instruction(place.project_id, settled.view), *again.told]
    return Accepted(len(issued), place.agent_id, tuple(issued), tuple(told))


def _is_resumed_by_itself(place: Place, starts: list[Began]) -> bool:
    is_living = place.state is not SessionState.ENDED
    return is_living and len(starts) == 2 and starts[0].id == start_id(place.session_id, place.epoch)


def _carried(connection: Connection, session_id: str, newest: Began) -> dict[str, Input]:
    """Return, by uuid and in order, what was given to the process that is lost and not seen through.

    These are prompts of its cut-off turn and of Claude's own queue. The log tells, whatever has been reported: a report
    may still be on its way. What is reported as done and missing in the log went with the end of the machine's disk.
    The uuid stays: what stands in Claude's transcript already, it goes on with or leaves alone, and runs nothing twice
    (rule I-12).
    """
    given = {entry.id: entry for entry in StartSession.model_validate_json(newest.body).inputs}
    confirmed = set(given)
    for prompt in instructions.prompts_between(connection, session_id, _PERHAPS_GIVEN, newest.iseq):
        assert prompt.text is not None
        given[prompt.input_id] = Input(id=prompt.input_id, line=lines.user_message(prompt.text, prompt.input_id))
        if prompt.state is InstructionState.DONE:
            confirmed.add(prompt.input_id)
    is_done = items.prompts_done(connection, session_id, given)
    not_done = [uuid for uuid, done in is_done.items() if not done]
    missing = [uuid for uuid in given if uuid in confirmed and uuid not in is_done]
    return {uuid: given[uuid] for uuid in (*not_done, *missing)}


def _settle_unknown(
    connection: Connection, place: Place, newest: Began, carried: Collection[str], now_ms: int
) -> Iterator[Changed]:
    """Settle what the machine could not tell of and is sent again: nobody has to ask for it once more."""
    unknown = instructions.prompts_between(connection, place.session_id, (InstructionState.UNKNOWN,), newest.iseq)
    for prompt in unknown:
        settling = Settling(Passage.RETRIED, prompt.code, CARRIED, now_ms)
        if prompt.input_id in carried and (settled := instructions.settle_one(connection, prompt.id, settling)):
            yield changes.instruction(place.project_id, settled.view)


DUTIES = (Duty(sessions.to_resume, resume_by_itself), Duty(instructions.with_lost_prompts, ask_again))
