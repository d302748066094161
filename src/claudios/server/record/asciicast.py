"""A terminal session as an asciicast (version 2, as asciinema documents it): lines of JSON that players play.

Output is `o`, another size `r`, each process a marker `m`, and what was typed `i`, where it is wanted. Seconds count
from the first process; inside a process the machine's monotonic clock counts them.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import orjson

from claudios.protocol.frame import HEADER_BYTES, Located, Stream, locate

FIRST_COLUMNS = 80
FIRST_ROWS = 24

_DECODER = codecs.getincrementaldecoder("utf-8")


class Asciicast:
    """Writes one recording: feed it the session's encoded frames in order, then finish."""

    def __init__(self, title: str, *, takes_input: bool) -> None:
        self._title = title
        self._takes_input = takes_input
        self._decoders = {stream: _DECODER("replace") for stream in (Stream.PTY, Stream.STDIN)}
        self._size: tuple[int, int] | None = None
        self._epoch = 0
        self._first_wall_ms = 0
        self._first_mono_ns = 0
        self._epoch_seconds = 0.0
        self._seconds = 0.0

    def feed(self, frames: bytes) -> Iterator[bytes]:
        """Yield the lines that whole encoded frames make."""
        view = memoryview(frames)
        for found in locate(view):
            payload = bytes(view[found.start + HEADER_BYTES : found.end])
            if found.stream is Stream.EVENT:
                yield from self._event(found, payload)
            elif self._is_wanted(found) and (text := self._decoders[found.stream].decode(payload)):
                yield self._line(found, "o" if found.stream is Stream.PTY else "i", text)

    def finish(self) -> Iterator[bytes]:
        """Yield what is left: the header, where the session never ran in a terminal."""
        if self._size is None:
            yield self._header(FIRST_COLUMNS, FIRST_ROWS)

    def _is_wanted(self, found: Located) -> bool:
        """Say whether a frame is of a terminal's process, and output, or typed where that is wanted."""
        is_typed = found.stream is Stream.STDIN and self._takes_input
        return found.epoch == self._epoch and (found.stream is Stream.PTY or is_typed)

    def _event(self, found: Located, payload: bytes) -> Iterator[bytes]:
        try:
            event = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return  # no shim writes that; the recording goes on
        if not isinstance(event, dict) or event.get("event") not in ("started", "resized"):
            return
        size = event.get("columns"), event.get("rows")
        if not (isinstance(size[0], int) and isinstance(size[1], int)):
            return  # a chat
        columns, rows = size[0], size[1]
        if self._size is None:
            self._first_wall_ms = found.wall_ms
            yield self._header(columns, rows)
        if event["event"] == "started":
            self._begin(found)
            yield self._line(found, "m", f"process {found.epoch}")
        if self._size not in (None, (columns, rows)):
            yield self._line(found, "r", f"{columns}x{rows}")
        self._size = columns, rows

    def _begin(self, found: Located) -> None:
        """Begin with another process, whose machine may have been started anew since."""
        self._epoch = found.epoch
        self._first_mono_ns = found.mono_ns
        self._epoch_seconds = max(self._seconds, (found.wall_ms - self._first_wall_ms) / 1e3)
        for decoder in self._decoders.values():
            decoder.reset()

    def _header(self, columns: int, rows: int) -> bytes:
        header: dict[str, object] = {"version": 2, "width": columns, "height": rows, "title": self._title}
        if self._first_wall_ms:
            header["timestamp"] = self._first_wall_ms // 1000
        return orjson.dumps(header) + b"\n"

    def _line(self, found: Located, code: str, text: str) -> bytes:
        self._seconds = self._epoch_seconds + (found.mono_ns - self._first_mono_ns) / 1e9
        return orjson.dumps([round(self._seconds, 6), code, text]) + b"\n"
