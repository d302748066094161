#!/usr/bin/env python3
"""The program at the end of the journey: answers the handshake, echoes a line, or prints a prepared flood.

Started the way the Claude CLI is. A line that holds `flood BYTES LINE` prints that many bytes in numbered lines of that
length, prepared before the first byte goes out; any other line comes back as `{"type":"echo","line":…}`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys

FLOOD = re.compile(rb"flood (\d+) (\d+)")
WRITE_BYTES = 256 * 1024


def flood(total_bytes: int, line_bytes: int) -> bytes:
    """Return numbered lines of exactly `line_bytes`, `total_bytes` in all (rounded down to whole lines)."""
    pad = b"x" * (line_bytes - 12)
    return b"".join(b"%010d %b\n" % (n, pad) for n in range(total_bytes // line_bytes))


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


def write(piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(1, view[:WRITE_BYTES]) :]


if __name__ == "__main__":
    main()
