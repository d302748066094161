"""An append-only file of checked lines that survives a crash in the middle of a write.

A line is `<CRC-32 in hex> <JSON>\\n`. A torn or damaged tail is cut when the file is opened: what stood there had no
effect yet, or its effect is safe to repeat.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from claudios.agent.durable import open_private, write_all, write_private


class Journal:
    """The lines of `path` (0600), and the file they are appended to."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, and cut what is damaged; `cut_bytes` says how much that was."""
        self._path = path
        self._file = open_private(str(path), os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.lines, intact = _read(path.read_bytes())
        self.cut_bytes = os.fstat(self._file).st_size - intact
        if self.cut_bytes:
            os.ftruncate(self._file, intact)
            os.fsync(self._file)
        self.size = intact

    def append(self, lines: Iterable[bytes], *, durable: bool) -> None:
        """Add lines with one write; `durable` returns only once they would survive a loss of power."""
        raw = b"".join(map(_checked, lines))
        try:
            write_all(self._file, raw)
            if durable:
                os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)  # a full disk may have taken half a line
            raise
        self.size += len(raw)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Put `lines` in the place of all there are, at once even if the power fails."""
        raw = b"".join(map(_checked, lines))
        write_private(self._path, raw)
        os.close(self._file)
        self._file = open_private(str(self._path), os.O_RDWR | os.O_APPEND)
        self.size = len(raw)
        self.lines = []

    def close(self) -> None:
        """Close the file; nothing is buffered."""
        os.close(self._file)


def _checked(line: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(line), line)


def _read(raw: bytes) -> tuple[list[bytes], int]:
    """Return the lines up to the first damaged one, and how many bytes they take."""
    lines, intact = [], 0
    while (end := raw.find(b"\n", intact)) >= 0:
        checksum, _, line = raw[intact:end].partition(b" ")
        if checksum != b"%08x" % crc32(line):
            break
        lines.append(line)
        intact = end + 1
    return lines, intact
