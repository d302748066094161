#!/usr/bin/env python3
"""The program at the end of the journey: answers the handshake, echoes a line, or prints a prepared flood.

Started the way the Claude CLI is. A line that holds `flood BYTES LINE` prints that many bytes in numbered lines of that
length, prepared before the first byte goes out; any other line comes back as `{"type":"echo","line":…}`. On a terminal
what is typed comes back as it is, and a flood ends with COPIED, which asks for the clipboard.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tty
from collections.abc import Iterator
from contextlib import suppress

FLOOD = re.compile(rb"flood (\d+) (\d+)")
READ_BYTES = 4096
WRITE_BYTES = 256 * 1024
COPIED = b"\x1b]52;c;VGhlIGVuZC4=\a"


def flood(total_bytes: int, line_bytes: int, end: bytes = b"\n") -> bytes:
    """Return numbered lines of exactly `line_bytes`, `total_bytes` in all (rounded down to whole lines)."""
    pad = b"x" * (line_bytes - 11 - len(end))
    return b"".join(b"%010d %b%b" % (n, pad, end) for n in range(total_bytes // line_bytes))


def digest(total_bytes: int, line_bytes: int) -> str:
    """Return the SHA-256 of that flood: what a viewer must have seen, complete and in order."""
    return hashlib.sha256(flood(total_bytes, line_bytes)).hexdigest()


def main() -> None:
    if "--version" in sys.argv:
        print("0.0.0 (bench)")
        return
    if "auth" in sys.argv:
        print('{"loggedIn":true}')
        return
    if sys.stdin.isatty():
        for piece in on_terminal():
            write(piece)
        return
    for line in sys.stdin.buffer:
        wanted = FLOOD.search(line)
        if b"control_request" in line:
            request = json.loads(line)
            reply = {"subtype": "success", "request_id": request["request_id"], "response": {}}
            write(json.dumps({"type": "control_response", "response": reply}).encode() + b"\n")
            if request["request"]["subtype"] == "end_session":
                return
        elif wanted is not None:
            prepared = flood(int(wanted[1]), int(wanted[2]))
            write(b'{"type":"flood"}\n')
            write(prepared)
        else:
            write(b'{"type":"echo","line":' + line.strip() + b"}\n")


def on_terminal() -> Iterator[bytes]:
    """Read what is typed, until the terminal is gone, and yield what is to be shown."""
    tty.setraw(0)
    yield b"ready\r\n"
    with suppress(OSError):
        while typed := os.read(0, READ_BYTES):
            wanted = FLOOD.search(typed)
            yield typed if wanted is None else flood(int(wanted[1]), int(wanted[2]), b"\r\n") + COPIED


def write(piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(1, view[:WRITE_BYTES]) :]


if __name__ == "__main__":
    main()
