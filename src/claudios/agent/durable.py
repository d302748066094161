"""Files that are whole or absent whenever the power fails."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, raw: bytes) -> None:
    """Put `raw` into `path` (0600) in the place of what was there, durably and all at once. Raises OSError."""
    fresh = path.with_suffix(".new")
    write_draft(fresh, raw)
    fresh.replace(path)
    sync_directory(path.parent)


def write_draft(path: Path, raw: bytes) -> None:
    """Put `raw` into `path` (0600), on the disk, to be renamed. Raises OSError, and then it is gone."""
    try:
        file = open_private(path, os.O_WRONLY | os.O_TRUNC)
        try:
            write_all(file, raw)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError:
        path.unlink(missing_ok=True)  # half of it would only take space
        raise


def write_all(file: int, raw: bytes) -> None:
    """Write all of `raw` to a descriptor. Raises OSError; a part of it may have been written then."""
    view = memoryview(raw)
    while view:
        view = view[os.write(file, view) :]


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
