"""An append-only file of checked lines that survives a crash in the middle of a write.

A line is `<CRC-32 in hex> <JSON>\\n`. A torn or damaged tail is cut when the file is opened: what stood there had no
effect yet, or its effect is safe to repeat.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from claudios.agent.durable import open_private, sync_directory, write_all


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
        self._is_named = True  # False: after a loss of power the name might lead to an older file

    def append(self, lines: Iterable[bytes], *, durable: bool) -> None:
        """Add lines with one write; `durable` returns only once they would survive a loss of power."""
        raw = b"".join(map(_checked, lines))
        try:
            write_all(self._file, raw)
            if durable:
                self._name()
                os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)  # a full disk may have taken half a line
            raise
        self.size += len(raw)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Put `lines` in the place of all there are, at once even if the power fails.

        Raises OSError: the old lines stand then, or the new ones do, and lines are appended to those that do.
        """
        raw = b"".join(map(_checked, lines))
        path = self._path.with_suffix(".new")
        file = open_private(path, os.O_RDWR | os.O_APPEND | os.O_TRUNC)
        try:
            write_all(file, raw)
            os.fsync(file)
            path.replace(self._path)
        except OSError:
            os.close(file)
            path.unlink(missing_ok=True)  # half of it would only take space
            raise
        replaced, self._file = self._file, file
        os.close(replaced)
        self.size = len(raw)
        self.lines = []
        self._is_named = False
        self._name()

    def close(self) -> None:
        """Close the file; nothing is buffered."""
        os.close(self._file)

    def _name(self) -> None:
        """Bring the name of a file that replaced another to the disk."""
        if not self._is_named:
            sync_directory(self._path.parent)
            self._is_named = True


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
