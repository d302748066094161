"""What a terminal session shows, as far as a test needs it: the text without the escapes."""

from __future__ import annotations

import re

_ALONG_THE_LINE = re.compile(rb"\x1b\[\d*[CG]")
_CONTROL = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a command to the system, as for the title
    rb"|\x1b[P_][^\x1b]*\x1b\\"
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"
    rb"|\x1b[ -/]*[0-~]"
)
_BLANKS = re.compile(r"[ \r\xa0]+")


def text_of(painted: bytes) -> str:
    """Return what was painted, in the order of painting; any steps and blanks along a line are one blank."""
    plain = _CONTROL.sub(b"", _ALONG_THE_LINE.sub(b" ", painted)).decode(errors="replace")
    return _BLANKS.sub(" ", plain)
