"""Prompts that wait until Claude has nothing to do: every function here is the inside of one transaction.

Sending takes a prompt out of the queue and issues it as the command of the same id, both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, InputInvalid, NotFound, TooMany
from claudios.server.bus.topics import Changed
from claudios.server.instructions import lines
from claudios.server.instructions.accept import Accepted, Asker, issue_command, require_living
from claudios.server.instructions.caretaker import Duty
from claudios.server.instructions.lifecycle import OPEN, InstructionState
from claudios.server.store import changes, instructions, items, prompts, sessions
from claudios.server.store.instructions import Instruction
from claudios.server.store.prompts import Queue
from claudios.server.store.sessions import Place

NEWS = ('"activity":"idle"', '"state":"running"', '{"type":"instruction"')
"""What of a change tells that a prompt may be due to be sent."""
MAX_PROMPTS = 50
MAX_CHARACTERS = 1_000_000


def add(connection: Connection, place: Place, prompt_id: str, text: str, asker: Asker, now_ms: int) -> Accepted[Queue]:
    """Have a prompt wait; the same again changes nothing. It is sent at once where Claude has nothing to do.

    Raises Conflict when the session has ended or the id is taken, TooMany.
    """
    require_living(place)
    known = instructions.get(connection, prompt_id)
    elsewhere = prompts.session_of(connection, prompt_id)
    if known is not None and (known.session_id, known.text) != (place.session_id, text):
        raise Conflict("This id was used for another command. Choose another.")
    if elsewhere not in (None, place.session_id):
        raise Conflict("This id was used for another prompt. Choose another.")
    now = prompts.queue(connection, place.session_id)
    if known is not None or elsewhere is not None:
        return Accepted(now, place.agent_id)
    if len(now.prompts) >= MAX_PROMPTS or sum(len(each.text) for each in now.prompts) + len(text) > MAX_CHARACTERS:
        raise TooMany(f"{len(now.prompts)} prompts wait in this session already. Send or withdraw some.")
    prompts.add(connection, place.session_id, prompt_id, text, asker.user_id, now_ms)
    released = release(connection, place.session_id, now_ms)
    return Accepted(*_queue(connection, place), released.issued, (*released.told, _told(connection, place)))


def edit(connection: Connection, place: Place, prompt_id: str, text: str, instead_of: str) -> Accepted[Queue]:
    """Put another text into a prompt that waits. Raises Conflict when it has changed, or does not wait any more."""
    _require_waiting(connection, place, prompt_id)
    if not prompts.rewrite(connection, place.session_id, prompt_id, text, instead_of):
        raise Conflict("Somebody has changed this prompt meanwhile. Look at it again.")
    return _changed(connection, place)


def arrange(connection: Connection, place: Place, order: Sequence[str]) -> Accepted[Queue]:
    """Put the prompts into this order. Raises Conflict when these are not the ones that wait."""
    waiting = [each.id for each in prompts.queue(connection, place.session_id).prompts]
    if len(set(order)) != len(order):
        raise InputInvalid("A prompt is named twice. Name each once.")
    if set(order) != set(waiting):
        raise Conflict("Other prompts wait by now. Look at them again.")
    prompts.arrange(connection, place.session_id, order)
    return _changed(connection, place)


def withdraw(connection: Connection, place: Place, prompt_id: str) -> Accepted[Queue]:
    """Take a prompt back. Raises Conflict when it does not wait any more."""
    _require_waiting(connection, place, prompt_id)
    prompts.take(connection, place.session_id, prompt_id)
    return _changed(connection, place)


def send(connection: Connection, place: Place, prompt_id: str, now_ms: int) -> Accepted[Instruction]:
    """Send a prompt now, whatever Claude does. Raises Conflict when it does not wait any more, or the session ended."""
    require_living(place)
    _require_waiting(connection, place, prompt_id)
    taken = prompts.take(connection, place.session_id, prompt_id)
    if taken is None:
        raise _gone()
    text, author_id = taken
    line = lines.user_message(text, prompt_id)
    sent = issue_command(connection, place, line, prompt_id, Asker(author_id), now_ms, text=text)
    seen = instructions.get(connection, prompt_id)
    assert seen is not None
    told = (changes.instruction(place.project_id, seen), _told(connection, place))
    return Accepted(seen, place.agent_id, sent.issued, told)


def release(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Send the next prompt where Claude runs and has nothing to do; return how many were sent."""
    place = sessions.place(connection, session_id)
    if place is None or session_id not in prompts.due(connection) or not _is_free(connection, session_id):
        return Accepted(0, "")
    first = prompts.queue(connection, session_id).prompts[0]
    sent = send(connection, place, first.id, now_ms)
    return Accepted(1, sent.agent_id, sent.issued, sent.told)


def _is_free(connection: Connection, session_id: str) -> bool:
    """Say whether Claude is through with the newest prompt: that it works on it is told later than it is sent."""
    newest = instructions.newest_prompt(connection, session_id)
    if newest is None:
        return True
    if newest.state in OPEN:
        return False
    return newest.state is not InstructionState.DONE or items.is_settled(connection, session_id, newest.input_id)


def _require_waiting(connection: Connection, place: Place, prompt_id: str) -> None:
    if prompts.session_of(connection, prompt_id) == place.session_id:
        return
    known = instructions.get(connection, prompt_id)
    if known is not None and known.session_id == place.session_id:
        raise _gone()
    raise NotFound


def _gone() -> Conflict:
    return Conflict("It does not wait any more: it was sent or withdrawn.")


def _changed(connection: Connection, place: Place) -> Accepted[Queue]:
    return Accepted(*_queue(connection, place), told=(_told(connection, place),))


def _queue(connection: Connection, place: Place) -> tuple[Queue, str]:
    return prompts.queue(connection, place.session_id), place.agent_id


def _told(connection: Connection, place: Place) -> Changed:
    return changes.queue(place.project_id, prompts.queue(connection, place.session_id))


DUTIES = (Duty(prompts.due, release),)
