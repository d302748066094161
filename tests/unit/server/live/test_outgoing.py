"""What a page is told: bounded, and merged without changing what it says."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from claudios.server.live.outgoing import MAX_WAITING_BYTES, Outgoing
from claudios.server.live.patches import Patch, merged, patch
from claudios.server.projections.items import Append, Change, Entry, Upsert

Body = dict[str, object]


def entry(no: int, text: str, position: int) -> Entry:
    return Entry(no, "message", {"text": text}, 1, position, 0, None)


def follow(state: dict[int, Body], text: str) -> None:
    """Apply a patch as a page does."""
    for change in orjson.loads(text)["changes"]:
        if change["op"] == "upsert":
            state[change["item"]["no"]] = change["item"]["body"]
        else:
            state[change["no"]][change["field"]] += change["text"]


CHANGES = st.lists(
    st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.text(max_size=3)), min_size=1, max_size=4), max_size=8
)


@given(CHANGES)
def test_merged_patches_say_what_the_single_ones_said(steps: list[list[tuple[bool, int, str]]]) -> None:
    start: list[Change] = [Upsert(entry(no, "", 0)) for no in (1, 2, 3)]
    patches = [patch("s", 1, start)]
    for position, step in enumerate(steps, 2):
        changes: list[Change] = [
            Upsert(entry(no, text, position)) if whole else Append(no, "text", text) for whole, no, text in step
        ]
        patches.append(patch("s", position, changes))
    one_by_one: dict[int, Body] = {}
    at_once: dict[int, Body] = {}
    for single in patches:
        follow(one_by_one, single.text)
    follow(at_once, merged(patches).text)
    assert at_once == one_by_one
    rest: dict[int, Body] = {no: {"text": ""} for no in (1, 2, 3)}
    if len(patches) > 1:
        follow(rest, merged(patches[1:]).text)
        assert rest == one_by_one


async def test_a_newer_message_about_a_thing_replaces_the_older_one() -> None:
    out = Outgoing()
    out.put("old", "session 1")
    out.put("other")
    out.put("new", "session 1")
    assert [await out.next(), await out.next()] == ["other", "new"]


async def test_patches_that_wait_behind_each_other_are_told_as_one() -> None:
    out = Outgoing()
    for position in range(1, 4):
        out.put_patch(patch("s", position, [Append(1, "text", str(position))]))
    out.put_patch(patch("t", 1, [Append(1, "text", "x")]))
    told = orjson.loads(await out.next())
    assert (told["position"], told["changes"]) == (3, [{"op": "append", "no": 1, "field": "text", "text": "123"}])
    assert orjson.loads(await out.next())["session_id"] == "t"


def big(session_id: str) -> Patch:
    return patch(session_id, 1, [Append(1, "text", "x" * (MAX_WAITING_BYTES // 3))])


async def test_what_is_too_much_drops_the_patches_of_that_session_only() -> None:
    out = Outgoing()
    assert out.put_patch(big("s"))
    assert out.put_patch(big("t"))
    assert not out.put_patch(big("s"))
    assert orjson.loads(await out.next())["session_id"] == "t"
    assert out.put_patch(big("s"))


def test_messages_that_nobody_reads_pile_up_only_so_far() -> None:
    out = Outgoing()
    for _ in range(20):
        out.put("x" * 1024 * 1024)
    assert out.is_hopeless
