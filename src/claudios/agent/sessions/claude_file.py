"""Change a JSON file of Claude's, which Claude itself and other programs write as well."""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from claudios.agent.durable import sync_directory, write_draft
from claudios.protocol.errors import SpawnFailed

MOST_TRIES = 20
"""How often a change is begun again where somebody else wrote the file meanwhile."""

Fields = dict[str, object]


def amend(path: Path, change: Callable[[Fields], None]) -> None:
    """Change a file all at once, and only where that changes something. Raises SpawnFailed.

    What another program writes meanwhile is kept: the change is made again on that.
    """
    place = path.resolve()  # it may be a link into somebody's dotfiles
    try:
        for _ in range(MOST_TRIES):
            if _try_to_amend(place, change):
                return
    except ValueError as wrong:
        raise SpawnFailed(f"{path} is not what Claude writes there. Correct it, or start `claude` on it.") from wrong
    except OSError as problem:
        raise SpawnFailed(f"{path} cannot be read or written: {problem.strerror}. Correct that.") from problem
    raise SpawnFailed(f"Another program writes {path} all the time. Start the session again when it does not.")


def object_in(fields: Fields, name: str) -> Fields:
    """Return the object of that name, made where it is missing. Raises ValueError where it is something else."""
    found = fields.setdefault(name, {})
    if not isinstance(found, dict):
        raise ValueError(name)
    return found


def list_in(fields: Fields, name: str) -> list[object]:
    """Return the list of that name, made where it is missing. Raises ValueError where it is something else."""
    found = fields.setdefault(name, [])
    if not isinstance(found, list):
        raise ValueError(name)
    return found


def _try_to_amend(place: Path, change: Callable[[Fields], None]) -> bool:
    """Say whether the file is as it should be; it is not where another program wrote it meanwhile."""
    known = _version(place)
    raw = b"{}" if known is None else place.read_bytes()
    before, after = object_in({"": json.loads(raw)}, ""), object_in({"": json.loads(raw)}, "")
    change(after)
    if after == before:
        return True
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}.new")
    # Half of a pair of surrogates, which a JSON file may hold, is no UTF-8: it stays the escape that it was.
    write_draft(draft, json.dumps(after, indent=2, ensure_ascii=False).encode(errors="backslashreplace"))
    try:
        if known is not None:
            draft.chmod(stat.S_IMODE(place.stat().st_mode))
        if _version(place) != known:
            return False
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(place.parent)
    return True


def _version(place: Path) -> tuple[int, int, int] | None:
    """Return what changes with every writing of a file; None where there is none."""
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
