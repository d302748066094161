"""Remember by a digest of its sources that something has been installed or built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from scripts.prepare.step import ROOT


def digest(files: Iterable[Path], *words: str) -> str:
    """Return the SHA-256, in hexadecimal, of the files' names and contents and of further words."""
    state = hashlib.sha256()
    for word in words:
        state.update(word.encode() + b"\0")
    for file in sorted(files):
        content = file.read_bytes()
        state.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return state.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    """Tell whether the stamp was written for exactly these sources."""
    return stamp.is_file() and stamp.read_text() == wanted


def write(stamp: Path, wanted: str) -> None:
    """Write the stamp; call it last, so that an interrupted step is done again."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
