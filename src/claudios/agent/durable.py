"""Files that are whole or absent whenever the power fails."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, raw: bytes) -> None:
    """Put `raw` into `path` (0600) in the place of what was there, durably and all at once."""
    fresh = path.with_suffix(".new")
    with os.fdopen(open_private(fresh, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def open_private(path: str | Path, flags: int) -> int:
    """Return the descriptor of a file that only this user may read, made when it is missing."""
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
