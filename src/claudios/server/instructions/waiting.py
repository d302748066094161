"""Prompts that wait until Claude has nothing to do: every function here is the inside of one transaction.

Sending takes a prompt out of the queue and issues it as the command of the same id, both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, InputInvalid, NotFound, TooMany
from claudios.protocol.messages import StartSession
from claudios.server.bus.topics import Changed
from claudios.server.instructions import prompted
from claudios.server.instructions.accept import Accepted, Asker, issue_prompt, require_conversation
from claudios.server.instructions.caretaker import Duty
from claudios.server.instructions.lifecycle import OPEN, InstructionState
from claudios.server.store import asked, budgets, changes, instructions, items, prompt_images, prompts, sessions
from claudios.server.store.instructions import Instruction
from claudios.server.store.prompts import Queue
from claudios.server.store.sessions import Place

NEWS = ('"activity":"idle"', '"state":"running"', '{"type":"instruction"')
"""What of a change tells that a prompt may be due to be sent."""
SWEEP_SECONDS = 1.5
"""A prompt whose wake-up was lost is sent within two seconds, as an instruction is (`link.links`)."""
MAX_PROMPTS = 50
MAX_CHARACTERS = 1_000_000
MAX_IMAGES = 24
"""How many images wait in a session, of all prompts together."""


def add(
    connection: Connection,
    place: Place,
    prompt_id: str,
    text: str,
    asker: Asker,
    now_ms: int,
    *,
    images: Sequence[bytes] = (),
) -> Accepted[Queue]:
    """Have a prompt wait; the same again changes nothing, also where somebody has withdrawn it meanwhile.

    It is sent at once where Claude has nothing to do.

    Raises Conflict when the session has ended or the id is taken, TooMany, InputInvalid for too much in one prompt.
    """
    known = instructions.get(connection, prompt_id)
    elsewhere = prompts.session_of(connection, prompt_id) or prompts.withdrawn_from(connection, prompt_id)
    is_ours = known is None or known.session_id == place.session_id
    if known is not None and not (is_ours and prompted.is_same(connection, known, text, images)):
        raise Conflict("This id was used for another command. Choose another.")
    if elsewhere not in (None, place.session_id):
        raise Conflict("This id was used for another prompt. Choose another.")
    now = prompts.queue(connection, place.session_id)
    if known is not None or elsewhere is not None:
        return Accepted(now, place.agent_id)
    require_conversation(place)
    _require_room(now, len(now.prompts) + 1, len(text), len(images))
    prompted.line(text, prompt_id, images)  # it must fit when its time comes
    prompted.keep(connection, place.session_id, prompt_id, images)
    prompts.add(connection, place.session_id, prompt_id, text, asker.user_id, now_ms, images=len(images))
    released = release(connection, place.session_id, now_ms)
    return Accepted(*_queue(connection, place), released.issued, (*released.told, _told(connection, place)))


def edit(connection: Connection, place: Place, prompt_id: str, text: str, instead_of: str) -> Accepted[Queue]:
    """Put another text into a prompt that waits.

    Raises Conflict when it has changed, or does not wait any more, TooMany.
    """
    _require_waiting(connection, place, prompt_id)
    now = prompts.queue(connection, place.session_id)
    _require_room(now, len(now.prompts), len(text) - len(instead_of))
    prompted.line(text, prompt_id, prompt_images.of(connection, prompt_id))
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
    prompts.withdraw(connection, place.session_id, prompt_id)
    prompt_images.remove(connection, prompt_id)
    return _changed(connection, place)


def send(connection: Connection, place: Place, prompt_id: str, now_ms: int) -> Accepted[Instruction]:
    """Send a prompt now, whatever Claude does.

    Raises Conflict when it does not wait any more, or the session ended, BudgetSpent.
    """
    require_conversation(place)
    _require_waiting(connection, place, prompt_id)
    budgets.require_money(connection, place.project_id, place.session_id, now_ms)
    return _send(connection, place, prompt_id, now_ms)


def due(connection: Connection, now_ms: int) -> list[str]:
    """Return the sessions in which prompts wait, Claude has nothing to do, and no budget is used up."""
    return budgets.with_money(connection, prompts.due(connection), now_ms)


def release(connection: Connection, session_id: str, now_ms: int) -> Accepted[int]:
    """Send the next prompt where Claude runs and has nothing to do; return how many were sent.

    Where a budget is used up they wait on: for more money, or for the day on which there is some.
    """
    place = sessions.place(connection, session_id)
    if place is None or not prompts.due(connection, session_id) or not is_free(connection, session_id):
        return Accepted(0, "")
    if not budgets.has_money(connection, place.project_id, session_id, now_ms):
        return Accepted(0, "")
    first = prompts.queue(connection, session_id).prompts[0]
    sent = _send(connection, place, first.id, now_ms)
    return Accepted(1, sent.agent_id, sent.issued, sent.told)


def is_free(connection: Connection, session_id: str) -> bool:
    """Say whether Claude is through with the newest prompt: that it works on it is told later than it is sent."""
    newest = asked.newest_prompt(connection, session_id)
    if newest is None:
        return True
    if newest.state in OPEN:
        return False
    if newest.state is not InstructionState.DONE or items.is_settled(connection, session_id, newest.input_id):
        return True
    return _is_left_behind(connection, session_id, newest)


def _send(connection: Connection, place: Place, prompt_id: str, now_ms: int) -> Accepted[Instruction]:
    """Send a prompt that there is money for. Raises Conflict when somebody else has taken it."""
    taken = prompts.take(connection, place.session_id, prompt_id)
    if taken is None:
        raise _gone()
    author = Asker(taken.author_id)
    sent = issue_prompt(connection, place, taken.text, prompt_id, author, now_ms, images=taken.images)
    seen = instructions.get(connection, prompt_id)
    assert seen is not None
    titled = sent.told[1:]  # the first tells of the instruction without its author's name
    told = (*titled, changes.instruction(place.project_id, seen), _told(connection, place))
    return Accepted(seen, place.agent_id, sent.issued, told)


def _is_left_behind(connection: Connection, session_id: str, prompt: Instruction) -> bool:
    """Say whether a prompt was given to an earlier process only: its end may be missing in the log for good."""
    newest = asked.newest_starts(connection, session_id)[0]
    given = [entry.id for entry in StartSession.model_validate_json(newest.body).inputs]
    later = asked.prompts_between(connection, session_id, (prompt.state,), newest.iseq)
    return prompt.input_id not in given and prompt.id not in [each.id for each in later]


def _require_room(now: Queue, count: int, more: int, images: int = 0) -> None:
    """Raise TooMany where `count` prompts, with so many characters and images more, are not to wait."""
    is_long = more > 0 and sum(len(each.text) for each in now.prompts) + more > MAX_CHARACTERS
    is_heavy = images > 0 and sum(each.images for each in now.prompts) + images > MAX_IMAGES
    if count > MAX_PROMPTS or is_long or is_heavy:
        raise TooMany(
            f"In a session {MAX_PROMPTS} prompts wait at most, {MAX_CHARACTERS:,} characters and {MAX_IMAGES} images "
            "together. Send or withdraw some."
        )


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


DUTIES = (Duty(due, release),)
