"""Which processes descend from another, and which carry a session's marker: /proc on Linux, `ps` elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

MARKER = "CLAUDIOS_SESSION"
_PROC = "/proc"


def descendants(root: int) -> set[int]:
    """Return the ids of all living processes below `root`, zombies and `root` itself left out."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    left = [root]
    while left:
        below = children.get(left.pop(), [])
        left += below
        found.update(below)
    return found


def marked(marker: str) -> set[int]:
    """Return the ids of all processes of this user whose environment holds the session's marker."""
    sought = f"{MARKER}={marker}".encode()
    if not _has_proc():
        flags = "-axEww" if sys.platform == "darwin" else "axeww"
        return {pid for pid, words in _ps(flags, "-o", "pid=,command=") if sought in words}
    return {pid for pid in _pids() if sought in _read(f"{_PROC}/{pid}/environ").split(b"\0")}


def signal_all(pids: set[int], number: int) -> None:
    """Send a signal to each process that still exists."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or its number has passed to somebody else


def _parents() -> Iterator[tuple[int, int]]:
    if not _has_proc():
        for pid, (parent, state) in _ps("-ax", "-o", "pid=,ppid=,stat="):
            if not state.startswith(b"Z"):
                yield pid, int(parent)
        return
    for pid in _pids():
        fields = _read(f"{_PROC}/{pid}/stat").rpartition(b")")[2].split()
        if fields and fields[0] != b"Z":
            yield pid, int(fields[1])


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdigit())


def _has_proc() -> bool:
    return os.path.exists(f"{_PROC}/self/stat")


def _read(path: str) -> bytes:
    """Return a file of /proc; nothing when the process has ended or is not ours."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        parts = []
        while part := os.read(file, 65_536):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(file)


def _ps(*arguments: str) -> Iterator[tuple[int, list[bytes]]]:
    """Yield process id and words of each line that `ps` prints, its own left out."""
    import subprocess  # 1 MB, and only a system without /proc needs it

    with subprocess.Popen(["ps", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as ps:
        printed = ps.communicate()[0]
    for line in printed.splitlines():
        pid, *words = line.split()
        if int(pid) != ps.pid:
            yield int(pid), words
