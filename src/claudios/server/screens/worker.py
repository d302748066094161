"""The process that draws screens: `python -m claudios.server.screens.worker`, one request after the other on stdin.

Native code runs here and nowhere else in the server. The process keeps nothing that is missed when it dies, and its
memory is limited by the system.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import BinaryIO

from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from claudios.server.screens import wire
from claudios.server.screens.emulator import Emulator, Undrawable

MEMORY_BYTES = 1024 * 1024 * 1024


def main() -> None:
    """Serve until stdin ends."""
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Take requests until there are no more."""
    emulator = Emulator(80, 24)
    while len(header := requests.read(wire.REQUEST.size)) == wire.REQUEST.size:
        kind, length = wire.REQUEST.unpack(header)
        body = requests.read(length)
        if kind == wire.BEGIN:
            emulator = Emulator(*wire.SIZE.unpack_from(body))
            emulator.feed(body[wire.SIZE.size :])
        elif kind == wire.FRAMES:
            emulator = _after(emulator, body)
        else:
            answers.write(_answer(emulator))
            answers.flush()


def _after(emulator: Emulator, frames: bytes) -> Emulator:
    """Let an emulator read frames; return it, or another one where a new process begins."""
    view = memoryview(frames)
    for found in locate(view):
        payload = view[found.start + HEADER_BYTES : found.end]
        if found.stream is Stream.PTY:
            emulator.feed(bytes(payload))
        elif found.stream is Stream.EVENT:
            event = _event(bytes(payload))
            size = _size(event)
            if size is not None and event.get("event") == "started":
                emulator = Emulator(*size)
            elif size is not None and event.get("event") == "resized":
                emulator.resize(*size)
    return emulator


def _event(payload: bytes) -> dict[str, object]:
    try:
        event = json.loads(payload)
    except ValueError:
        return {}  # no shim writes that
    return event if isinstance(event, dict) else {}


def _size(event: dict[str, object]) -> tuple[int, int] | None:
    columns, rows = event.get("columns"), event.get("rows")
    if not (isinstance(columns, int) and isinstance(rows, int) and columns in wire.SIDES and rows in wire.SIDES):
        return None
    return columns, rows


def _answer(emulator: Emulator) -> bytes:
    try:
        drawing, is_drawn = emulator.drawing(), True
    except Undrawable:
        drawing, is_drawn = b"", False
    return wire.ANSWER.pack(is_drawn, *emulator.size, len(drawing)) + drawing


def _limit_memory() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what was on the screen


if __name__ == "__main__":
    main()
