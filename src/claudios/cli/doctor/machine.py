"""The machine: disk, memory, processor, and what uses it."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Iterator
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
    free = shutil.disk_usage(existing).free
    text = f"{size(free)} free where {directory} is"
    if free < DISK_FAIL_BYTES:
        return fail("disk", text, "Make room: without it output cannot be kept, and sessions are paused.")
    if free < DISK_WARN_BYTES:
        return warn("disk", text, "Make room soon.")
    return ok("disk", text)


def check_memory() -> Finding:
    """Say how much memory is left; a session takes about 200 MB."""
    available = psutil.virtual_memory().available
    text = f"{size(available)} available; a session takes about 200 MB"
    remedy = "End sessions or other programs, or lower maxConcurrentSessions."
    if available < MEMORY_FAIL_BYTES:
        return fail("memory", text, remedy)
    if available < MEMORY_WARN_BYTES:
        return warn("memory", text, remedy)
    return ok("memory", text)


def check_limits() -> Finding:
    """Say whether the limits of this user allow to start processes and open files."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= files < FEWEST_FILES:
        return warn(
            "limits", f"only {files} files may be open at once", "Raise it: ulimit -n 4096 (LimitNOFILE= in a unit)."
        )
    return ok("limits", f"{files if files >= 0 else 'any number of'} open files allowed")


def check_processor(agent_pid: int | None) -> Iterator[Finding]:
    """Watch the processes for a second; name the busiest where the machine, or the agent, is busy."""
    watched = list(psutil.process_iter(["name", "pid"]))
    for each in watched:
        _percent(each)  # the first reading only starts the count
    psutil.cpu_percent(None)
    time.sleep(SAMPLE_SECONDS)
    total = psutil.cpu_percent(None)
    used = sorted(((_percent(each), each) for each in watched), key=lambda pair: pair[0], reverse=True)
    load = os.getloadavg()[0]
    busiest = ", ".join(
        f"{one_line(str(each.info['name']))} ({each.info['pid']}) {percent:.0f} %"
        for percent, each in used[:3]
        if percent > 1
    )
    text = f"{total:.0f} % of {os.cpu_count()} cores in use, load {load:.1f}"
    if total >= BUSY_PERCENT:
        yield warn("cpu", f"{text}; busiest: {busiest}", "Look at the busiest: a session of yours, or another program?")
    else:
        yield ok("cpu", text)
    if agent_pid is not None:
        mine = next((percent for percent, each in used if each.pid == agent_pid), 0.0)
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
