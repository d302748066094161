"""What is on a terminal's rows, as bytes for another terminal: what the emulator writes, and what it gets wrong.

It leaves out links, and gives cells that were never written the colours of the text before them.

Knows pyghostty, as emulator.py does, which alone imports this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from pyghostty import Terminal
from pyghostty._ffi import check, ffi, lib
from pyghostty.core import init_sized

_NEWLINE = b"\r\n"
_END_LINK = b"\x1b]8;;\x1b\\"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEEN_WITHOUT_TEXT = re.compile(
    rb"\x1b\[(?:4[0-8]|10[0-7]|4|7|9|21|53)(?:[;:][\d;:]*)?m"  # a background, a line, or reversed
    rb"(?:\x1b\[(?!0m)[\d;:]*m)*[^\x1b]* "
)
_LINK_BYTES = 4096
_WIDE: int = lib.GHOSTTY_CELL_WIDE_WIDE
_PADDING: int = lib.GHOSTTY_CELL_WIDE_SPACER_HEAD
_MAX_BY_CELL = 500
"""Lines, the newest, of which each cell is looked at."""


def formatted(terminal: Terminal, extra: str | None = None, selection: object = ffi.NULL) -> bytes:
    """Return the content as the emulator writes it down: colours, but no links; rows that were wrapped as one line."""
    return _run(terminal, _options(selection, extra))


def rows(terminal: Terminal, first: int, last: int) -> bytes:
    """Return rows `first` to `last`, where 0 is the oldest of the scrollback; blank ones at the end are left out.

    Of lines that have to be written cell by cell, the newest _MAX_BY_CELL are. Raises GhosttyError.
    """
    reader = _Rows(terminal, [terminal.ref(0, row, "screen") for row in range(first, last + 1)])
    lines = list(reader.lines())
    by_cell = [line for line in lines if line.is_by_cell][-_MAX_BY_CELL:]
    if not by_cell:
        return reader.as_written(0, last - first)
    written = b""
    owed = 0
    for is_by_cell, alike in groupby(lines, key=lambda line: line.is_by_cell and line.first >= by_cell[0].first):
        block = list(alike)
        if not is_by_cell:
            pieces = [(reader.as_written(block[0].first, block[-1].last), len(block))]
        else:
            pieces = [(reader.by_cell(line), 1) for line in block]
        for content, count in pieces:
            if content:
                written += _NEWLINE * owed + content
                owed = 0
            owed += count - content.count(_NEWLINE)
    return written


def background(terminal: Terminal) -> bytes:
    """Return what fills the cells of the screen that were erased in a colour: the emulator leaves blank rows out.

    A row that was wrapped does not count as such any more where it is filled.
    """
    columns, rows = terminal.size
    filling = _Filling()
    written = b""
    for row in range(rows):
        for colour, run in groupby(range(columns), key=partial(filling.of, terminal.ref(0, row))):
            if colour:
                cells = list(run)
                written += b"\x1b[%d;%dH\x1b[48;%sm\x1b[%dX" % (row + 1, cells[0] + 1, colour, len(cells))
    return written + b"\x1b[0m" if written else b""


def in_link(terminal: Terminal, column: int, row: int, written: bytes) -> bytes:
    """Return what writes a cell of the screen once more, in the link that the cell has."""
    ref = terminal.ref(column, row)
    return _in_link(_Rows(terminal, [ref]).link_at(ref), written)


@dataclass(frozen=True, slots=True)
class _Line:
    """Rows that were wrapped, as one; the emulator writes a row that is all blank as a line of its own."""

    first: int
    last: int
    is_by_cell: bool


class _Cell(NamedTuple):
    """A cell, where it leads, and whether nothing was ever written there."""

    row: int
    column: int
    link: bytes
    is_void: bool


class _Rows:
    """Some rows of a terminal, counted from 0; to be read before the terminal is fed again."""

    def __init__(self, terminal: Terminal, refs: list[Any]) -> None:
        self._terminal = terminal
        self._columns: int = terminal.size[0]
        self._refs = refs
        self._selection = init_sized("GhosttySelection")
        self._options = _options(self._selection)
        self._link, self._link_size = ffi.new("uint8_t[]", _LINK_BYTES), ffi.new("size_t*")

    def lines(self) -> Iterator[_Line]:
        """Yield the lines from the top."""
        row, is_set = ffi.new("GhosttyRow*"), ffi.new("bool*")
        first, has_links, is_styled = 0, False, False
        for number, ref in enumerate(self._refs):
            check(lib.ghostty_grid_ref_row(ref, row), "grid_ref_row")
            check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_HYPERLINK, is_set), "row_get")
            has_links |= is_set[0]
            check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_STYLED, is_set), "row_get")
            is_styled |= is_set[0]
            check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_WRAP, is_set), "row_get")
            is_wrapped = bool(is_set[0])
            goes_on = is_wrapped and not self._is_blank(number) and number < len(self._refs) - 1
            is_cut = goes_on and not self._goes_on(number)
            if not goes_on or is_cut:
                has_voids = is_styled and _SEEN_WITHOUT_TEXT.search(self.as_written(first, number)) is not None
                ends_padded = is_wrapped and self._is_padded(number)  # with which what did not fit is written, too
                yield _Line(first, number, is_by_cell=is_cut or ends_padded or has_links or has_voids)
                first, has_links, is_styled = number + 1, False, False

    def as_written(self, first: int, last: int) -> bytes:
        """Return whole rows as the emulator writes them."""
        return self._between((first, 0), (last, self._columns - 1))

    def by_cell(self, line: _Line) -> bytes:
        """Return a line, each run of cells that have one link inside of it, and what is void without any colour."""
        written = blank = before = b""
        for (link, _, is_void), run in groupby(self._cells(line), key=attrgetter("link", "row", "is_void")):
            cells = list(run)
            content = self._between((cells[0].row, cells[0].column), (cells[-1].row, cells[-1].column))
            if is_void or not content:
                blank += b" " * len(cells)
                continue
            leap = b"\x1b[%dG" % (cells[0].column + 1) if cells[0].column else b""  # blank cells may be left out
            if link and link == before and not blank + leap:
                written = written.removesuffix(_END_LINK) + content + _END_LINK
            else:
                written += blank + leap + _in_link(link, content)
            blank, before = b"", link
        return written

    def _cells(self, line: _Line) -> Iterator[_Cell]:
        """Yield the cells of a line, of each row up to those at its end that are blank."""
        for row in range(line.first, line.last + 1):
            ref = ffi.new("GhosttyGridRef*", self._refs[row][0])
            end = self._columns - 1 if self._is_padded(row) else self._columns
            for column in range(min(end, len(self.as_written(row, row)))):  # a cell is at least a byte
                ref.x = column
                yield _Cell(row, column, self.link_at(ref), self._is_void(ref))

    def _is_void(self, ref: Any) -> bool:  # a native structure
        cell, tag, width = ffi.new("GhosttyCell*"), ffi.new("GhosttyCellContentTag*"), ffi.new("GhosttyCellWide*")
        has_text, is_styled = ffi.new("bool*"), ffi.new("bool*")
        check(lib.ghostty_grid_ref_cell(ref, cell), "grid_ref_cell")
        for name, value in (
            (lib.GHOSTTY_CELL_DATA_CONTENT_TAG, tag),
            (lib.GHOSTTY_CELL_DATA_WIDE, width),
            (lib.GHOSTTY_CELL_DATA_HAS_TEXT, has_text),
            (lib.GHOSTTY_CELL_DATA_HAS_STYLING, is_styled),
        ):
            check(lib.ghostty_cell_get(cell[0], name, value), "cell_get")
        is_plain = tag[0] == lib.GHOSTTY_CELL_CONTENT_CODEPOINT and width[0] == lib.GHOSTTY_CELL_WIDE_NARROW
        return is_plain and not has_text[0] and not is_styled[0]

    def _goes_on(self, row: int) -> bool:
        """Whether what was wrapped at the end of a row still begins the next one: that may have been erased since."""
        return not self._is_blank(row + 1) and (not self._is_padded(row) or self._width(row + 1, 0) == _WIDE)

    def _is_blank(self, row: int) -> bool:
        found = self.as_written(row, row)  # of a row that is padded, the emulator also writes what did not fit
        return not found or found.startswith(_NEWLINE)

    def _is_padded(self, row: int) -> bool:
        """Whether the last cell is blank because a wide character did not fit into it."""
        return self._width(row, self._columns - 1) == _PADDING

    def _width(self, row: int, column: int) -> int:
        """Return of which kind a cell is, by the emulator's own number."""
        ref = ffi.new("GhosttyGridRef*", self._refs[row][0])
        ref.x = column
        cell, width = ffi.new("GhosttyCell*"), ffi.new("GhosttyCellWide*")
        check(lib.ghostty_grid_ref_cell(ref, cell), "grid_ref_cell")
        check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_WIDE, width), "cell_get")
        return int(width[0])

    def link_at(self, ref: Any) -> bytes:  # a native structure
        """Return where a cell leads; nothing where it has no link."""
        size = self._link_size
        found = lib.ghostty_grid_ref_hyperlink_uri(ref, self._link, len(self._link), size)
        if found == lib.GHOSTTY_OUT_OF_SPACE:
            self._link = ffi.new("uint8_t[]", size[0])
            found = lib.ghostty_grid_ref_hyperlink_uri(ref, self._link, len(self._link), size)
        check(found, "hyperlink_uri")
        if not size[0]:
            return b""
        return _CONTROL.sub("", bytes(ffi.buffer(self._link, size[0])).decode(errors="ignore")).encode()

    def _between(self, start: tuple[int, int], end: tuple[int, int]) -> bytes:
        """Return the cells from one row and column to another, both included."""
        self._selection.start, self._selection.end = self._refs[start[0]][0], self._refs[end[0]][0]
        self._selection.start.x, self._selection.end.x = start[1], end[1]
        return _run(self._terminal, self._options)


