"""What the standard library has no call for: prctl on Linux, through ctypes. Elsewhere these do nothing."""

from __future__ import annotations

import os
import sys
from signal import SIGKILL

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_M_MMAP_THRESHOLD = -3
_MMAP_BYTES = 256 * 1024

if sys.platform == "linux":
    import ctypes

    _libc = ctypes.CDLL(None, use_errno=True)

    def _prctl(option: int, value: int | bytes) -> None:
        argument = ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_ulong(value)
        if _libc.prctl(option, argument, ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def give_memory_back() -> None:
        """Keep what one large input took from staying with this process: fix the threshold that glibc would raise."""
        if hasattr(_libc, "mallopt"):
            _libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
else:

    def _prctl(option: int, value: int | bytes) -> None:
        """Do nothing: this system has no prctl."""

    def give_memory_back() -> None:
        """Do nothing: other allocators give large pieces back by themselves."""


def become_reaper(name: bytes) -> None:
    """Make this process the parent of every orphan below it, and call it `name` (at most 15 bytes) in `ps -e`."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_NAME, name)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to SIGKILL this process when the thread that forked it ends; `parent` is that process's id."""
    _prctl(_PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
