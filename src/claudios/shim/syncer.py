"""The thread that waits for the disk, so that nobody else does.

`fdatasync` takes from 0.1 ms to a second. Beside the loop it costs 0.1 MB; inside it, every echo that meets it waits.
"""

from __future__ import annotations

import _thread
import os
from collections import deque
from collections.abc import Callable

MAX_WAITING = 16
_END = -1
_to_disk: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter


class Syncer:
    """Bring files to the disk one after the other, off the loop. The thread starts with the first file.

    At most MAX_WAITING files wait; beyond that `sync` itself waits for the disk, and with it the program's output.
    `problem` says why the disk did not take one, until `try_again` succeeds.
    """

    def __init__(self) -> None:
        self.problem: OSError | None = None
        self._files: deque[tuple[int, bool]] = deque()
        self._has_more = _thread.allocate_lock()
        self._has_more.acquire()
        self._finished = _thread.allocate_lock()

    @property
    def is_idle(self) -> bool:
        return not self._files

    def sync(self, file: int, *, close: bool) -> None:
        """Have everything written to `file` so far brought to the disk, and the file closed after that."""
        if len(self._files) >= MAX_WAITING:
            self._sync(file, close=close)
        else:
            self._hand_over(file, close=close)

    def try_again(self, file: int) -> None:
        """Bring a file to the disk here and now, after that failed. Raises OSError when it fails again."""
        _to_disk(file)
        self.problem = None

    def finish(self) -> None:
        """Wait until every file is on the disk."""
        if self._finished.locked():
            self._hand_over(_END, close=False)
            self._finished.acquire()

    def _hand_over(self, file: int, *, close: bool) -> None:
        self._files.append((file, close))
        if not self._finished.locked():
            self._finished.acquire()
            _thread.start_new_thread(self._run, ())
        if self._has_more.locked():
            self._has_more.release()

    def _run(self) -> None:
        while True:
            self._has_more.acquire()
            while self._files:
                file, close = self._files[0]
                if file == _END:
                    self._finished.release()
                    return
                self._sync(file, close=close)
                self._files.popleft()

    def _sync(self, file: int, *, close: bool) -> None:
        try:
            _to_disk(file)
        except OSError as problem:
            self.problem = problem
        if close:
            os.close(file)
