"""A screen that is written down is the same in another terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyghostty._ffi import check, ffi, lib
from pyghostty.core import init_sized

from claudios.server.screens.content import background
from claudios.server.screens.emulator import SCROLLBACK_LINES, Emulator, Undrawable
from claudios.server.screens.wire import MAX_DRAWING_BYTES

RECORDING = Path(__file__).with_name("claude.cast")

COUNTS = st.integers(1, 7)
CONTROLS = [
    *("\r\n", "\n", "\r", "\t", "\b", "\x1b7", "\x1b8", "\x1bM", "\x1b[2;5r", "\x1b[r", "\x1b[K", "\x1b[1K", "\x1b[J"),
    *("\x1b[2J", "\x1b[H", "\x1b[0m", "\x1b[1m", "\x1b[4m", "\x1b[?25l", "\x1b[?25h", "\x1b[?2004h", "\x1b[?1004h"),
    *("\x1b[?1049h", "\x1b[?1049l", "\x1b[?7l", "\x1b[?7h", "\x1b[?6h", "\x1b[?6l", "\x1b]0;a title\x07"),
]
PIECES = st.one_of(
    st.sampled_from(CONTROLS),
    st.tuples(COUNTS, st.sampled_from("ABCDGLMPX@")).map(lambda made: f"\x1b[{made[0]}{made[1]}"),
    st.tuples(COUNTS, COUNTS).map(lambda made: f"\x1b[3{made[0]};4{made[1]}m"),
    st.tuples(COUNTS, COUNTS).map(lambda made: f"\x1b[{made[0]};{made[1]}H"),
    st.sampled_from(["abc", "word ", "x" * 40, "é", "漢字", "ąęł"]),
)


def recorded() -> Iterator[bytes | tuple[int, int]]:
    """Yield what a real Claude CLI wrote to its terminal, and each size it had."""
    for entry in RECORDING.read_text().splitlines()[1:]:
        _, kind, what = json.loads(entry)
        if kind == "o":
            yield what.encode()
        else:
            columns, rows = map(int, what.split("x"))
            yield columns, rows


def redrawn(emulator: Emulator) -> Emulator:
    """Return another emulator that has read the drawing alone."""
    other = Emulator(*emulator.size)
    other.feed(emulator.drawing())
    return other


def painted(emulator: Emulator) -> list[tuple[int, int]]:
    """Return the cells of the screen on which something is seen where no text is: a background, a line, reversed."""
    terminal, cell, tag = emulator._terminal, ffi.new("GhosttyCell*"), ffi.new("GhosttyCellContentTag*")
    style = init_sized("GhosttyStyle")
    columns, rows = terminal.size
    found = []
    for row, column in product(range(rows), range(columns)):
        ref = terminal.ref(column, row)
        check(lib.ghostty_grid_ref_cell(ref, cell), "cell")
        check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_CONTENT_TAG, tag), "tag")
        check(lib.ghostty_grid_ref_style(ref, style), "style")
        is_filled = tag[0] in (lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE, lib.GHOSTTY_CELL_CONTENT_BG_COLOR_RGB)
        has_line = style.underline or style.strikethrough or style.overline
        if is_filled or has_line or style.inverse or style.bg_color.tag != lib.GHOSTTY_STYLE_COLOR_NONE:
            found.append((row, column))
    return found


class TestDrawing:
    def test_every_moment_of_a_recorded_claude_is_the_same_in_another_terminal(self) -> None:
        emulator = Emulator(100, 30)
        for given_ in recorded():
            if isinstance(given_, bytes):
                middle = len(given_) // 2
                emulator.feed(given_[:middle])
                cut = redrawn(emulator)
                emulator.feed(given_[middle:])
                cut.feed(given_[middle:])
                assert cut.shown() == emulator.shown(), "joined in the middle of a write"
            else:
                emulator.resize(*given_)
            other = redrawn(emulator)
            assert other.shown() == emulator.shown()
            assert painted(other) == painted(emulator)
        assert "half a thought" in emulator.shown().text
        assert emulator.shown().scrollback_rows > 100

    @settings(deadline=None)
    @given(st.lists(PIECES, max_size=60), st.integers(4, 40), st.integers(2, 12))
    def test_what_is_drawn_is_the_same_whatever_was_written(self, pieces: list[str], columns: int, rows: int) -> None:
        emulator = Emulator(columns, rows)
        for piece in pieces:
            emulator.feed(piece.encode())
        try:
            other = redrawn(emulator)
        except Undrawable:
            return  # then viewers are sent the output instead
        assert other.shown() == emulator.shown()

    @pytest.mark.parametrize(
        "written",
        [
            b"\x1b[41mA\x1b[0m\x1b[3CB",
            b"\x1b[4mA\x1b[2CB\x1b[0m\r\n\x1b[7mA\x1b[0m\x1b[9GB",
            b"\x1b[38;5;1m\x1b[48;2;1;2;3mA \x1b[0m\x1b[2C\x1b[1mB\x1b[41mC D\x1b[K",
            b"\x1b[41m" + b"x" * 12 + b"\x1b[1;3H\x1b[0m\x1b[4X\x1b[2;1H\x1b[1X",
            b"\x1b]8;;https://a.example\x1b\\\x1b[41mA\x1b[3CB\x1b]8;;\x1b\\",
        ],
    )
    def test_cells_that_were_never_written_have_no_colour(self, written: bytes) -> None:
        emulator = Emulator(10, 4)
        emulator.feed(written)
        other = redrawn(emulator)
        assert other.shown() == emulator.shown()
        assert painted(other) == painted(emulator)

    @pytest.mark.parametrize(
        "written",
        [
            b"\x1b[44m\x1b[2J\x1b[0m",
            b"\x1b[48;2;1;2;3m\x1b[2J\x1b[2;3Hhi\x1b[0m",
            b"one\r\n" * 6 + b"\x1b[44m\x1b[3;1H\x1b[J\x1b[0m\x1b[4;2Hx",
            b"main\x1b[?1049h\x1b[48;5;200m\x1b[2J\x1b[3;3Hhi",
            b"\x1b[45m\x1b[2;4H\x1b[3X\x1b[42m\x1b[2X\x1b[0m",
        ],
    )
    def test_what_was_erased_in_a_colour_has_it(self, written: bytes) -> None:
        emulator = Emulator(10, 5)
        emulator.feed(written + b"\x1b[0m\x1b[0m")  # what is held back is without content
        other = redrawn(emulator)
        assert other.shown() == emulator.shown()
        assert painted(other) == painted(emulator) != []
        assert background(other._terminal) == background(emulator._terminal) != b""

    @pytest.mark.parametrize("cut", range(1, 24))
    def test_a_control_sequence_or_character_that_is_cut_goes_on_in_the_other_terminal(self, cut: int) -> None:
        written = "a\x1b[31mé漢\x1b]0;title\x1b\\b".encode()
        emulator = Emulator(20, 4)
        emulator.feed(written[:cut])
        other = redrawn(emulator)
        for each in (emulator, other):
            each.feed(written[cut:] + b"\x1b[m")
        assert other.shown() == emulator.shown()
        assert emulator.shown().text == "aé漢b"

    def test_the_main_screen_is_there_when_the_other_one_is_left(self) -> None:
        emulator = Emulator(40, 6)
        emulator.feed(b"one\r\ntwo\r\n$ vi\x1b[?1049h\x1b[2J\x1b[Hedited")
        other = redrawn(emulator)
        assert other.shown() == emulator.shown()
        for each in (emulator, other):
            each.feed(b"\x1b[?1049l!")
        assert other.shown().text == emulator.shown().text == "one\ntwo\n$ vi!"

    def test_blank_rows_at_the_end_of_a_scrolled_screen_keep_their_place(self) -> None:
        emulator = Emulator(20, 5)
        emulator.feed(b"".join(b"line %d\r\n" % n for n in range(9)) + b"\x1b[2;3H\x1b[J")
        assert redrawn(emulator).shown() == emulator.shown()

    def test_of_a_long_scrollback_the_newest_lines_are_drawn_and_the_size_is_bounded(self) -> None:
        emulator = Emulator(200, 50)
        for n in range(SCROLLBACK_LINES * 2):
            emulator.feed(b"".join(b"\x1b[38;2;%d;1;2m%d" % (column, n % 10) for column in range(200)) + b"\r\n")
        drawing = emulator.drawing()
        assert len(drawing) <= MAX_DRAWING_BYTES
        other = Emulator(200, 50)
        other.feed(drawing)
        assert other.shown().text == emulator.shown().text
        assert other.shown().scrollback_rows >= 100
