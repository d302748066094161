"""A terminal without a window: it reads what a program wrote, and writes down its screen as bytes for another terminal.

With content.py the one module that knows pyghostty, whose emulator is native code: imported in the worker's process
alone.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyghostty import GhosttyError, Terminal
from pyghostty._ffi import check, ffi, lib
from pyghostty.core import init_sized

from claudios.server.screens import content, wire

SCROLLBACK_LINES = 2_000
_LESS_LINES = (SCROLLBACK_LINES, 500, 100, 0)
_SCROLLBACK_BYTES = 64 * 1024 * 1024
_MAX_HELD_BYTES = 64 * 1024
_ESCAPE = 0x1B
_END_OF_STRING = ord("\\")

_MODE = re.compile(rb"\x1b\[(\??)(\d+)([hl])")
_ALTERNATE = {b"47", b"1047", b"1049"}
_ORIGIN = b"6"
_NOT_DRAWN = {b"3", b"2026", _ORIGIN, *_ALTERNATE}
"""Modes that are set elsewhere (origin, alternate screen), that resize the terminal, or that hold its picture back."""
_MODES_SEEN = (1, 6, 7, 25, 1000, 1002, 1003, 1004, 1006, 2004)
_BEFORE_CONTENT = {"modes", "tabstops"}
_REGION = re.compile(rb"\x1b\[(\d+);\d+r")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees of a terminal, and what changes how it answers to keys."""

    text: str
    cursor: tuple[int, int]
    is_cursor_visible: bool
    is_alternate: bool
    scrollback_rows: int
    modes: tuple[bool, ...]


class Undrawable(Exception):
    """The screen cannot be written down so that another terminal shows the same."""


class Emulator:
    """One screen of `columns` by `rows`."""

    def __init__(self, columns: int, rows: int) -> None:
        self._terminal = _terminal(columns, rows)
        self._held = b""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        columns, rows = self._terminal.size
        return columns, rows

    def feed(self, written: bytes) -> None:
        """Read what the program wrote, cut anywhere."""
        held = self._held + written
        start = _last_escape(held)
        self._terminal.feed(held[:start])
        self._held = held[start:]

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as the program's terminal was at this point."""
        self._terminal.feed(self._held)
        self._held = b""
        self._terminal.resize(columns, rows)

    def shown(self) -> Seen:
        """Return what a person sees now."""
        whole = _copy(self._terminal)
        whole.feed(self._held)
        return _seen(whole)

    def drawing(self) -> bytes:
        """Return what brings a new terminal of this size to the same screen, scrollback, cursor and modes.

        At most MAX_DRAWING_BYTES: of a scrollback that is larger the oldest lines are left out. Raises Undrawable.
        """
        if not self._terminal.get("vt_ground", "bool"):
            raise Undrawable("The output stops inside a control sequence that began before the screen was resized.")
        try:
            shown, main = self._terminal, _main(self._terminal)
            backgrounds = [content.background(screen) for screen in (main, shown)]
            for lines in _LESS_LINES:
                drawn = _drawn(main, shown, lines, backgrounds) + self._held
                if len(drawn) <= wire.MAX_DRAWING_BYTES:
                    return drawn
        except GhosttyError as failed:
            raise Undrawable("The emulator cannot write this screen down.") from failed
        raise Undrawable("The screen takes too many bytes.")


def _terminal(columns: int, rows: int) -> Terminal:
    terminal = Terminal(columns, rows, scrollback=SCROLLBACK_LINES * 2)
    limit = ffi.new("size_t*", _SCROLLBACK_BYTES)
    check(lib.ghostty_terminal_set(terminal._t[0], lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES, limit), "scrollback")
    return terminal


def _last_escape(written: bytes) -> int:
    """Return where the last control sequence begins: what comes before it is whole, the rest may be cut anywhere."""
    start = len(written)
    while (start := written.rfind(_ESCAPE, 0, start)) >= 0:
        if start + 1 < len(written) and written[start + 1] != _END_OF_STRING and len(written) - start < _MAX_HELD_BYTES:
            return start
        if len(written) - start >= _MAX_HELD_BYTES:
            break
    if len(written) < _MAX_HELD_BYTES:
        return 0
    end = len(written)
    while written[end - 1] >= 0x80 and len(written) - end < 3:  # a character may be cut
        end -= 1
    return end


def _drawn(main: Terminal, shown: Terminal, lines: int, backgrounds: Sequence[bytes]) -> bytes:
    """Write down the main screen with so much scrollback, and the other one where it is shown. Raises Undrawable."""
    drawn = _lines(main, lines) + backgrounds[0] + _cursor(main)
    if shown is not main:
        drawn += b"\x1b[?1049h\x1b[H" + content.rows(shown, 0, shown.size[1] - 1) + backgrounds[1]
    drawn += _settings(shown)
    _require_same(shown, drawn, lines)
    return drawn


def _main(terminal: Terminal) -> Terminal:
    """Return a terminal on its main screen: itself, or a copy that has left the other one."""
    if terminal.get("active_screen", "int") == lib.GHOSTTY_TERMINAL_SCREEN_PRIMARY:
        return terminal
    main = _copy(terminal)
    main.feed(b"\x1b[?1049l")
    return main


