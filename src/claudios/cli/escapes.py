"""What a program's output may do to the terminal of the person who watches it: draw, and nothing else. Pure.

A terminal answers some escape sequences by typing, and some modes make it type by itself (focus, colour scheme): each
viewer's would type into the session, and Claude needs none of it. Others write to the clipboard, or change how keys are
told, so that the key which leaves the session would not be known any more. So only what is known to draw passes, each
sequence written anew, so that no terminal reads it otherwise than it was judged here: no control inside of it, and none
of the C1 controls, which some terminals take and some do not, be they encoded or bare bytes: what is not UTF-8 is
dropped. Links lead to web pages alone. What was on the terminal before stays in its scrollback.
"""

from __future__ import annotations

import re
from enum import Enum

MAX_SEQUENCE_BYTES = 64 * 1024
"""A longer one is dropped up to its end: nothing that Claude writes is."""

_SET_AFTERWARDS = (b"7", b"25")
_UNSET_AFTERWARDS = (
    *(b"1", b"5", b"6", b"47", b"66", b"1047", b"1049"),
    *(b"1000", b"1002", b"1003", b"1006", b"2004", b"2026"),
)
_MODES = frozenset((*_SET_AFTERWARDS, *_UNSET_AFTERWARDS))
_INSERT = b"4"
RESET = b"".join(
    (
        *(b"\x1b[?%bl" % mode for mode in _UNSET_AFTERWARDS),
        *(b"\x1b[?%bh" % mode for mode in _SET_AFTERWARDS),
        *(b"\x1b[4l", b"\x1b>", b"\x1b(B", b"\x0f", b"\x1b]8;;\x1b\\", b"\x1b[0m", b"\x1b[0 q", b"\x1b[r"),
        b"\x1b[999;1H",  # some of these move the cursor
    )
)
"""Takes back all that may have passed: the main screen, no mouse, a visible cursor, which is on the last line."""

_SHOWS = re.compile(
    rb"[78=>DEMNO]|[()*+][0-~]|#[3-8]"
    rb"|\[[\d;:]*[@A-IK-MPSTXZ`abdefmrsu]|\[\??[012]?J|\[\?[\d;]*K|\[\d* [@Aq]|\[!p|\[\d*\"q"
    rb"|\][012];.*|\]8;[^;]*;.*",
    re.S,
)
_LINK, _WEB_LINK = re.compile(rb"\]8;.*", re.S), re.compile(rb"\]8;[^;]*;https?://.*", re.S | re.I)
_NO_LINK = b"]8;;"
_MODE = re.compile(rb"\[(\??)([\d;]*)([hl])")
_BEGIN_ANEW, _BEGUN_ANEW = b"c", RESET + b"\x1b[H\x1b[2J"
"""What resets a terminal would empty its scrollback too."""

