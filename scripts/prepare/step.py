"""Show one step of set-up: what runs, how long it took and, when it fails, what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEARTBEAT_SECONDS = 10
SHOWN_LINES = 20


class SetupError(Exception):
    """Set-up cannot go on. The first argument says what is wrong, the second what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def say(line: str) -> None:
    """Print one line at once, whatever reads it."""
    print(f"[set-up] {line}", flush=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Announce a step, and say how long it took once it is done."""
    say(f"{doing} ...")
    begun = time.monotonic()
    yield
    say(f"{doing}: done in {time.monotonic() - begun:.1f} s")


def run(
    argv: Sequence[str | Path], remedy: str, *, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
) -> None:
    """Run a program quietly to its end, with a sign of life now and then.

    Raises SetupError, after showing what the program printed, when it exits non-zero.
    """
    words = [str(word) for word in argv]
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**(environment or os.environ), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        begun = time.monotonic()
        while True:
            try:
                code = process.wait(HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"  still running ({time.monotonic() - begun:.0f} s): {words[0].rpartition('/')[2]} {words[1]}")
        if code != 0:
            output.seek(0)
            _show(output.readlines())
            raise SetupError(f"`{' '.join(words)}` failed with exit code {code}.", remedy)


def _show(lines: list[str]) -> None:
    """Print both ends of a program's output: the first error and the last one are the telling ones."""
    if len(lines) > 2 * SHOWN_LINES:
        lines = [*lines[:SHOWN_LINES], "...\n", *lines[-SHOWN_LINES:]]
    sys.stdout.writelines(lines)
