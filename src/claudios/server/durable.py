"""Private files of the server that are whole or absent whenever the power fails."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_private(path: Path, raw: bytes) -> None:
    """Put `raw` into a new file (0600), durably and all at once. Raises FileExistsError for one that is there, OSError.

    Of several that create it at once one succeeds, and the others find it whole.
    """
    draft = _draft(path, raw)
    try:
        path.hardlink_to(draft)  # unlike a rename it replaces nothing
    finally:
        draft.unlink()
    sync(path.parent)


def replace_private(path: Path, raw: bytes) -> None:
    """Put `raw` into `path` (0600) in the place of what was there, durably and all at once. Raises OSError."""
    draft = _draft(path, raw)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file, or the names in a directory, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, raw: bytes) -> Path:
    """Write `raw` to a file beside `path`, and bring it to the disk."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(raw)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    except OSError:
        draft.unlink()
        raise
    finally:
        os.close(file)
    return draft
