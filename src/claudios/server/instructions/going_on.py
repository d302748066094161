"""Sessions that a usage limit of their account has stopped, and that go on by themselves once it has reset.

The id of what is said then is made of the session and of the frame that ended the stopped turn. It is issued in the
transaction in which the stop counts as over: once, whatever becomes of this server or a second one meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict
from claudios.protocol.messages import SessionState
from claudios.server.bus.topics import Changed
from claudios.server.instructions.accept import START_TTL_MS, Accepted, Asker, issue_prompt
from claudios.server.instructions.caretaker import Duty
from claudios.server.instructions.starting import resume
from claudios.server.instructions.waiting import is_free
from claudios.server.store import asked, budgets, changes, instructions, plan_limits, prompts, reopening, sessions
from claudios.server.store.plan_limits import Due
from claudios.server.store.sessions import Place, Session

SWEEP_SECONDS = 10.0
"""Nothing but time tells that something is due."""


def prompt_id(session_id: str, seq: int) -> str:
    """Return the id of what is said by itself after the turn that frame `seq` ended."""
    return str(uuid5(UUID(session_id), f"limit {seq}"))


def due(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions whose limit has reset and that are to go on, where nothing has to come first.

    While the newest prompt is open, for days perhaps, a session is not due: a look at it would write nothing.
    """
    found = plan_limits.due(connection, now_ms)
    ready = [session_id for session_id in found if _next(connection, session_id, now_ms) is not None]
    return budgets.with_money(connection, ready, now_ms)


def go_on(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Have a session go on whose limit has reset; return how many instructions that took."""
    nothing = Accepted(0, "")
    coming = _next(connection, session_id, now_ms)
    if coming is None:
        return nothing
    place, stop, is_over = coming
    if is_over:
        plan_limits.settle(connection, session_id)
        return replace(nothing, told=_now(connection, session_id))
    if not budgets.has_money(connection, place.project_id, session_id, now_ms):
        return nothing
    if not plan_limits.take(connection, session_id, stop.seq):
        return nothing
    said = _say(connection, place, stop, now_ms)
    return Accepted(len(said.issued), place.agent_id, said.issued, (*said.told, *_now(connection, session_id)))


def set_prompt(connection: Connection, session_id: str, prompt: str | None, now_ms: int) -> Accepted[Session]:
    """Say with what a session goes on once a limit that stopped it has reset; None: it waits for a person."""
    plan_limits.set_prompt(connection, session_id, prompt, now_ms)
    return _seen(connection, session_id)


def cancel(connection: Connection, session_id: str) -> Accepted[Session]:
    """Have a stopped session wait for a person, this time. Raises Conflict where it does not wait for a reset."""
    if not plan_limits.cancel(connection, session_id):
        raise Conflict("This session does not wait for a limit to reset any more. Look at it again.")
    return _seen(connection, session_id)


def archive(connection: Connection, session_id: str, now_ms: int) -> bool:
    """Put a session out of the way, where it does not go on by itself; say whether it has ended, or else it stays."""
    if not sessions.archive(connection, session_id, now_ms):
        return False
    plan_limits.cancel(connection, session_id)
    return True


def bring_back(connection: Connection, session_id: str) -> None:
    """Bring an archived session back into the lists. It waits for a person: nobody expects that it goes on now."""
    plan_limits.cancel(connection, session_id)
    sessions.unarchive(connection, session_id)


def _next(connection: Connection, session_id: str, now_ms: int) -> tuple[Place, Due, bool] | None:
    """Return where a session goes on, after which stop, and whether nothing is to be said; None: not now."""
    place = sessions.place(connection, session_id)
    stop = plan_limits.due_now(connection, session_id, now_ms)
    if place is None or stop is None or reopening.to_resume(connection, session_id):
        return None  # what was lost is resumed first, with what it was at
    if _is_over(connection, place, stop):
        return place, stop, True
    return (place, stop, False) if is_free(connection, session_id) else None


def _is_over(connection: Connection, place: Place, stop: Due) -> bool:
    """Say whether nothing is to be said: somebody asked for the end, or the id is taken: people choose ids too."""
    new_id = prompt_id(place.session_id, stop.seq)
    is_taken = instructions.get(connection, new_id) is not None or prompts.session_of(connection, new_id) is not None
    starts = asked.newest_starts(connection, place.session_id)
    return is_taken or not starts or asked.is_stop_asked(connection, place.session_id, starts[0].iseq)


def _say(connection: Connection, place: Place, stop: Due, now_ms: int) -> Accepted[object]:
    new_id = prompt_id(place.session_id, stop.seq)
    if place.state is SessionState.ENDED:
        resumed = resume(connection, place, stop.prompt, Asker(), now_ms, start_id=new_id)
        return Accepted(resumed.answer, resumed.agent_id, resumed.issued, resumed.told)
    sent = issue_prompt(connection, place, stop.prompt, new_id, Asker(), now_ms, ttl_ms=START_TTL_MS)
    return Accepted(sent.answer, sent.agent_id, sent.issued, sent.told)


def _seen(connection: Connection, session_id: str) -> Accepted[Session]:
    found = sessions.get(connection, session_id)
    assert found is not None
    return Accepted(found, found.agent_id, told=(changes.of_session(found),))


def _now(connection: Connection, session_id: str) -> tuple[Changed, ...]:
    told = changes.session(connection, session_id)
    return () if told is None else (told,)


DUTIES = (Duty(due, go_on),)
