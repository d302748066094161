"""Sessions that resume by themselves: each loss leads to one start, and what had not begun is asked for again.

The id of the start is made of session and epoch, so that neither a crash nor a second replica doubles it. The turn that
was cut off is Claude's own to go on with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Connection

from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from claudios.protocol.messages import Input, InstructionKind, Mode, SessionState, StartSession
from claudios.server.bus.topics import Changed
from claudios.server.instructions import prompted
from claudios.server.instructions.accept import START_TTL_MS, Accepted, Asker, as_json, issue_command
from claudios.server.instructions.caretaker import Duty
from claudios.server.instructions.lifecycle import InstructionState, Issued, Passage
from claudios.server.instructions.revise import reissue
from claudios.server.instructions.starting import about_session, next_epoch
from claudios.server.store import asked, budgets, changes, instructions, items, log, prompts, reopening, sessions
from claudios.server.store.asked import Began
from claudios.server.store.instructions import Instruction, Settling
from claudios.server.store.issuing import MAX_BODY_BYTES, Draft, in_message
from claudios.server.store.sessions import Place, Resume

BY_ITSELF = "Sent again by itself: the session was lost before Claude had it."
CARRIED = "Sent again by itself: Claude had it, and the session was lost before it was done."
_PERHAPS_GIVEN = (InstructionState.SENT, InstructionState.TAKEN, InstructionState.DONE, InstructionState.UNKNOWN)
"""Claude may have such a prompt: the machine that would tell was cut off, and its log may be ahead of its reports."""
READ_BYTES = 1024 * 1024
MAX_READS = 8
"""So much of a terminal's log is read for the prompts of its start. They are typed early: else they count as typed."""
SWEEP_SECONDS = 30.0
"""A session that was lost has been away for longer than that."""
NEWS = ('"reason":"lost"', '"state":"session_lost"')
"""What of a change tells that something may be due here."""


def start_id(session_id: str, epoch: int) -> str:
    """Return the id of the one start by which a session resumes by itself as this epoch."""
    return str(uuid5(UUID(session_id), f"resume {epoch}"))


