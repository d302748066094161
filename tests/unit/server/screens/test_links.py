"""The links of a screen that is written down are in another terminal where they were, and lead to the same places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyghostty import Terminal
from pyghostty._ffi import check, ffi, lib
from pyghostty.core import init_sized

from claudios.server.screens.emulator import SCROLLBACK_LINES, Emulator, Undrawable
from claudios.server.screens.wire import MAX_DRAWING_BYTES

END = "\x1b]8;;\x07"
COUNTS = st.integers(1, 7)
PIECES = st.one_of(
    st.sampled_from(["\r\n", "\r\n\r\n", "\r", "\t", "\x1b[K", "\x1b[1K", "\x1b[M", "\x1b[0m", "\x1b[4m", "\x1bM"]),
    st.sampled_from(["\x1b[?1049h", "\x1b[?1049l", END, END, "\x1b]8;;https://a.invalid/\x07", "\x1b]8;id=b;b:c\x07"]),
    st.tuples(COUNTS, COUNTS).map(lambda made: f"\x1b[3{made[0]};4{made[1]}m"),
    st.tuples(COUNTS, COUNTS).map(lambda made: f"\x1b[{made[0]};{made[1]}H"),
    st.sampled_from(["abc", "word ", "x" * 40, "é", "漢字", "e\u0301", "👩\u200d👩"]),
)


def link(uri: str, text: str) -> bytes:
    return f"\x1b]8;;{uri}\x07{text}{END}".encode()


def links(emulator: Emulator) -> list[list[str]]:
    """Return where each cell leads, row by row from the oldest of the scrollback."""
    terminal: Terminal = emulator._terminal
    rows = terminal.size[1] + terminal.get("scrollback_rows", "size_t")
    found, size = ffi.new("uint8_t[]", 4096), ffi.new("size_t*")

    def row_of(ref: Any) -> Iterator[str]:  # a native structure
        for ref.x in range(terminal.size[0]):
            check(lib.ghostty_grid_ref_hyperlink_uri(ref, found, 4096, size), "hyperlink_uri")
            yield bytes(ffi.buffer(found, size[0])).decode()

    return [list(row_of(terminal.ref(0, row, "screen"))) for row in range(rows)]


def redrawn(emulator: Emulator) -> Emulator:
    """Return another emulator that has read the drawing alone, and shows the same with its scrollback."""
    emulator.feed(b"\x1b[8m\x1b[8m")  # what is held back, and drawn as it was written, is without content
    other = Emulator(*emulator.size)
    other.feed(emulator.drawing())
    assert other.shown() == emulator.shown()
    assert as_shown(other) == as_shown(emulator)
    return other


def as_shown(emulator: Emulator) -> str:
    """Return all rows with those of the scrollback, as one sees them."""
    terminal: Terminal = emulator._terminal
    everything = init_sized("GhosttySelection")
    found = lib.ghostty_terminal_select_all(terminal._t[0], everything)
    if found == lib.GHOSTTY_NO_VALUE:
        return ""
    check(found, "select_all")
    return str(terminal._format_sel(everything)).rstrip()


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40), st.integers(4, 40), st.integers(2, 12))
def test_a_cell_leads_where_it_did_or_nowhere_whatever_was_written(pieces: list[str], columns: int, rows: int) -> None:
    emulator = Emulator(columns, rows)
    emulator.feed("".join(pieces).encode())
    try:
        found = links(redrawn(emulator))
    except Undrawable:
        return
    for was, now in zip(links(emulator), found, strict=True):
        assert all(link in {"", before} for before, link in zip(was, now, strict=True))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(link("https://a.invalid/there", "THERE") + b"\r\nready\r\n", id="one of its own line"),
        pytest.param(
            b"\r\n\r\n  see " + link("a:b", "b") + b"     " + link("a:c", " c ") + b" d\r\n\r\n", id="several"
        ),
        pytest.param(b"\x1b[3;5H" + link("a:b", "b") + b"\x1b[7G" + link("a:c", "c"), id="blank cells between"),
        pytest.param(b"." * 18 + link("a:b", "over two rows and into a third one") + b" on", id="wrapped"),
        pytest.param(b"." * 19 + link("a:b", "漢字漢字漢字漢字漢字漢字") + b"z\r\n", id="wide, where none fits"),
        pytest.param(b"." * 15 + link("a:b", "x" * 5), id="to the last column"),
        pytest.param(b"\x1b[31ma" + link("a:b", "b\x1b[44mc\x1b[1m") + b"d\x1b[0m", id="coloured"),
        pytest.param(link("a:b", "the first\r\nthe second\r\n\r\nthe third"), id="over lines"),
        pytest.param(
            b"\x1b]8;;a:b\x07one\x1b]8;;a:c\x07two\x1b]8;;a:b\x07three", id="one next to the other, unfinished"
        ),
        pytest.param(link("a:b", "main") + b"\r\n\x1b[?1049h\x1b[2J\x1b[H" + link("a:c", "other"), id="both screens"),
        pytest.param(b"".join(link(f"a:{n}", f"link {n}") + b"\r\n\r\n" for n in range(30)), id="scrolled away"),
        pytest.param(link("a:b/" + "c" * 1500, "long"), id="a long one"),
    ],
)
def test_each_cell_leads_where_it_did(written: bytes) -> None:
    emulator = Emulator(20, 6)
    emulator.feed(written)
    other = redrawn(emulator)
    assert other._terminal.contents().rstrip() == emulator._terminal.contents().rstrip()
    assert links(other) == links(emulator)
    assert any(map(any, links(other)))
    for each in (emulator, other):
        each.feed(b"\x1b[?1049l")
    assert links(other) == links(emulator)


@pytest.mark.parametrize(
    "written",
    ["word \x1b[1K\r\nabc\r\n\r\n", "abc漢字\x1b[Mxxxxxxxx", "\x1b[2;10H漢word \x1b[6L"],
    ids=["erased", "moved", "padded"],
)
@pytest.mark.parametrize("rows", [2, 4])
def test_what_was_wrapped_is_no_longer_one_line_where_its_next_row_is_gone(written: str, rows: int) -> None:
    emulator = Emulator(4, rows)
    emulator.feed(written.encode())
    redrawn(emulator)


def test_control_characters_of_a_link_are_left_out() -> None:
    emulator = Emulator(20, 4)
    emulator.feed("\x1b]8;;a:b\u009bc\x07there\x1b]8;;\x07\r\n\r\n".encode())
    assert links(emulator)[0][0] == "a:b\u009bc"
    assert links(redrawn(emulator))[0][0] == "a:bc"


def test_the_newest_lines_of_a_full_scrollback_keep_their_links_and_the_size_is_bounded() -> None:
    emulator = Emulator(80, 24)
    for n in range(SCROLLBACK_LINES * 2):
        emulator.feed(b"at " + link(f"https://a.invalid/{n}", f"number {n}") + b" it was\r\n")
    drawing = emulator.drawing()
    assert len(drawing) <= MAX_DRAWING_BYTES
    other = Emulator(80, 24)
    other.feed(drawing)
    newest = links(emulator)[-400:]
    assert links(other)[-400:] == newest
    assert newest[0][3]
    assert not any(map(any, links(other)[:-600]))
