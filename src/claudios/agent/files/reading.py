"""A piece of a file."""

from __future__ import annotations

import codecs
import os

from claudios.agent.files.places import Places, explained
from claudios.protocol.asking import FileChunk, ReadFile
from claudios.protocol.errors import Conflict

JUDGED_BYTES = 8 * 1024
"""So much of a file's beginning says whether it is text."""


def read_file(places: Places, question: ReadFile) -> FileChunk:
    """Return a piece of a file. Raises PolicyForbids, NotFound, Forbidden, Conflict."""
    path = places.locate(question.path)
    with places.opened_file(path) as descriptor, explained(path):
        info = os.fstat(descriptor)
        version = f"{info.st_dev:x}.{info.st_ino:x}"
        if question.version not in (None, version):
            raise Conflict(f"{path} was replaced by another file while it was read. Read it from its beginning.")
        return FileChunk(
            path=str(path),
            offset=question.offset,
            size=info.st_size,
            modified_ms=info.st_mtime_ns // 1_000_000,
            is_text=is_text(os.pread(descriptor, JUDGED_BYTES, 0)),
            version=version,
            content=os.pread(descriptor, question.length, question.offset),
        )


def is_text(beginning: bytes) -> bool:
    """Say whether a file that begins so is text: UTF-8 without NUL; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return b"\0" not in beginning
