"""Signals as events of the loop: a byte in a pipe, written by the interpreter's own handler."""

from __future__ import annotations

import os
import selectors
import signal
from collections.abc import Callable, Mapping
from functools import partial

IGNORED = (signal.SIGHUP, signal.SIGINT)


def watch_signals(selector: selectors.BaseSelector, actions: Mapping[int, Callable[[], None]]) -> None:
    """Call the action of a signal from the loop; ignore those that a terminal sends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    for number in actions:
        signal.signal(number, _note)
    selector.register(reader, selectors.EVENT_READ, partial(_act, reader, actions))


def _act(reader: int, actions: Mapping[int, Callable[[], None]], _: int) -> None:
    numbers = set(os.read(reader, 4096))
    for number, action in actions.items():
        if number in numbers:
            action()


def _note(_number: int, _frame: object) -> None:
    """Do nothing: the byte is written only for signals that have a handler."""
