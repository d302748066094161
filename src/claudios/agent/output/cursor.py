"""How far the server has a session's log, on disk: two slots of one file, of which the other one is written each time.

A slot is written in place, so that it costs no space: on a disk that the spool itself has filled, segments can still be
unlinked. Torn by a loss of power it does not match its checksum, and the other slot holds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from zlib import crc32

from claudios.agent.durable import open_private, write_private

SLOT_BYTES = 128


class CursorFile:
    """The cursor in `path`: the last frame that the server has committed, and the chain head after it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_slot: int | None = None  # None: the file is to be made

    def read(self) -> tuple[int, bytes] | None:
        """Return what was saved last; None where nothing was."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        if len(raw) != 2 * SLOT_BYTES:
            return _parsed(raw)  # an earlier version wrote one value, anew each time
        slots = [_checked(raw[:SLOT_BYTES]), _checked(raw[SLOT_BYTES:])]
        self._next_slot = 0 if slots[1] is not None and (slots[0] is None or slots[0] < slots[1]) else 1
        return max((slot for slot in slots if slot is not None), default=None)

    def save(self, seq: int, head: bytes) -> None:
        """Bring the cursor to the disk. Raises OSError."""
        slot = _slot(seq, head)
        if self._next_slot is None:
            write_private(self._path, slot * 2)
            self._next_slot = 0
            return
        file = open_private(self._path, os.O_WRONLY)
        try:
            os.pwrite(file, slot, self._next_slot * SLOT_BYTES)
            os.fsync(file)
        finally:
            os.close(file)
        self._next_slot = 1 - self._next_slot


def _slot(seq: int, head: bytes) -> bytes:
    value = json.dumps({"seq": seq, "head": head.hex()}, separators=(",", ":")).encode()
    return (b"%08x %b" % (crc32(value), value)).ljust(SLOT_BYTES - 1) + b"\n"


def _checked(slot: bytes) -> tuple[int, bytes] | None:
    checksum, _, value = slot.rstrip().partition(b" ")
    return _parsed(value) if checksum == b"%08x" % crc32(value) else None


def _parsed(value: bytes) -> tuple[int, bytes]:
    fields = json.loads(value)
    return int(fields["seq"]), bytes.fromhex(fields["head"])
