"""The key that leaves is known among all that is typed, and not in what is pasted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claudios.cli.detach_key import PASTE_BEGINS, PASTE_ENDS, DetachKey

KEY = b"\x1d"


def test_what_was_typed_before_it_goes_to_the_program_and_what_comes_after_does_not() -> None:
    assert DetachKey(KEY).feed(b"before\x1dafter") == (b"before", True)
    assert DetachKey(KEY).feed(b"\x1b[A") == (b"\x1b[A", False)


@given(st.lists(st.integers(2, 20), max_size=6))
def test_in_what_is_pasted_it_is_text_wherever_that_is_cut(sizes: list[int]) -> None:
    key, left = DetachKey(KEY), PASTE_BEGINS + b"one\x1d two\x1d" + PASTE_ENDS
    for size in (*sizes, len(left)):
        piece, left = left[:size], left[size:]
        assert key.feed(piece) == (piece, False)
    assert key.feed(b"x\x1d") == (b"x", True)


def test_by_itself_it_leaves_a_paste_too_and_ends_it() -> None:
    key = DetachKey(KEY)
    assert key.feed(PASTE_BEGINS + b"never ended")[1] is False
    assert key.feed(KEY) == (PASTE_ENDS, True)
