"""The writing side of the spool: append-only segment files of encoded frames, named by their first seq.

A frame is in the file before anybody hears of it, and on the disk at most SYNC_SECONDS or SYNC_BYTES later.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence

from claudios.protocol.frame import Stream, encode_header
from claudios.shim.syncer import Syncer

SEGMENT_BYTES = 4 * 1024 * 1024
SYNC_BYTES = 256 * 1024
SYNC_SECONDS = 0.2


class SpoolWriter:
    """Number pieces of output and append them to the newest segment; the only writer while its shim lives.

    `seq` is the last written frame. `sync_due` is the monotonic time by which `sync` must run, None when all is synced.
    `size_bytes` is that of all segments; what the daemon unlinks is noticed when the next one begins, or by `measure`.
    A new one begins when this one has `segment_bytes`.
    """

    def __init__(self, directory: str, epoch: int, first_seq: int, segment_bytes: int = 0) -> None:
        self.seq = first_seq - 1
        self.sync_due: float | None = None
        self._segment_bytes = segment_bytes or SEGMENT_BYTES
        self._directory = directory
        self._epoch = epoch
        self._syncer = Syncer()
        self._file = -1
        self._first = 0
        self._size = 0
        self._others_bytes = self._size_of_others()
        self._is_torn = False
        self._is_doubtful = False  # the disk failed under the newest segment: what follows goes into another
        self._unsynced = 0

    @property
    def size_bytes(self) -> int:
        return self._others_bytes + self._size

    @property
    def problem(self) -> OSError | None:
        """Why what was written is not on the disk; None when it is, or will be."""
        return self._syncer.problem

    def append(self, pieces: Sequence[tuple[Stream, bytes]]) -> None:
        """Append one frame for each piece, all or none. Raises OSError when the disk does not take them."""
        self._cut_what_is_torn()
        if self._file < 0 or self._size >= self._segment_bytes or self._is_doubtful:
            self._open_segment()
        mono_ns, wall_ms, seq = time.monotonic_ns(), time.time_ns() // 1_000_000, self.seq
        parts: list[bytes] = []
        for stream, payload in pieces:
            seq += 1
            parts += (encode_header(stream, self._epoch, seq, mono_ns, wall_ms, payload), payload)
        size = sum(map(len, parts))
        self._is_torn = True
        written = self._write(parts)
        if written != size:
            self._cut_what_is_torn()
            raise OSError(errno.ENOSPC, "the spool's disk is full")
        self._is_torn = False
        self.seq = seq
        self._size += size
        self._unsynced += size
        if self.sync_due is None:
            self.sync_due = mono_ns / 1e9 + SYNC_SECONDS
        if self._unsynced >= SYNC_BYTES:
            self.sync_due = 0.0

    def sync(self, now: float) -> None:
        """Have what was written brought onto the disk, without waiting; later when the disk is still at it."""
        if self._syncer.is_idle:
            self._syncer.sync(self._file, close=False)
            self._unsynced = 0
            self.sync_due = None
        else:
            self.sync_due = now + SYNC_SECONDS

    def measure(self) -> None:
        """Look how large the segments are that are still there."""
        self._others_bytes = self._size_of_others()

    def free_bytes(self) -> int:
        """Return how much the disk under the spool still takes."""
        disk = os.statvfs(self._directory)
        return disk.f_bavail * disk.f_frsize

    def try_disk(self) -> None:
        """Bring the newest segment to the disk after that failed, and leave it. Raises OSError when it fails again."""
        if self._syncer.problem is not None:
            self._syncer.try_again(self._file)
            self._is_doubtful = self._size > 0

    def close(self) -> None:
        """Bring everything onto the disk, and wait for that."""
        if self._file >= 0:
            self._syncer.sync(self._file, close=True)
            self._syncer.finish()
            self._file = -1

    def _write(self, parts: list[bytes]) -> int:
        try:
            return os.writev(self._file, parts)
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                return 0
            raise

    def _cut_what_is_torn(self) -> None:
        """Take back half a frame, before anything is written after it."""
        if self._is_torn:
            os.ftruncate(self._file, self._size)
            self._is_torn = False

    def _size_of_others(self) -> int:
        newest = f"{self._first:020d}.seg" if self._file >= 0 else ""
        size = 0
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if entry.name != newest:
                    try:
                        size += entry.stat().st_size
                    except FileNotFoundError:
                        continue  # the daemon was quicker
        return size

    def _open_segment(self) -> None:
        first = self.seq + 1
        file = os.open(f"{self._directory}/{first:020d}.seg", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if self._file >= 0:
            self._syncer.sync(self._file, close=True)
        self._file, self._first, self._size, self._is_doubtful = file, first, 0, False
        self._others_bytes = self._size_of_others()
        self._syncer.sync(os.open(self._directory, os.O_RDONLY), close=True)
