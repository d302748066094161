"""A sign of life on stderr for what takes more than a second; nothing at all for what does not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from claudios.cli.text import one_line

PATIENCE_SECONDS = 1.0
_TURN_SECONDS = 0.12
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say `what` on stderr once it has taken a second: turning at a terminal, as a single line elsewhere."""
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(one_line(what), done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(what: str, done: threading.Event) -> None:
    begun = time.monotonic()
    if done.wait(PATIENCE_SECONDS):
        return
    if not sys.stderr.isatty():
        print(f"{what} …", file=sys.stderr, flush=True)
        return
    turn = 0
    while not done.wait(_TURN_SECONDS):
        seconds = time.monotonic() - begun
        print(f"\r\x1b[2K{_FRAMES[turn % len(_FRAMES)]} {what} … {seconds:.0f} s", end="", file=sys.stderr, flush=True)
        turn += 1
    print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
