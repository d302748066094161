"""The machine: disk, memory, processor, and what uses it."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from claudios.cli.doctor.finding import Finding, fail, ok, warn
from claudios.cli.text import one_line, size

DISK_FAIL_BYTES = 200 * 1000**2
DISK_WARN_BYTES = 2 * 1000**3
MEMORY_FAIL_BYTES = 200 * 1000**2
MEMORY_WARN_BYTES = 600 * 1000**2
BUSY_PERCENT = 90.0
AGENT_BUSY_PERCENT = 40.0
SAMPLE_SECONDS = 1.0
FEWEST_FILES = 1024


def check_disk(directory: Path) -> Finding:
    """Say how much room the agent has for output that is not delivered yet."""
    existing = next(each for each in (directory, *directory.parents) if each.exists())
    return disk(shutil.disk_usage(existing).free, directory)


def disk(free: int, directory: Path) -> Finding:
    """Judge how many bytes are free where the agent keeps output."""
    text = f"{size(free)} free where {directory} is"
    if free < DISK_FAIL_BYTES:
        return fail("disk", text, "Make room: without it output cannot be kept, and sessions are paused.")
    if free < DISK_WARN_BYTES:
        return warn("disk", text, "Make room soon.")
    return ok("disk", text)


def check_memory() -> Finding:
    """Say how much memory is left; a session takes about 200 MB."""
    return memory(psutil.virtual_memory().available)


def memory(available: int) -> Finding:
    """Judge how many bytes of memory programs can still get."""
    text = f"{size(available)} available; a session takes about 200 MB"
    remedy = "End sessions or other programs, or lower maxConcurrentSessions."
    if available < MEMORY_FAIL_BYTES:
        return fail("memory", text, remedy)
    if available < MEMORY_WARN_BYTES:
        return warn("memory", text, remedy)
    return ok("memory", text)


def check_limits() -> Finding:
    """Say whether the limits of this user allow to start processes and open files."""
    return limits(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def limits(files: int) -> Finding:
    """Judge how many files may be open at once; below 0 is without a limit."""
    if 0 <= files < FEWEST_FILES:
        return warn(
            "limits", f"only {files} files may be open at once", "Raise it: ulimit -n 4096 (LimitNOFILE= in a unit)."
        )
    return ok("limits", f"{files if files >= 0 else 'any number of'} open files allowed")


@dataclass(frozen=True, slots=True)
class Process:
    """What a process uses, in percent of one core."""

    name: str
    pid: int
    percent: float


@dataclass(frozen=True, slots=True)
class Use:
    """What of all cores together is in use, in percent, with the load and the processes."""

    percent: float
    load: float
    processes: Sequence[Process]


def check_processor(agent_pid: int | None) -> Iterator[Finding]:
    """Watch the processes for a second; name the busiest where the machine, or the agent, is busy."""
    watched = list(psutil.process_iter(["name", "pid"]))
    for each in watched:
        _percent(each)  # the first reading only starts the count
    psutil.cpu_percent(None)
    time.sleep(SAMPLE_SECONDS)
    total = psutil.cpu_percent(None)
    processes = [Process(one_line(str(each.info["name"])), each.info["pid"], _percent(each)) for each in watched]
    yield from processor(Use(total, os.getloadavg()[0], processes), agent_pid)


def processor(use: Use, agent_pid: int | None) -> Iterator[Finding]:
    """Judge what was used, and, where it runs, what the agent itself used."""
    text = f"{use.percent:.0f} % of {os.cpu_count()} cores in use, load {use.load:.1f}"
    if use.percent >= BUSY_PERCENT:
        busiest = sorted(use.processes, key=lambda each: each.percent, reverse=True)[:3]
        named = ", ".join(f"{each.name} ({each.pid}) {each.percent:.0f} %" for each in busiest if each.percent > 1)
        yield warn("cpu", f"{text}; busiest: {named}", "Look at the busiest: a session of yours, or another program?")
    else:
        yield ok("cpu", text)
    if agent_pid is not None:
        mine = next((each.percent for each in use.processes if each.pid == agent_pid), 0.0)
        text = f"the agent itself uses {mine:.0f} % of a core"
        if mine >= AGENT_BUSY_PERCENT:
            remedy = "It carries a lot of output, or turns in circles: look at its log, and at `claudios ps`."
            yield warn("agent cpu", text, remedy)
        else:
            yield ok("agent cpu", text)


def _percent(process: psutil.Process) -> float:
    try:
        return float(process.cpu_percent(None))
    except psutil.Error:  # it has ended
        return 0.0
