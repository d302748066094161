"""A pseudo-terminal: the program has one end in the place of its three pipes, the shim the other.

What is typed reaches the program byte by byte, without an echo and uncut (a terminal that gathers lines drops what is
longer than 4,096 bytes), and the keys that send signals are bytes like others: the program sets up what it wants of
that. Line ends that it prints are still completed, as programs expect that print without setting anything up.
"""

from __future__ import annotations

import errno
import fcntl
import os
import termios
from struct import Struct

_SIZE = Struct("HHHH")  # rows, columns, and the same in pixels, which nobody knows
_INPUT, _LOCAL = 0, 3
_AS_TYPED = termios.BRKINT | termios.ICRNL | termios.INPCK | termios.ISTRIP | termios.IXON
_UNGATHERED = termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG

Size = tuple[int, int]
"""Columns and rows."""


def open_terminal(size: Size) -> tuple[int, int]:
    """Return the shim's descriptor of a new terminal, and the program's. Raises OSError."""
    ours, theirs = os.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[_INPUT] &= ~_AS_TYPED
    attributes[_LOCAL] &= ~_UNGATHERED
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    resize(ours, size)
    return ours, theirs


def take_control(terminal: int) -> None:
    """Make it the controlling terminal of this process, which has just become the leader of a session."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def resize(terminal: int, size: Size) -> None:
    """Set the size; the kernel tells the program with SIGWINCH."""
    columns, rows = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, _SIZE.pack(rows, columns, 0, 0))


def is_hung_up(problem: OSError) -> bool:
    """Say whether a read or write failed because nobody holds the program's end any more: the end of a terminal."""
    return problem.errno == errno.EIO
