"""What differs in a repository from a commit: the files with their counts, and their patches, bounded.

Untracked files are read here, by descriptor and without following links; everything else is git's own word.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from claudios.agent.git.program import Git, GitFailed
from claudios.agent.git.repository import Repository
from claudios.protocol.git import MAX_CHANGED_FILES, MAX_PATCH_BYTES

MAX_FILE_BYTES = 64 * 1024
"""Of one file's patch, where all are asked for."""
MAX_ALL_BYTES = 768 * 1024
"""Of all patches together, as they are written in JSON: with the names there is room for them in an answer."""
MAX_NAMES_BYTES = 128 * 1024
"""Of the paths of all files that are named."""
MAX_PATCH_LINES = 20_000
"""A file in which more lines differ has its patch left out where all are asked for: it would fill the others' place."""
MAX_LIST_BYTES = 4 * 1024 * 1024

_STATUSES = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "T": "retyped", "U": "conflicted"}
_AS_IT_IS = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", "--submodule=short", "-M")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file that differs. `was` is its path before, `patch` its hunks; None where there is none to show.

    `status` is added, modified, deleted, renamed, retyped, conflicted or untracked. Lines are None where they are not
    counted, as in a binary file. `is_cut`: the patch is longer than what is here.
    """

    path: str
    status: str
    was: str | None = None
    added: int | None = None
    removed: int | None = None
    is_binary: bool = False
    patch: str | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """The files that differ from the commit `base`; the first of `total` are named. `is_cut`: there may be more."""

    base: str
    files: tuple[ChangedFile, ...]
    total: int
    is_cut: bool


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What a repository without a commit is compared with; git knows it without having it."""


def read_diff(git: Git, repository: Repository, base: str, path: str | None = None, own: Sequence[Path] = ()) -> Diff:
    """Return what differs from a commit, in all files or in one, with untracked ones. Raises GitFailed.

    Of what lies in `own`, which are resolved paths, nothing is told.
    """
    only = () if path is None else (path,)
    listed = git.look(
        repository.top, "diff", *_AS_IT_IS, "--raw", "--numstat", "--no-abbrev", "-z", base, "--", *only,
        max_bytes=MAX_LIST_BYTES,
    )  # fmt: skip
    if listed.status != 0:
        raise GitFailed(f"Git cannot tell what differs: {listed.complaint[:1000]}")
    hidden = tuple(str(each.relative_to(repository.top)) for each in own if each.is_relative_to(repository.top))
    tracked = [each for each in parse_list(listed.output) if not _is_in(hidden, each.path, each.was)]
    others = git.look(
        repository.top, "ls-files", "--others", "--exclude-standard", "-z", "--", *only, max_bytes=MAX_LIST_BYTES
    )
    if others.status != 0:
        raise GitFailed(f"Git cannot tell which files are new: {others.complaint[:1000]}")
    untracked = [name for name in map(_path, others.output.split(b"\0")[:-1]) if not _is_in(hidden, name)]
    limit = MAX_FILE_BYTES if path is None else MAX_PATCH_BYTES
    shown = _first(tracked)
    new = _first([ChangedFile(name, "untracked") for name in untracked], after=shown)
    files = [
        *_with_patches(git, repository, base, shown, limit, is_alone=path is not None),
        *(_read_new(repository.top, each, limit) for each in new),
    ]
    return Diff(
        base, tuple(_within(files, MAX_ALL_BYTES)), len(tracked) + len(untracked), listed.is_cut or others.is_cut
    )


def parse_list(output: bytes) -> list[ChangedFile]:
    """Read what `git diff --raw --numstat -z` prints (git-diff(1), "Raw output format")."""
    files: dict[str, ChangedFile] = {}
    words = iter(output.split(b"\0")[:-1])
    for word in words:
        if word.startswith(b":"):
            letter = word.rsplit(b" ", 1)[-1][:1].decode(errors="replace")
            first = _path(next(words, b""))
            path = _path(next(words, b"")) if letter in ("R", "C") else first
            known = files.get(path)
            if known is None or letter == "U":
                files[path] = ChangedFile(path, _STATUSES.get(letter, "modified"), was=first if path != first else None)
            continue
        counts = word.split(b"\t", 2)
        if len(counts) != 3:
            continue
        if counts[2]:
            path = _path(counts[2])
        else:
            next(words, None)
            path = _path(next(words, b""))
        if path in files:
            is_binary = counts[0] == b"-"
            added, removed = (None, None) if is_binary else (int(counts[0]), int(counts[1]))
            files[path] = replace(files[path], added=added, removed=removed, is_binary=is_binary)
    return list(files.values())