class _Filling:
    """Reads the colours of cells that have nothing else, one after the other."""

    def __init__(self) -> None:
        self._cell, self._tag = ffi.new("GhosttyCell*"), ffi.new("GhosttyCellContentTag*")
        self._number, self._colour = ffi.new("GhosttyColorPaletteIndex*"), ffi.new("GhosttyColorRgb*")

    def of(self, ref: Any, column: int) -> bytes:  # a native structure
        """Return the colour of a row's cell, as the parameters of its sequence; nothing for a cell of another kind."""
        ref.x = column
        cell, tag = self._cell, self._tag
        check(lib.ghostty_grid_ref_cell(ref, cell), "grid_ref_cell")
        check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_CONTENT_TAG, tag), "cell_get")
        if tag[0] == lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE:
            check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_COLOR_PALETTE, self._number), "cell_get")
            return b"5;%d" % self._number[0]
        if tag[0] == lib.GHOSTTY_CELL_CONTENT_BG_COLOR_RGB:
            check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_COLOR_RGB, self._colour), "cell_get")
            return b"2;%d;%d;%d" % (self._colour.r, self._colour.g, self._colour.b)
        return b""


def _in_link(link: bytes, written: bytes) -> bytes:
    return b"\x1b]8;;" + link + b"\x1b\\" + written + _END_LINK if link else written


def _options(selection: object, extra: str | None = None) -> Any:  # a native structure
    options = init_sized("GhosttyFormatterTerminalOptions")
    options.emit = lib.GHOSTTY_FORMATTER_FORMAT_VT
    options.unwrap, options.trim, options.selection = True, False, selection
    if extra is not None:
        setattr(options.extra if hasattr(options.extra, extra) else options.extra.screen, extra, True)
    return options


def _run(terminal: Terminal, options: Any) -> bytes:  # a native structure
    formatter = ffi.new("GhosttyFormatter*")
    check(lib.ghostty_formatter_terminal_new(ffi.NULL, formatter, terminal._t[0], options[0]), "formatter_new")
    try:
        written, size = ffi.new("uint8_t**"), ffi.new("size_t*")
        check(lib.ghostty_formatter_format_alloc(formatter[0], ffi.NULL, written, size), "format")
        try:
            return bytes(ffi.buffer(written[0], size[0])[:])
        finally:
            lib.ghostty_free(ffi.NULL, written[0], size[0])
    finally:
        lib.ghostty_formatter_free(formatter[0])
