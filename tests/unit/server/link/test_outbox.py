"""What an agent is told next: what replaces what, in which order, and how much at once."""

from __future__ import annotations

import asyncio

from claudios.protocol.codec import decode_from_server, encode
from claudios.protocol.messages import (
    Ack,
    Instruction,
    InstructionKind,
    Reported,
    Rewind,
    ServerMessage,
    Tune,
    Typed,
)
from claudios.server.link.outbox import MAX_TAKEN_BYTES, MAX_TYPED, Outbox

ONE, TWO = (f"{digit * 8}-89ab-4cde-8f01-23456789abcd" for digit in "12")
UNSIGNED = "0" * 64
HALF = MAX_TAKEN_BYTES // 2 - len('""')
"""The length of a text of which two fit into a message, as JSON."""


def ack(session_id: str, seq: int) -> Ack:
    return Ack(session_id=session_id, seq=seq)


def instruction(iseq: int, size: int = 10, letter: str = "x") -> Instruction:
    body, kind = letter * size, InstructionKind.COMMAND
    return Instruction(iseq=iseq, id=str(iseq), kind=kind, body=body, issued_ms=1, expires_ms=2, signature=UNSIGNED)


def typed(n: int, size: int = 10) -> Typed:
    return Typed(session_id=ONE, n=n, body="x" * size, signature=UNSIGNED)


def put(outbox: Outbox, *messages: ServerMessage) -> Outbox:
    outbox.put(messages)
    return outbox


def test_of_a_session_only_the_newest_acknowledgement_is_told_in_its_own_place() -> None:
    outbox = put(Outbox(), ack(ONE, 1), ack(TWO, 5), ack(ONE, 2))
    assert outbox.take() == [ack(TWO, 5), ack(ONE, 2)]


def test_a_rewind_replaces_no_acknowledgement() -> None:
    rewind = Rewind(session_id=ONE, seq=1, head=UNSIGNED, code="out_of_order", message="")
    assert put(Outbox(), ack(ONE, 3), rewind).take() == [ack(ONE, 3), rewind]


def test_reports_are_confirmed_together_and_none_is_forgotten() -> None:
    first, second = Reported(instruction_ids=("a",)), Reported(instruction_ids=("b", "c"))
    assert put(Outbox(), first, second).take() == [Reported(instruction_ids=("a", "b", "c"))]


def test_of_tunes_only_the_newest_is_told() -> None:
    old, new = (Tune(watched=watched) for watched in ((ONE,), (TWO,)))
    assert put(Outbox(), old, new).take() == [new]


def test_instructions_are_told_in_order_and_each_once() -> None:
    sent = [instruction(number) for number in range(1, 4)]
    outbox = put(Outbox(), *sent)
    assert outbox.take() == sent
    assert outbox.take() == []
    assert outbox.is_empty()


def test_what_does_not_fit_into_one_message_comes_in_the_next() -> None:
    sent = [instruction(1, HALF), instruction(2, HALF), instruction(3, HALF)]
    outbox = put(Outbox(), *sent)
    assert outbox.take() == sent[:2]
    assert not outbox.is_empty()
    assert outbox.take() == sent[2:]


def test_what_is_taken_fits_into_one_message_however_much_json_makes_of_it() -> None:
    """Several prompts full of quotation marks made a message that the agent refused, again and again."""
    sent = [instruction(iseq, 1_000_000, '"') for iseq in range(1, 5)]
    outbox = put(Outbox(), *sent)
    taken: list[object] = []
    while not outbox.is_empty():
        taken += decode_from_server(encode(outbox.take()))
    assert taken == sent


def test_a_single_instruction_that_is_larger_than_that_is_told_alone() -> None:
    sent = [instruction(1, MAX_TAKEN_BYTES + 1), instruction(2)]
    outbox = put(Outbox(), *sent)
    assert [outbox.take(), outbox.take()] == [sent[:1], sent[1:]]


def test_only_so_much_that_was_typed_waits() -> None:
    outbox = put(Outbox(), *[typed(number) for number in range(1, MAX_TYPED)])
    assert outbox.has_room_to_type()
    outbox.put([typed(MAX_TYPED)])
    assert not outbox.has_room_to_type()
    assert len(outbox.take()) == MAX_TYPED
    assert outbox.has_room_to_type()


def test_what_was_typed_and_stays_behind_still_counts() -> None:
    outbox = put(Outbox(), *[typed(number, HALF) for number in range(1, MAX_TYPED + 1)])
    assert len(outbox.take()) == 2
    assert outbox.has_room_to_type()
    outbox.put([typed(1), typed(2)])
    assert not outbox.has_room_to_type()


async def test_who_waits_is_woken_by_something_and_not_by_nothing() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.ready())
    outbox.put([])
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.put([ack(ONE, 1)])
    await waiting


async def test_a_carrier_that_took_a_part_is_woken_for_the_rest_at_once() -> None:
    outbox = put(Outbox(), instruction(1, MAX_TAKEN_BYTES), instruction(2))
    outbox.take()
    await outbox.ready()
    outbox.take()
    waiting = asyncio.create_task(outbox.ready())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
