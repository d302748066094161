"""How much memory a process has had, as Linux counts it."""

from __future__ import annotations

from pathlib import Path


def rss_bytes(pid: int, field: str = "VmHWM") -> int:
    """Return the most memory that a living process has had, or with VmRSS what it has now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def forget_peak(pid: int) -> int:
    """Have the kernel count a process's VmHWM anew, and return what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return rss_bytes(pid)
