"""What is on a terminal's rows, as bytes for another terminal: what the emulator writes, and the links it leaves out.

Knows pyghostty, as emulator.py does, which alone imports this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from pyghostty import Terminal
from pyghostty._ffi import check, ffi, lib
from pyghostty.core import init_sized

_NEWLINE = b"\r\n"
_END_LINK = b"\x1b]8;;\x1b\\"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LINK_BYTES = 4096
_MAX_LINKED = 500
"""Lines, the newest, whose links are looked for: that is done cell by cell."""


def formatted(terminal: Terminal, extra: str | None = None, selection: object = ffi.NULL) -> bytes:
    """Return the content as the emulator writes it down: colours, but no links; rows that were wrapped as one line."""
    return _run(terminal, _options(selection, extra))


def rows(terminal: Terminal, first: int, last: int, *, with_links: bool = True) -> bytes:
    """Return rows `first` to `last`, where 0 is the oldest of the scrollback; blank ones at the end are left out.

    Of lines with links the newest _MAX_LINKED keep them. Raises GhosttyError.
    """
    reader = _Rows(terminal, [terminal.ref(0, row, "screen") for row in range(first, last + 1)])
    lines = list(reader.lines()) if with_links else []
    linked = [line for line in lines if line.has_links][-_MAX_LINKED:]
    if not linked:
        return reader.unlinked(0, last - first)
    written = b""
    owed = 0
    for has_links, alike in groupby(lines, key=lambda line: line.has_links and line.first >= linked[0].first):
        block = list(alike)
        if not has_links:
            pieces = [(reader.unlinked(block[0].first, block[-1].last), len(block))]
        else:
            pieces = [(reader.linked(line), 1) for line in block]
        for content, count in pieces:
            if content:
                written += _NEWLINE * owed + content
                owed = 0
            owed += count - content.count(_NEWLINE)
    return written


def in_link(terminal: Terminal, column: int, row: int, written: bytes) -> bytes:
    """Return what writes a cell of the screen once more, in the link that the cell has."""
    ref = terminal.ref(column, row)
    return _in_link(_Rows(terminal, [ref]).link_at(ref), written)


@dataclass(frozen=True, slots=True)
class _Line:
    """Rows that were wrapped, as one; the emulator writes a row that is all blank as a line of its own."""

    first: int
    last: int
    has_links: bool


class _Cell(NamedTuple):
    """A cell, and where it leads."""

    row: int
    column: int
    link: bytes


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
        first, has_links = 0, False
        for number, ref in enumerate(self._refs):
            check(lib.ghostty_grid_ref_row(ref, row), "grid_ref_row")
            check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_HYPERLINK, is_set), "row_get")
            has_links |= is_set[0]
            check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_WRAP, is_set), "row_get")
            if not is_set[0] or self._is_blank(number) or number == len(self._refs) - 1:
                yield _Line(first, number, has_links)
                first, has_links = number + 1, False

    def unlinked(self, first: int, last: int) -> bytes:
        """Return whole rows without their links."""
        return self._between((first, 0), (last, self._columns - 1))

    def linked(self, line: _Line) -> bytes:
        """Return a line, each run of cells that have one link inside of it."""
        written = blank = before = b""
        for (link, _), run in groupby(self._cells(line), key=attrgetter("link", "row")):
            cells = list(run)
            content = self._between((cells[0].row, cells[0].column), (cells[-1].row, cells[-1].column))
            if not content:
                blank = b" " * len(cells)
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
            for column in range(min(end, len(self.unlinked(row, row)))):  # a cell is at least a byte
                ref.x = column
                yield _Cell(row, column, self.link_at(ref))

    def _is_blank(self, row: int) -> bool:
        found = self.unlinked(row, row)  # of a row that is padded, the emulator also writes what did not fit
        return not found or found.startswith(_NEWLINE)

    def _is_padded(self, row: int) -> bool:
        """Whether the last cell is blank because a wide character did not fit into it."""
        ref = ffi.new("GhosttyGridRef*", self._refs[row][0])
        ref.x = self._columns - 1
        cell, width = ffi.new("GhosttyCell*"), ffi.new("GhosttyCellWide*")
        check(lib.ghostty_grid_ref_cell(ref, cell), "grid_ref_cell")
        check(lib.ghostty_cell_get(cell[0], lib.GHOSTTY_CELL_DATA_WIDE, width), "cell_get")
        return bool(width[0] == lib.GHOSTTY_CELL_WIDE_SPACER_HEAD)

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
