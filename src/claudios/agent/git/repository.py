"""The repository that a directory lies in, where the machine's policy allows all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from claudios.agent.git.program import Git, GitFailed
from claudios.protocol.errors import Refused

Permit = Callable[[str], Path]
"""Return a directory resolved, or raise PolicyForbids."""


class NoRepository(Refused):
    """This directory is not in a git repository. Run `git init` there, or name another."""

    code = "no_repository"


@dataclass(frozen=True, slots=True)
class Repository:
    """`top` is where its files begin, `home` where what all of its worktrees share is kept."""

    top: Path
    home: Path


def find_repository(git: Git, directory: Path, permit: Permit) -> Repository:
    """Return the repository of a directory.

    Raises NoRepository, PolicyForbids where its files or what git keeps of them lie elsewhere, GitFailed.
    """
    if not directory.is_dir():
        raise NoRepository(f"The directory {directory} does not exist on this machine.")
    found = top, own, home = _look_up(git, directory, permit)
    if not own.is_relative_to(home):
        raise GitFailed(f"Git keeps the worktree {top} outside of its repository, which is not supported.")
    if top != directory and _look_up(git, top, permit) != found:  # `core.worktree` may name any directory
        raise GitFailed(f"The files of the repository of {directory} are in {top}, where git finds another repository.")
    return Repository(top, home)


def _look_up(git: Git, directory: Path, permit: Permit) -> tuple[Path, Path, Path]:
    """Return where its files begin, what git keeps of this worktree, and what it keeps for all of them."""
    ran = git.look(
        directory, "rev-parse", "--path-format=absolute", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"
    )
    if ran.status != 0:
        _explain(ran.complaint, directory)
    lines = ran.text.split("\n")
    if len(lines) != 3:
        raise GitFailed(f"The path of the repository of {directory} holds a line break, which is not supported.")
    return permit(lines[0]), permit(lines[1]), permit(lines[2])


def _explain(complaint: str, directory: Path) -> None:
    if "not a git repository" in complaint:
        raise NoRepository
    if "dubious ownership" in complaint:
        raise GitFailed(
            f"The repository of {directory} belongs to another user of this machine, so git does not trust it. "
            f"If you do, run there: git config --global --add safe.directory {directory}"
        )
    if "must be run in a work tree" in complaint:
        raise NoRepository("This directory has no files of a repository checked out. Name one that has.")
    raise GitFailed(f"Git cannot read the repository of {directory}: {complaint[:1000]}")
