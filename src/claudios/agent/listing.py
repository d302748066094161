"""Files and directories below a session's directory, for whom completes a path: bounded, and never outside of it.

What `.git` holds and `.gitignore` names is left out, as far as that is cheap: patterns of a name, or of a path from
their own directory, with `!`, `*`, `?` and `[…]`; `**` in the middle of a path is not known.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

MAX_PATHS = 20
MAX_LOOKED_AT = 10_000
"""Entries that are looked at for one answer, in all directories together, also those that are left out."""
LOOK_SECONDS = 2.0
"""When looking ends, whatever is left: who asked waits for five seconds."""
MAX_IGNORE_BYTES = 64 * 1024
MAX_RULES = 500
"""How many lines of `.gitignore` files hold in a directory; those further in are passed over."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths from the session's directory, those of directories with a slash at the end; `is_cut`: there may be more."""

    paths: tuple[str, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    is_path: bool
    is_for_directories: bool
    takes_back: bool


_Rules = tuple[tuple[str, _Rule], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory on the way: its path from the session's directory, and the rules that hold there, innermost last."""

    path: str
    rules: _Rules


class _Effort:
    """How much is still looked at for one answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = clock() + LOOK_SECONDS
        self._left = MAX_LOOKED_AT

    def look(self) -> bool:
        """Say whether one more entry may be looked at."""
        if self.is_spent or self._clock() > self._until:
            self._left = 0
            return False
        self._left -= 1
        return True

    @property
    def is_spent(self) -> bool:
        return self._left <= 0


def list_paths(directory: Path, beginning: str, clock: Callable[[], float] = time.monotonic) -> Listing:
    """Return what `beginning` may become: a path from `directory`, of whose last part any name may hold the letters.

    With nothing after the last slash these are the entries there; else those below too, first those that begin so, then
    the nearest. Nothing that cannot be read is an error. A path that leads out of `directory` gives nothing.
    """
    base, _, wanted = beginning.rpartition("/")
    start = None if beginning.startswith("/") else _inside(directory, base)
    if start is None:
        return Listing((), is_cut=False)
    found: list[tuple[tuple[int, int, str], str]] = []
    effort = _Effort(clock)
    for depth, path, name, is_directory in _walk(directory, start, effort, is_deep=bool(wanted)):
        at = name.lower().find(wanted.lower())
        if at >= 0:
            found.append(((min(at, 1), depth, path.lower()), f"{path}/" if is_directory else path))
    paths = tuple(path for _, path in sorted(found)[:MAX_PATHS])
    return Listing(paths, is_cut=len(found) > MAX_PATHS or effort.is_spent)


def _inside(directory: Path, base: str) -> str | None:
    """Return a path below `directory` without dots and links, or None where it is none."""
    parts = [part for part in base.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in base:
        return None
    real = directory.resolve()
    try:
        is_inside = real.joinpath(*parts).resolve(strict=True).is_relative_to(real)
    except (OSError, RuntimeError):
        return None
    return "/".join(parts) if is_inside else None


def _walk(directory: Path, start: str, effort: _Effort, *, is_deep: bool) -> Iterator[tuple[int, str, str, bool]]:
    """Yield depth, path, name and whether it is a directory, the nearest first."""
    to_do = deque([(0, _place_of(directory, start))])
    real = directory.resolve()
    while to_do:
        depth, place = to_do.popleft()
        rules = _with_rules_of(directory, place.path, place.rules)
        for entry in _entries(directory / place.path):
            if not effort.look():
                return
            path = f"{place.path}/{entry.name}" if place.path else entry.name
            is_directory = _is_directory(entry, real)
            if is_directory is None or entry.name == ".git" or _is_ignored(path, entry.name, is_directory, rules):
                continue
            yield depth, path, entry.name, is_directory
            if is_deep and is_directory and not entry.is_symlink():  # a link could lead round in a circle
                to_do.append((depth + 1, _Place(path, rules)))


def _place_of(directory: Path, start: str) -> _Place:
    """Return where a walk begins, with the rules of the directories above it."""
    rules: _Rules = ()
    parts = start.split("/") if start else []
    for count in range(len(parts)):
        above = "/".join(parts[:count])
        rules = _with_rules_of(directory, above, rules)
    return _Place(start, rules)


def _with_rules_of(directory: Path, path: str, outer: _Rules) -> _Rules:
    found = _rules_in(directory / path)
    return (*outer, *((path, rule) for rule in found))[:MAX_RULES] if found else outer


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return sorted(
                (entry for entry, _ in zip(found, range(MAX_LOOKED_AT), strict=False)), key=lambda one: one.name
            )
    except OSError:
        return []


def _is_directory(entry: os.DirEntry[str], real: Path) -> bool | None:
    """Say whether an entry is a directory; None for what leads outside, or is neither that nor a file."""
    try:
        entry.name.encode()  # a name that is no text cannot be written into a prompt
        if entry.is_symlink() and not Path(entry.path).resolve(strict=True).is_relative_to(real):
            return None
        return True if entry.is_dir() else False if entry.is_file() else None
    except (OSError, RuntimeError, UnicodeEncodeError):
        return None


def _rules_in(directory: Path) -> list[_Rule]:
    try:
        file = directory / ".gitignore"
        if file.is_symlink() or not file.is_file():
            return []
        with file.open("rb") as opened:
            lines = opened.read(MAX_IGNORE_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []
    return [rule for line in lines if (rule := _rule(line.rstrip())) is not None]


def _rule(line: str) -> _Rule | None:
    takes_back = line.startswith("!")
    pattern = line.removeprefix("!").removeprefix("**/")
    if not pattern or line.startswith("#") or pattern == "/":
        return None
    bare = pattern.rstrip("/")
    return _Rule(bare.lstrip("/"), "/" in bare, pattern.endswith("/"), takes_back)


def _is_ignored(path: str, name: str, is_directory: bool, rules: _Rules) -> bool:
    is_ignored = False
    for place, rule in rules:
        if rule.is_for_directories and not is_directory:
            continue
        said_of = path[len(place) + 1 if place else 0 :] if rule.is_path else name
        if fnmatchcase(said_of, rule.pattern):
            is_ignored = not rule.takes_back
    return is_ignored