_BEYOND_ASCII = (
    rb"\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]"
    rb"|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
"""A character in UTF-8 (RFC 3629, section 4) that is no C1 control."""
_CHARACTER = re.compile(_BEYOND_ASCII)
_PLAIN = re.compile(rb"(?:[^\x05\x1b\x80-\xff]++|%b)+" % _BEYOND_ASCII)
_TEXT = re.compile(rb"(?:[\x00-\x7f]++|%b)*" % _BEYOND_ASCII)
_CONTROLS = bytes((*range(0x20), 0x7F))

_ENQUIRY, _BEL, _CANCEL, _SUBSTITUTE, _ESC, _DELETE = 0x05, 0x07, 0x18, 0x1A, 0x1B, 0x7F
_LONGEST_CHARACTER_BYTES = 4
_OSC = ord("]")
_STRINGS = frozenset(b"]P_^X")


class _At(Enum):
    GROUND = "ground"
    ESCAPE = "escape"
    SEQUENCE = "sequence"
    STRING = "string"
    STRING_ESCAPE = "string_escape"


class Escapes:
    """Leaves of a stream of bytes what draws, wherever it is cut."""

    def __init__(self) -> None:
        self._at = _At.GROUND
        self._begun = bytearray()
        self._character = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Return what may be written of the bytes so far; the begin of a sequence waits for its end."""
        passed, at = bytearray(), 0
        while at < len(data):
            plain = _PLAIN.match(data, at) if self._at is _At.GROUND and not self._character else None
            if plain is None:
                self._step(data[at], passed)
                at += 1
            else:
                passed += plain[0]
                at = plain.end()
        return bytes(passed)

    def _step(self, byte: int, passed: bytearray) -> None:
        if self._at is _At.GROUND and byte != _ESC:
            self._show(byte, passed)
        elif byte in (_CANCEL, _SUBSTITUTE):  # cancels whatever it is
            self._at = _At.GROUND
        elif byte == _ESC:
            self._character.clear()
            self._at = _At.STRING_ESCAPE if self._at is _At.STRING else _At.ESCAPE
            if self._at is _At.ESCAPE:
                self._begun.clear()
        elif self._at is _At.STRING:
            if byte == _BEL and self._begun[0] == _OSC:
                self._finish(b"\x07", passed)
            else:
                self._keep(byte)
        elif self._at is _At.STRING_ESCAPE:
            if byte == ord("\\"):
                self._finish(b"\x1b\\", passed)
            else:  # the string was given up for another sequence
                self._at = _At.ESCAPE
                self._begun.clear()
                self._step(byte, passed)
        elif byte < 0x20:  # takes effect at once, amid the sequence
            self._show(byte, passed)
        elif byte > _DELETE:
            self._at = _At.GROUND
            self._show(byte, passed)
        elif byte != _DELETE:
            self._sequence(byte, passed)

    def _sequence(self, byte: int, passed: bytearray) -> None:
        begins = not self._begun
        self._keep(byte)
        if self._at is _At.ESCAPE and begins and byte in _STRINGS:
            self._at = _At.STRING
        elif self._at is _At.ESCAPE and begins and byte == ord("["):
            self._at = _At.SEQUENCE
        elif byte >= (0x30 if self._at is _At.ESCAPE else 0x40):
            self._finish(b"", passed)

    def _keep(self, byte: int) -> None:
        if len(self._begun) <= MAX_SEQUENCE_BYTES:
            self._begun.append(byte)

    def _finish(self, end: bytes, passed: bytearray) -> None:
        self._at = _At.GROUND
        if len(self._begun) <= MAX_SEQUENCE_BYTES:
            passed += _drawing(bytes(self._begun), end)

    def _show(self, byte: int, passed: bytearray) -> None:
        if byte < 0x80 or byte >= 0xC0 or len(self._character) == _LONGEST_CHARACTER_BYTES:
            self._character.clear()  # what was begun is not UTF-8
        if byte < 0x80:
            passed += b"" if byte == _ENQUIRY else bytes((byte,))
            return
        self._character.append(byte)
        if _CHARACTER.fullmatch(self._character):
            passed += self._character
            self._character.clear()


def _drawing(body: bytes, end: bytes) -> bytes:
    """Return what may pass of a sequence. Its body lacks the escape it begins with, and the end of a string."""
    body = body.translate(None, _CONTROLS)
    if body == _BEGIN_ANEW:
        return _BEGUN_ANEW
    modes = _MODE.fullmatch(body)
    if modes is not None:
        private, named, ends = modes.groups()
        known = _MODES if private else {_INSERT}
        left = b";".join(mode for mode in named.split(b";") if mode in known)
        return b"\x1b[" + private + left + ends if left else b""
    if _LINK.fullmatch(body) and not _WEB_LINK.fullmatch(body):
        body = _NO_LINK
    return b"\x1b" + body + end if _SHOWS.fullmatch(body) and _TEXT.fullmatch(body) else b""
