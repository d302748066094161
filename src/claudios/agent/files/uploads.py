"""Uploads: written piece by piece into a file beside the one that it will be, then put in its place at once.

A piece is known by its upload and its offset, so one that comes again changes nothing, also the last one.
"""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import Lock

from claudios.agent.files.places import Places, explained, require_file
from claudios.protocol.asking import MAX_UPLOAD_BYTES, WriteFile, Written
from claudios.protocol.errors import Conflict, Exists, InputInvalid

PREFIX = ".claudios-upload-"
IDLE_SECONDS = 3600.0
"""An upload to which nothing was added for so long is removed, by the next one into its directory."""
MAX_REMEMBERED = 256
MAX_LOOKED_AT = 20_000

_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Uploads:
    """Takes the pieces. An upload is bounded by MAX_UPLOAD_BYTES; of those that are done, MAX_REMEMBERED are known."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = Lock()
        self._done: OrderedDict[tuple[str, Path], int] = OrderedDict()

    def write(self, piece: WriteFile) -> Written:
        """Write a piece. Raises PolicyForbids, InputInvalid, NotFound, Forbidden, Conflict."""
        path = self._places.locate(piece.path)
        end = piece.offset + len(piece.content)
        if end > MAX_UPLOAD_BYTES:
            raise InputInvalid(f"A file of more than {MAX_UPLOAD_BYTES >> 20} MiB is not taken. Copy it another way.")
        if not path.name:
            raise InputInvalid("The path names no file. Name one.")
        with self._lock:
            size = self._done.get((piece.upload, path))
        if size is not None:
            return Written(path=str(path), size=size, is_done=True)
        with self._places.opened(path.parent) as directory, explained(path):
            before = _require_free(directory, path, overwrite=piece.overwrite)
            _write(directory, piece, path)
            if piece.is_last:
                _put_in_place(directory, piece, path, before)
                self._remember(piece.upload, path, end)
        return Written(path=str(path), size=end, is_done=piece.is_last)

    def _remember(self, upload: str, path: Path, size: int) -> None:
        with self._lock:
            self._done[upload, path] = size
            while len(self._done) > MAX_REMEMBERED:
                self._done.popitem(last=False)


def _require_free(directory: int, path: Path, *, overwrite: bool) -> os.stat_result | None:
    """Return what the upload replaces, or None. Raises Conflict where it may not replace that."""
    try:
        before = os.stat(path.name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    require_file(before, path)
    if not overwrite:
        raise Exists(_exists(path))
    return before


def _write(directory: int, piece: WriteFile, path: Path) -> None:
    name = PREFIX + piece.upload
    if piece.offset == 0:
        _remove_idle(directory)
    try:
        created = os.O_CREAT | os.O_EXCL if piece.offset == 0 else 0
        descriptor = os.open(name, _OPEN | created, 0o666, dir_fd=directory)
    except FileExistsError:
        descriptor = os.open(name, _OPEN, dir_fd=directory)
    except FileNotFoundError as gone:
        raise Conflict("What was uploaded so far is gone. Begin the upload again.") from gone
    try:
        info = os.fstat(descriptor)
        require_file(info, path)
        if info.st_size < piece.offset:
            raise Conflict("A piece of the upload is missing before this one. Begin the upload again.")
        left, offset = memoryview(piece.content), piece.offset
        while left:
            written = os.pwrite(descriptor, left, offset)
            left, offset = left[written:], offset + written
        if piece.is_last:
            os.ftruncate(descriptor, offset)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(directory: int, piece: WriteFile, path: Path, before: os.stat_result | None) -> None:
    """Give the upload its name. Without `overwrite` that is a link, which fails where the name has come up since."""
    name = PREFIX + piece.upload
    if before is not None:
        with suppress(OSError):  # a file system without modes
            descriptor = os.open(name, _OPEN, dir_fd=directory)
            try:
                os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)
            finally:
                os.close(descriptor)
    if piece.overwrite:
        os.rename(name, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        return
    try:
        os.link(name, path.name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
    except FileExistsError as exists:
        raise Exists(_exists(path)) from exists
    os.unlink(name, dir_fd=directory)


def _remove_idle(directory: int) -> None:
    """Remove uploads that nobody went on with."""
    before = time.time() - IDLE_SECONDS
    with suppress(OSError):
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        try:
            with os.scandir(readable) as found:
                names = [each.name for each, _ in zip(found, range(MAX_LOOKED_AT), strict=False)]
            for name in names:
                if not name.startswith(PREFIX):
                    continue
                if os.stat(name, dir_fd=readable, follow_symlinks=False).st_mtime < before:
                    os.unlink(name, dir_fd=readable)
        finally:
            os.close(readable)


def _exists(path: Path) -> str:
    return f"{path} exists already. Choose another name, or say that it is to be replaced."
