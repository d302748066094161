"""Run a module of ClaudiOS with failpoints, or with a wall clock that can be set.

    CLAUDIOS_FAILPOINTS=inbox.journaled=kill:3 python -m tests.faults.failpoints claudios.agent ...

The product names its points with `sys.audit("claudios.…")`, which does nothing until somebody listens; only this
program does, so nothing in the product can be switched on. `POINT=ACTION:N` acts when the point is reached for the N-th
time (1), `POINT@KEY=ACTION` when it is reached for that key: a session's id, or an instruction's. Actions: `kill`
(SIGKILL), `freeze` (SIGSTOP), `fail` (an OSError comes out of the point). With CLAUDIOS_CLOCK_FILE the wall clock is
off by the seconds in that file, which is read again at each SIGUSR2. A point that does not exist is refused.
"""

from __future__ import annotations

import os
import re
import runpy
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import claudios

PREFIX = "claudios."
_NAMED = re.compile(r'sys\.audit\(\s*"claudios\.([\w.]+)"')
_SPEC = re.compile(r"(?P<point>[\w.]+)(?:@(?P<key>[\w:-]+))?=(?P<action>kill|freeze|fail)(?::(?P<nth>[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Failpoint:
    """What happens where."""

    point: str
    key: str | None
    action: str
    nth: int


def points() -> dict[str, str]:
    """Return the points that the product names, each with the part of it (agent, server) that has it."""
    root = Path(claudios.__file__).parent
    return {
        name: path.relative_to(root).parts[0]
        for path in root.rglob("*.py")
        for name in _NAMED.findall(path.read_text())
    }


def parse(text: str) -> list[Failpoint]:
    """Read CLAUDIOS_FAILPOINTS. Raises ValueError for what means nothing."""
    known, found = points(), []
    for spec in filter(None, text.split(",")):
        match = _SPEC.fullmatch(spec)
        if match is None or match["point"] not in known:
            raise ValueError(f"{spec!r} is no failpoint. Points are {', '.join(sorted(known))}.")
        found.append(Failpoint(match["point"], match["key"], match["action"], int(match["nth"] or 1)))
    return found


def listen(failpoints: list[Failpoint]) -> None:
    """Act at the failpoints from now on."""
    reached: Counter[Failpoint] = Counter()

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if not event.startswith(PREFIX):
            return
        for failpoint in failpoints:
            if event == PREFIX + failpoint.point and failpoint.key in (None, *arguments):
                reached[failpoint] += 1
                if reached[failpoint] == failpoint.nth:
                    _ACTIONS[failpoint.action]()

    sys.addaudithook(hear)


def skew(file: Path) -> None:
    """Put this process's wall clock off by the seconds in `file`; monotonic clocks stay."""
    real, real_ns = time.time, time.time_ns
    off = 0.0

    def read_again(*_: object) -> None:
        nonlocal off
        off = float(file.read_text())

    read_again()
    signal.signal(signal.SIGUSR2, read_again)
    time.time = lambda: real() + off
    time.time_ns = lambda: real_ns() + int(off * 1e9)


def _fail() -> None:
    raise OSError("a failpoint")


_ACTIONS: Mapping[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "fail": _fail,
}


def main() -> None:
    """Run the module that the first argument names, as `python -m` would."""
    listen(parse(os.environ.get("CLAUDIOS_FAILPOINTS", "")))
    clock = os.environ.get("CLAUDIOS_CLOCK_FILE")
    if clock is not None:
        skew(Path(clock))
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
