"""Where a session's socket is: beside its files, unless the path is longer than a Unix socket's may be."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from claudios.protocol.errors import SpawnFailed

MAX_PATH_BYTES = 100
"""Linux takes 107 and macOS 103."""


def socket_path(directory: Path) -> Path:
    """Return the path for the session in `directory`. Raises SpawnFailed when no private place can be had."""
    beside = directory / "socket"
    if len(os.fsencode(beside)) <= MAX_PATH_BYTES:
        return beside
    name = hashlib.sha256(os.fsencode(beside)).hexdigest()[:24]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and len(os.fsencode(Path(runtime, "claudios", name))) <= MAX_PATH_BYTES:
        return _private(Path(runtime, "claudios")) / name
    return _private(Path(f"/tmp/claudios-{os.getuid()}")) / name


def _private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077 or not stat.S_ISDIR(found.st_mode):
        raise SpawnFailed(f"{directory} is not this user's alone. Remove it, or set XDG_RUNTIME_DIR.")
    return directory
