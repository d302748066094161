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
    """

    def __init__(self, directory: str, epoch: int, first_seq: int) -> None:
        self.seq = first_seq - 1
        self.sync_due: float | None = None
        self._directory = directory
        self._epoch = epoch
        self._syncer = Syncer()
        self._file = -1
        self._size = SEGMENT_BYTES
        self._unsynced = 0

    def append(self, pieces: Sequence[tuple[Stream, bytes]]) -> None:
        """Append one frame for each piece, all or none. Raises OSError when the disk does not take them."""
        if self._size >= SEGMENT_BYTES:
            self._open_segment()
        mono_ns, wall_ms, seq = time.monotonic_ns(), time.time_ns() // 1_000_000, self.seq
        parts: list[bytes] = []
        for stream, payload in pieces:
            seq += 1
            parts += (encode_header(stream, self._epoch, seq, mono_ns, wall_ms, payload), payload)
        size = sum(map(len, parts))
        written = self._write(parts)
        if written != size:
            os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, "the spool's disk is full")
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

    def _open_segment(self) -> None:
        first = self.seq + 1
        file = os.open(f"{self._directory}/{first:020d}.seg", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if self._file >= 0:
            self._syncer.sync(self._file, close=True)
        self._file, self._size = file, 0
        self._syncer.sync(os.open(self._directory, os.O_RDONLY), close=True)