def _with_patches(
    git: Git, repository: Repository, base: str, files: Sequence[ChangedFile], limit: int, *, is_alone: bool
) -> Iterator[ChangedFile]:
    wanted = [
        each
        for each in files
        if not each.is_binary and (is_alone or (each.added or 0) + (each.removed or 0) <= MAX_PATCH_LINES)
    ]
    names = [name for each in wanted for name in (each.was, each.path) if name is not None and "�" not in name]
    patches: dict[str, str] = {}
    if names:
        ran = git.look(
            repository.top, "diff", *_AS_IT_IS, "--patch", "--unified=3", "--inter-hunk-context=0",
            "--src-prefix=a/", "--dst-prefix=b/", "--output-indicator-new=+", "--output-indicator-old=-",
            "--output-indicator-context= ", base, "--", *names, max_bytes=2 * MAX_PATCH_BYTES,
        )  # fmt: skip
        if ran.status != 0:
            raise GitFailed(f"Git cannot tell what differs: {ran.complaint[:1000]}")
        patches = parse_patches(ran.output)
    for each in files:
        patch = patches.get(_header(each))
        if each not in wanted or patch is None:
            yield replace(each, is_cut=not each.is_binary and bool(each.added or each.removed))
        else:
            yield _cut(replace(each, patch=patch or None), limit, sum(_lines_of(patch)))


def parse_patches(output: bytes) -> dict[str, str]:
    """Return the hunks of each file by the line that heads it, which is all that tells whose they are."""
    found: dict[str, list[str]] = {}
    hunks: list[str] | None = None
    is_in_hunks = False
    for line in output.decode(errors="replace").split("\n"):
        if line.startswith("diff --git "):
            hunks, is_in_hunks = found.setdefault(line, []), False  # a retyped file comes as two patches
        elif hunks is not None and (is_in_hunks or line.startswith("@@ ")):
            is_in_hunks = True
            hunks.append(line)
    return {header: "\n".join(lines).removesuffix("\n") for header, lines in found.items()}


def _header(file: ChangedFile) -> str:
    return f"diff --git {_quoted('a/' + (file.was or file.path))} {_quoted('b/' + file.path)}"


_ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}


def _quoted(path: str) -> str:
    """Return a path as git writes it, with core.quotePath off."""
    written = "".join(
        f"\\{_ESCAPES[each]}" if each in _ESCAPES else f"\\{ord(each):03o}" if each < " " or each == "\x7f" else each
        for each in path
    )
    return path if written == path else f'"{written}"'


def _lines_of(patch: str) -> tuple[int, int]:
    lines = patch.split("\n")
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def _cut(file: ChangedFile, limit: int, lines: int) -> ChangedFile:
    """Return a file with so many bytes of its patch at most, whole lines; cut as well where git was."""
    if file.patch is None:
        return file
    raw = file.patch.encode()
    is_short = lines < (file.added or 0) + (file.removed or 0)
    if len(raw) <= limit:
        return replace(file, is_cut=is_short)
    kept = raw[:limit].decode(errors="ignore").rpartition("\n")[0]
    return replace(file, patch=kept or None, is_cut=True)


def _within(files: Sequence[ChangedFile], limit: int) -> Iterator[ChangedFile]:
    """Leave patches out that go beyond what all together may be."""
    left = limit
    for each in files:
        size = len(json.dumps(each.patch, ensure_ascii=False).encode()) if each.patch else 0
        if size > left:
            yield replace(each, patch=None, is_cut=True)
        else:
            left -= size
            yield each


def _first(files: Sequence[ChangedFile], after: Sequence[ChangedFile] = ()) -> list[ChangedFile]:
    """Return the files that are named, of which others are named already."""
    left = MAX_NAMES_BYTES - sum(_size_of_names(each) for each in after)
    first = []
    for each in files[: MAX_CHANGED_FILES - len(after)]:
        left -= _size_of_names(each)
        if left < 0:
            break
        first.append(each)
    return first


def _size_of_names(file: ChangedFile) -> int:
    return len(file.path.encode()) + len((file.was or "").encode())


def _read_new(top: Path, new: ChangedFile, limit: int) -> ChangedFile:
    """Return an untracked file as one in which every line is new; without a patch where it is no plain file."""
    try:
        raw = _read_plain(top, new.path, limit + 1)
    except (OSError, ValueError):
        return new
    if raw is None:
        return new
    if b"\0" in raw[:8000]:  # as git tells them
        return replace(new, is_binary=True)
    is_cut = len(raw) > limit
    text = raw[:limit].decode(errors="replace")
    lines = (text.rpartition("\n")[0] if is_cut else text.removesuffix("\n")).split("\n") if text else []
    patch = "\n".join([f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)]) if lines else None
    return replace(new, patch=patch, added=None if is_cut else len(lines), is_cut=is_cut)


def _read_plain(top: Path, path: str, max_bytes: int) -> bytes | None:
    """Return the beginning of a plain file below `top`; None for anything else. No link is followed on the way."""
    *above, name = path.split("/")
    if not name or ".." in above:
        return None
    place = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in above:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
            os.close(place)
            place = inner
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    finally:
        os.close(place)
    with os.fdopen(file, "rb") as opened:
        return opened.read(max_bytes) if stat.S_ISREG(os.fstat(file).st_mode) else None


def _is_in(places: Sequence[str], *names: str | None) -> bool:
    return any(f"{name}/".startswith(f"{place}/") for name in names if name is not None for place in places)


def _path(name: bytes) -> str:
    return name.decode(errors="replace")
