"""What was dropped of a program's output: how much of each stream, and the digest of just those bytes."""

from __future__ import annotations

import json

from claudios.protocol.frame import Stream


class Gap:
    """Sums up what is dropped, until it is told (rule F-6)."""

    def __init__(self) -> None:
        self._streams: dict[Stream, _Dropped] = {}

    @property
    def is_empty(self) -> bool:
        return not self._streams

    def drop(self, stream: Stream, read: bytes) -> None:
        """Count a piece of output that is not recorded."""
        if stream not in self._streams:
            self._streams[stream] = _Dropped()
        self._streams[stream].add(read)

    def tell(self, reason: str) -> tuple[Stream, bytes]:
        """Return the event that stands in the place of what was dropped, and begin anew."""
        dropped = {stream.name.lower(): one.told() for stream, one in self._streams.items()}
        self._streams = {}
        event = {"event": "gap", "reason": reason, "dropped": dropped}
        return Stream.EVENT, json.dumps(event, separators=(",", ":")).encode()


class _Dropped:
    """What was dropped of one stream."""

    __slots__ = ("_bytes", "_digest", "_ends_line")

    def __init__(self) -> None:
        from hashlib import sha256  # 3 MB that only a session with a gap needs

        self._bytes = 0
        self._digest = sha256()
        self._ends_line = False

    def add(self, read: bytes) -> None:
        self._bytes += len(read)
        self._digest.update(read)
        self._ends_line = read.endswith(b"\n")

    def told(self) -> dict[str, object]:
        return {"bytes": self._bytes, "sha256": self._digest.hexdigest(), "ends_line": self._ends_line}
