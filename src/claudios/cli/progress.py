"""A sign of life on stderr for what takes more than a second; nothing at all for what does not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from claudios.cli.text import one_line

PATIENCE_SECONDS = 1.0
_TURN_SECONDS = 0.12
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say `what` on stderr once it has taken a second: turning at a terminal, as a single line elsewhere."""
    done = threading.Event()
    telling = (one_line(what), done.wait, time.monotonic, sys.stderr)
    teller = threading.Thread(target=tell, args=telling, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def tell(what: str, is_done: Callable[[float], bool], now: Callable[[], float], stream: TextIO) -> None:
    """Say `what` until it is done. `is_done` waits up to so many seconds for that; `now` is a clock in seconds."""
    begun = now()
    if is_done(PATIENCE_SECONDS):
        return
    if not stream.isatty():
        print(f"{what} …", file=stream, flush=True)
        return
    turn = 0
    while not is_done(_TURN_SECONDS):
        seconds = now() - begun
        print(f"\r\x1b[2K{_FRAMES[turn % len(_FRAMES)]} {what} … {seconds:.0f} s", end="", file=stream, flush=True)
        turn += 1
    print("\r\x1b[2K", end="", file=stream, flush=True)
