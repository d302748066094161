"""What is in a directory: bounded, sorted, and nothing of what its links lead to outside of the policy."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

from claudios.agent.files.places import Places, explained
from claudios.agent.files.uploads import PREFIX
from claudios.protocol.asking import MAX_ENTRIES, Directory, DirectoryEntry, EntryKind, ListDirectory
from claudios.protocol.errors import ClaudiosError

MAX_LOOKED_AT = 20_000
"""Entries of a directory that are looked at, so that those of an answer can be sorted."""
_KINDS = {stat.S_IFREG: EntryKind.FILE, stat.S_IFDIR: EntryKind.DIRECTORY}


def list_directory(places: Places, question: ListDirectory, max_looked_at: int = MAX_LOOKED_AT) -> Directory:
    """Return what is in a directory. Raises PolicyForbids, NotFound, Forbidden, Conflict."""
    path = places.locate(question.path)
    with places.opened(path) as passed, explained(path):
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=passed)
        try:
            with os.scandir(readable) as found:
                looked_at = list(itertools.islice(found, max_looked_at + 1))
            entries = [
                entry
                for name in (each.name for each in looked_at[:max_looked_at])
                if (entry := _entry(places, path, readable, name)) is not None
            ]
        finally:
            os.close(readable)
    entries.sort(key=lambda entry: (entry.kind is not EntryKind.DIRECTORY, entry.name.casefold(), entry.name))
    end = question.skip + MAX_ENTRIES
    return Directory(
        path=str(path),
        entries=tuple(entries[question.skip : end]),
        more=len(entries) > end,
        is_cut=len(looked_at) > max_looked_at,
    )


def _entry(places: Places, directory: Path, descriptor: int, name: str) -> DirectoryEntry | None:
    """Return an entry; None for one that is gone, for an unfinished upload, and for a name that is no text."""
    if name.startswith(PREFIX):
        return None
    try:
        name.encode()
        info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except (OSError, UnicodeEncodeError):
        return None
    is_link = stat.S_ISLNK(info.st_mode)
    mode = _mode_of_target(places, directory / name) if is_link else info.st_mode
    kind = _KINDS.get(stat.S_IFMT(mode), EntryKind.OTHER)
    return DirectoryEntry(
        name=name, kind=kind, is_link=is_link, size=info.st_size, modified_ms=info.st_mtime_ns // 1_000_000
    )


def _mode_of_target(places: Places, link: Path) -> int:
    """Return the mode of what a link leads to, or 0 for what the policy does not let be seen and what is not there."""
    try:
        return places.locate(str(link)).lstat().st_mode
    except (OSError, ClaudiosError):
        return 0
