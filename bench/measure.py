"""Reading the machine: processor time and memory of our processes, medians and percentiles, the table."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, by us and by the floor of the same run, and how to repeat it."""

    name: str
    ours: str
    floor: str
    target: str
    repeat: str


def cpu_ms(pids: Iterable[int]) -> float:
    """Return the user and system time that live processes have used so far, in milliseconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * 1000 / _TICKS


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB (10⁶ bytes would flatter: 2²⁰)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that `share` (0 to 1) of the values do not exceed: the nearest rank."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def machine() -> str:
    """Describe the machine in one line."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = names[0] if names else platform.machine()
    return f"{len(names) or os.cpu_count()} cores of {processor}, {memory:.0f} GiB, CPython {platform.python_version()}"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | ClaudiOS | floor | target | repeat with |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {row.name} | {row.ours} | {row.floor} | {row.target} | `{row.repeat}` |" for row in rows]
    return "\n".join(lines)
