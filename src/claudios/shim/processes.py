"""Which processes descend from another, and which carry a session's marker: /proc on Linux, `ps` elsewhere."""

from __future__ import annotations

import os
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
        return {pid for pid, words in _ps("eww", "command") if sought in words.split()}
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
        yield from ((pid, int(words)) for pid, words in _ps("", "ppid"))
        return
    for pid in _pids():
        state, parent = (_read(f"{_PROC}/{pid}/stat").rpartition(b")")[2].split() or [b"Z", b"0"])[:2]
        if state != b"Z":
            yield pid, int(parent)


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


def _ps(flags: str, column: str) -> Iterator[tuple[int, bytes]]:
    import subprocess  # 1 MB, and only a system without /proc needs it

    argv = ["ps", *flags.split(), "-axo", f"pid=,{column}="]
    for line in subprocess.run(argv, capture_output=True, check=False).stdout.splitlines():
        pid, _, rest = line.strip().partition(b" ")
        yield int(pid), rest
