"""A program in Claude's place on a terminal: it shows what it is told to, and then everything that it reads.

Whatever a terminal answers by itself is read by the program as if somebody had typed it, so it is shown like that.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.helpers.programs import write_program

_SCRIPT = """#!{python} -SE
import os
import sys

if sys.argv[1:] == ["--version"]:
    print("2.1.0 (Claude Code)")
elif sys.argv[1:] != ["auth", "status"]:
    os.write(1, {shown!r})
    while read := os.read(0, 65536):
        os.write(1, {shown!r} if read == b"!" else b"")
        os.write(1, b"<" + read.hex().encode() + b">\\r\\n")
"""


def fake_terminal(path: Path, shown: bytes) -> Path:
    """Write the program, which shows that at its start, and again when it reads an exclamation mark alone.

    What it reads at a time is shown in hexadecimal, between angle brackets, on a line.
    """
    return write_program(path, _SCRIPT.format(python=sys.executable, shown=shown))