def to_resume(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions that are to be resumed by themselves, where no budget is used up."""
    return budgets.with_money(connection, reopening.to_resume(connection), now_ms)


def to_ask_again(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions with prompts that were lost and may be issued once more, where no budget is used up."""
    return budgets.with_money(connection, asked.with_lost_prompts(connection), now_ms)


def resume_by_itself(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Have a lost session started again with what it had last; return how many instructions that took."""
    place = sessions.place(connection, session_id)
    starts = asked.newest_starts(connection, session_id)
    nothing = Accepted(0, "")
    if place is None or not starts or not reopening.to_resume(connection, session_id):
        return nothing
    if asked.is_stop_asked(connection, session_id, starts[0].iseq):
        sessions.set_resume(connection, session_id, Resume.MANUAL)  # somebody wanted it to end
        return nothing
    if _is_taken(connection, start_id(session_id, place.epoch + 1)):
        sessions.set_resume(connection, session_id, Resume.MANUAL)  # people choose ids too, and this one can be known
        return nothing
    if not budgets.has_money(connection, place.project_id, session_id, now_ms):
        return nothing  # it is due still, once there is money again
    carry = _carried if place.mode is Mode.CHAT else _untyped
    carried = carry(connection, session_id, starts[0])
    bare = next_epoch(connection, place, place.mode, (), goes_on=True)
    inputs = _fitting(bare, tuple(carried.values()))
    body = bare.model_copy(update={"inputs": inputs})
    if not reopening.reopen(connection, session_id, place.epoch, place.mode, now_ms, by_itself=True):
        return nothing
    draft = Draft(
        start_id(session_id, body.epoch),
        InstructionKind.START_SESSION,
        session_id,
        as_json(body),
        now_ms + START_TTL_MS,
    )
    started = about_session(connection, place.agent_id, draft, Asker(), now_ms)
    beside = _give(
        connection, replace(place, state=SessionState.QUEUED), tuple(carried.values())[len(inputs) :], now_ms
    )
    issued = (*started.issued, *beside.issued)
    told = [*started.told, *beside.told, *_settle_carried(connection, place, starts[0], carried, now_ms)]
    return Accepted(len(issued), started.agent_id, issued, tuple(told))


def ask_again(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Issue once more, in order, what was lost with the process before the one that was started by itself."""
    place = sessions.place(connection, session_id)
    starts = asked.newest_starts(connection, session_id)
    if place is None or not _is_resumed_by_itself(place, starts):
        return Accepted(0, "")
    newest, before = starts
    lost = asked.prompts_between(connection, session_id, (InstructionState.SESSION_LOST,), before.iseq, newest.iseq)
    lost = [prompt for prompt in lost if prompt.input_id == prompt.id]  # the others were tried again before
    if not lost or not budgets.has_money(connection, place.project_id, session_id, now_ms):
        return Accepted(0, "")
    issued: list[Issued] = []
    told: list[Changed] = []
    for prompt in lost:
        settled = instructions.settle_one(connection, prompt.id, Settling(Passage.RETRIED, None, BY_ITSELF, now_ms))
        if settled is None:
            continue
        again = reissue(connection, place, prompt, Asker(), now_ms)
        issued += again.issued
        told += [changes.instruction(place.project_id, settled.view), *again.told]
    return Accepted(len(issued), place.agent_id, tuple(issued), tuple(told))


def _is_taken(connection: Connection, new_id: str) -> bool:
    return instructions.get(connection, new_id) is not None or prompts.session_of(connection, new_id) is not None


def _is_resumed_by_itself(place: Place, starts: list[Began]) -> bool:
    is_living = place.state is not SessionState.ENDED
    return is_living and len(starts) == 2 and starts[0].id == start_id(place.session_id, place.epoch)


def _carried(connection: Connection, session_id: str, newest: Began) -> dict[str, Input]:
    """Return, by uuid and in order, what was given to the process that is lost and not seen through.

    These are prompts of its cut-off turn and of Claude's own queue. The log tells, whatever has been reported: a report
    may still be on its way. What is reported as done and missing in the log went with the end of the machine's disk.
    The uuid stays: what stands in Claude's transcript already, it goes on with or leaves alone, and runs nothing twice
    (rule I-12). What the server has sent again by itself goes along too, though Claude never had it.
    """
    given = {entry.id: entry for entry in StartSession.model_validate_json(newest.body).inputs}
    confirmed = set(given)
    states = (*_PERHAPS_GIVEN, InstructionState.SESSION_LOST)
    for prompt in asked.prompts_between(connection, session_id, states, newest.iseq):
        if prompt.state is InstructionState.SESSION_LOST and not _is_by_itself(prompt):
            continue
        assert prompt.text is not None
        line = prompted.known_line(connection, prompt.text, prompt.input_id, prompt.images)
        given[prompt.input_id] = Input(id=prompt.input_id, line=line)
        if prompt.state in (InstructionState.DONE, InstructionState.SESSION_LOST):
            confirmed.add(prompt.input_id)
    is_done = items.prompts_done(connection, session_id, given)
    not_done = [uuid for uuid, done in is_done.items() if not done]
    missing = [uuid for uuid in given if uuid in confirmed and uuid not in is_done]
    return {uuid: given[uuid] for uuid in (*not_done, *missing)}


def _is_by_itself(prompt: Instruction) -> bool:
    """Say whether the server itself has sent a prompt again: nobody looks after it."""
    return prompt.created_by is None and prompt.input_id != prompt.id


def _untyped(connection: Connection, session_id: str, newest: Began) -> dict[str, Input]:
    """Return, by id and in order, the prompts of a lost terminal's start of which its log does not tell (rule V-5)."""
    start = StartSession.model_validate_json(newest.body)
    left = {entry.id: entry for entry in start.inputs}
    seq = start.first_seq - 1
    for _ in range(MAX_READS):
        stretches = log.stretches_after(connection, session_id, seq, READ_BYTES) if left else ()
        if not stretches:
            return left
        for stretch in stretches:
            seq = stretch.last_seq
            for taken in _inputs_in(stretch.frames):
                left.pop(taken, None)
    return {}


def _inputs_in(frames: bytes) -> Iterator[str]:
    """Yield the ids of the inputs that encoded frames tell of."""
    for found in locate(frames):
        if found.stream is Stream.EVENT:
            event = orjson.loads(frames[found.start + HEADER_BYTES : found.end])
            if event.get("event") == "input":
                yield str(event.get("id"))


def _fitting(start: StartSession, inputs: tuple[Input, ...]) -> tuple[Input, ...]:
    """Return as many of the inputs, from the first, as fit into one message with their start."""
    left = MAX_BODY_BYTES - in_message(as_json(start))
    for count, entry in enumerate(inputs):
        left -= in_message(as_json(entry))
        if left < 0:
            return inputs[:count]
    return inputs


def _give(connection: Connection, place: Place, inputs: Sequence[Input], now_ms: int) -> Accepted[int]:
    """Issue what the start has no room for, each as a command behind it, under the uuid by which Claude knows it."""
    issued: list[Issued] = []
    told: list[Changed] = []
    for entry in inputs:
        known = instructions.get(connection, entry.id)
        given = issue_command(
            connection,
            place,
            entry.line,
            str(uuid4()),
            Asker(),
            now_ms,
            ttl_ms=START_TTL_MS,
            text=known.text if known else None,
            input_id=entry.id,
            images=known.images if known else 0,
        )
        issued += given.issued
        told += given.told
    return Accepted(len(issued), place.agent_id, tuple(issued), tuple(told))


def _settle_carried(
    connection: Connection, place: Place, newest: Began, carried: Collection[str], now_ms: int
) -> Iterator[Changed]:
    """Settle what the machine could not tell of, or lost, and is sent again: nobody has to ask for it once more."""
    states = (InstructionState.UNKNOWN, InstructionState.SESSION_LOST)
    for prompt in asked.prompts_between(connection, place.session_id, states, newest.iseq):
        is_lost = prompt.state is InstructionState.SESSION_LOST
        settling = Settling(Passage.RETRIED, prompt.code, BY_ITSELF if is_lost else CARRIED, now_ms)
        if prompt.input_id in carried and (settled := instructions.settle_one(connection, prompt.id, settling)):
            yield changes.instruction(place.project_id, settled.view)


DUTIES = (Duty(to_resume, resume_by_itself), Duty(to_ask_again, ask_again))
