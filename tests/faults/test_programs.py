"""Programs that will not end, leave children behind, print a line without end, or bytes that are no text."""

from __future__ import annotations

import time

import pytest

from claudios.protocol.frame import Stream
from claudios.shim.processes import marked
from tests.faults.case import MIB, Case
from tests.faults.memory import rss_bytes
from tests.faults.product import Product
from tests.helpers import fake_cli

GONE_SECONDS = 2.0
GOODBYE = "--goodbye farewell"
IMPOLITE = f"--initialize --impolite --emit 1000 --wait-lines 1 {GOODBYE}"


@pytest.mark.fault("P1")
@pytest.mark.parametrize(
    ("options", "within_seconds", "last"),
    [
        (f"{IMPOLITE} --ignore SIGINT,SIGTERM", 5, b"farewell\n"),
        (f"{IMPOLITE} --ignore SIGINT --linger", 10, b"farewell\n"),
        (f"{IMPOLITE} --ignore SIGINT,SIGTERM --linger", 15, fake_cli.line(12, 80)),
    ],
    ids=["end-of-input", "sigterm", "nothing"],
)
async def test_a_program_that_obeys_so_much_has_ended_by_then_and_its_last_message_is_stored(
    case: Case, product: Product, options: str, within_seconds: float, last: bytes
) -> None:
    session_id = await product.start_session(options)

    async def has_printed() -> bool:
        return len(await product.lines(session_id)) == 13

    await product.until(has_printed)
    begun = time.monotonic()
    await product.terminate(session_id)
    ended = await product.until_state(session_id, "ended")
    took = time.monotonic() - begun
    case.recovered(took)
    assert took < within_seconds
    assert ended["reason"] == "terminated"
    emitted = [fake_cli.line(n, 80) for n in range(13)]
    case.judge(emitted if last in emitted else [*emitted, last], await product.lines(session_id))
    assert not marked(f"{session_id}:1")


@pytest.mark.fault("P2")
@pytest.mark.parametrize("keeps", ["", " --children-keep-output"])
async def test_children_that_left_the_process_group_end_with_the_session(
    case: Case, product: Product, keeps: str
) -> None:
    session_id = await product.start_session(f"--initialize --children 3{keeps}")

    async def has_children() -> bool:
        return len(marked(f"{session_id}:1")) == 4

    async def are_gone() -> bool:
        return not marked(f"{session_id}:1")

    await product.until(has_children)
    await product.terminate(session_id)
    await product.until_state(session_id, "ended")
    begun = time.monotonic()
    await product.until(are_gone)
    took = time.monotonic() - begun
    case.recovered(took)
    assert took <= GONE_SECONDS


@pytest.mark.fault("P4")
async def test_a_line_of_100_mb_and_one_nested_10_000_deep_cost_no_memory_and_are_stored(
    case: Case, product: Product
) -> None:
    session_id = await product.start_session(f"--initialize --wait-lines 1 --nested 10000 --huge {100 * MIB}")

    async def is_stored() -> bool:
        return b"y\n" in await product.tail(session_id)

    await product.until(is_stored)
    for kind, bound in (("agent", 96 * MIB), ("server", 512 * MIB)):
        case.memory(kind, rss_bytes(product.pid(kind)), bound)
    case.memory("shim", rss_bytes(product.shim_pid(session_id)), 32 * MIB)
    items = (await product.ask("GET", f"/sessions/{session_id}/items?limit=10"))["items"]
    assert items
    case.memory("server", rss_bytes(product.pid("server")), 512 * MIB)
    nested, huge, *rest = (await product.raw(session_id, "stdout")).splitlines(keepends=True)[1:]
    case.judge([fake_cli.nested(10_000), b"y" * 100 * MIB + b"\n"], [nested, huge, *rest])
    after = await product.command(session_id, "still there?")

    async def is_done() -> bool:
        return await product.outcome(session_id, after) == "done"

    await product.until(is_done)


@pytest.mark.fault("P6")
async def test_bytes_that_are_no_text_are_stored_as_they_came_and_break_no_view(case: Case, product: Product) -> None:
    session_id = await product.start_session("--initialize --wait-lines 1 --bad-text --emit 160")
    bad = b"".join(fake_cli.BAD_TEXT)
    expected = bad + fake_cli.line(0, 80) + fake_cli.line(1, 80)

    async def is_stored() -> bool:
        return (await product.raw(session_id, "stdout")).endswith(expected[-80:])

    await product.until(is_stored)
    answer, _, printed = (await product.raw(session_id, "stdout")).partition(b"\n")
    assert b"control_response" in answer
    case.judge([expected], [printed])
    frames = [frame for frame in await product.frames(session_id) if frame.stream is Stream.STDOUT]
    assert b"".join(frame.payload for frame in frames).endswith(expected)
    items = (await product.ask("GET", f"/sessions/{session_id}/items"))["items"]
    assert items
    assert await product.is_verified(session_id)
