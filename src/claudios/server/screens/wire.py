"""What goes through the pipes between the server and the worker that draws screens.

    request  = kind (1 byte: BEGIN, FRAMES or DRAW)  length (4)  body
    answer   = is_drawn (1)  columns (2)  rows (2)  length (4)  drawing

BEGIN carries columns (2), rows (2) and the bytes a new terminal starts with; FRAMES whole encoded frames; DRAW nothing,
and only it is answered. All numbers are little-endian.
"""

from __future__ import annotations

from struct import Struct

BEGIN = 1
FRAMES = 2
DRAW = 3

MAX_DRAWING_BYTES = 1024 * 1024
SIDES = range(2, 1001)
"""How many columns or rows a screen has, as TerminalSize says; its module would double the worker's time to start."""

REQUEST = Struct("<BI")
SIZE = Struct("<HH")
ANSWER = Struct("<?HHI")


def begin(columns: int, rows: int, start: bytes) -> bytes:
    """Return the request to begin with a new terminal."""
    return request(BEGIN, SIZE.pack(columns, rows) + start)


def request(kind: int, body: bytes = b"") -> bytes:
    """Return a request."""
    return REQUEST.pack(kind, len(body)) + body