def _lines(terminal: Terminal, lines: int) -> bytes:
    """Return scrollback and screen; blank rows at the end, which the emulator leaves out, count for what scrolls."""
    columns, rows = terminal.size
    scrolled: int = terminal.get("scrollback_rows", "size_t")
    kept = min(scrolled, lines)
    written = content.rows(terminal, scrolled - kept, scrolled + rows - 1)
    shown = _terminal(columns, rows)
    shown.feed(written)
    missing: int = kept - shown.get("scrollback_rows", "size_t")
    if missing <= 0:
        return written
    below: int = rows - 1 - shown.cursor[1]
    return written + b"\r\n" * (below + missing)


def _settings(terminal: Terminal) -> bytes:
    """Return what is left to set once the content is there: each part where it undoes none that went before."""
    modes = [found for found in _MODE.finditer(_part(terminal, "modes")) if not (found[1] and found[2] in _NOT_DRAWN)]
    region = _part(terminal, "scrolling_region")
    columns, rows = terminal.size
    column, row = terminal.cursor
    parts = [
        _saved_cursor(terminal),
        b"" if (stops := _part(terminal, "tabstops")) == _part(_terminal(columns, rows), "tabstops") else stops,
        region,
        _cursor(terminal),
        b"".join(found[0] for found in modes),
    ]
    if terminal.mode(int(_ORIGIN)):
        top = int(found[1]) - 1 if (found := _REGION.search(region)) else 0
        parts.append(b"\x1b[?6h\x1b[%d;%dH" % (row - top + 1, column + 1))
    parts += [_part(terminal, name) for name in ("style", "charsets", "hyperlink", "protection", "kitty_keyboard")]
    title = _text(terminal, "title")
    if title:
        parts.append(b"\x1b]0;" + title + b"\x1b\\")
    return b"".join(parts)


def _saved_cursor(terminal: Terminal) -> bytes:
    """Return what saves the cursor where the program did; nothing else of a terminal tells where that was."""
    restored = _copy(terminal)
    restored.feed(b"\x1b[?6l\x1b8")
    if restored.cursor == (0, 0):
        return b""
    return _cursor(restored) + _part(restored, "style") + b"\x1b7\x1b[0m"


def _require_same(terminal: Terminal, drawn: bytes, lines: int) -> None:
    """Draw what was written down, and compare. Raises Undrawable."""
    columns, rows = terminal.size
    other = _terminal(columns, rows)
    other.feed(drawn)
    wanted, found = _seen(terminal), _seen(other)
    if found != replace(wanted, scrollback_rows=min(wanted.scrollback_rows, lines)):
        raise Undrawable("Another terminal would show another screen.")


def _seen(terminal: Terminal) -> Seen:
    is_alternate = terminal.get("active_screen", "int") != lib.GHOSTTY_TERMINAL_SCREEN_PRIMARY
    return Seen(
        text=terminal.text().rstrip(),  # a cell that was erased is as blank as one never written
        cursor=terminal.cursor,
        is_cursor_visible=terminal.get("cursor_visible", "bool"),
        is_alternate=is_alternate,
        scrollback_rows=0 if is_alternate else terminal.get("scrollback_rows", "size_t"),
        modes=tuple(terminal.mode(mode) for mode in _MODES_SEEN),
    )


def _copy(terminal: Terminal) -> Terminal:
    copied, size = ffi.new("uint8_t**"), ffi.new("size_t*")
    check(lib.ghostty_snapshot_encode_alloc(terminal._t[0], ffi.NULL, copied, size), "snapshot_encode")
    try:
        decoder = ffi.new("GhosttySnapshotDecoder*")
        check(lib.ghostty_snapshot_decoder_new_buf(ffi.NULL, decoder, copied[0], size[0]), "snapshot_decoder_new")
        try:
            made = ffi.new("GhosttyTerminal*")
            check(lib.ghostty_snapshot_decoder_decode(decoder[0], made), "snapshot_decode")
        finally:
            lib.ghostty_snapshot_decoder_free(decoder[0])
    finally:
        lib.ghostty_free(ffi.NULL, copied[0], size[0])
    copy = Terminal(*terminal.size)
    copy._free()
    copy._t = made
    copy._free = weakref.finalize(copy, lib.ghostty_terminal_free, made[0])
    return copy


def _cursor(terminal: Terminal) -> bytes:
    """Return what brings the cursor back; behind the last column, that is to write the last cell once more."""
    column, row = terminal.cursor
    return content.in_link(terminal, column, row, _part(terminal, "cursor"))


def _part(terminal: Terminal, name: str) -> bytes:
    """Return what the emulator writes down of one thing beside the content, such as the cursor."""
    corner = init_sized("GhosttySelection")  # as little content as can be
    corner.start = corner.end = terminal.ref(0, 0)[0]
    blank = content.formatted(terminal, selection=corner)
    both = content.formatted(terminal, name, corner)
    return both.removesuffix(blank) if name in _BEFORE_CONTENT else both.removeprefix(blank)


def _text(terminal: Terminal, name: str) -> bytes:
    found = ffi.new("GhosttyString*")
    check(lib.ghostty_terminal_get(terminal._t[0], getattr(lib, f"GHOSTTY_TERMINAL_DATA_{name.upper()}"), found), name)
    return bytes(ffi.buffer(found.ptr, found.len)[:]) if found.len else b""
