"""Merge one branch into another without touching any file until it is known to work.

The merge is made among git's objects first. Then the branch moves forward to it: where it is checked out, with its
files, which git refuses if that would overwrite changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claudios.agent.git.program import ACT_SECONDS, Git, GitFailed
from claudios.agent.git.repository import Permit, Repository
from claudios.protocol.errors import Conflict
from claudios.protocol.git import MAX_NAMED


@dataclass(frozen=True, slots=True)
class Merged:
    """How a branch was merged: `how` is nothing_new, fast_forward or merge_commit; `commit` is where `base` is now."""

    how: str
    base: str
    commit: str


def merge_into(git: Git, repository: Repository, branch: str, base: str, permit: Permit) -> Merged:
    """Merge `branch` into `base`. Raises Conflict, PolicyForbids, GitFailed, and then nothing has changed."""
    ours, theirs = _commit(git, repository, base), _commit(git, repository, branch)
    if git.look(repository.top, "merge-base", "--is-ancestor", theirs, ours).status == 0:
        return Merged("nothing_new", base, ours)
    how, commit = "fast_forward", theirs
    if git.look(repository.top, "merge-base", "--is-ancestor", ours, theirs).status != 0:
        tree = _merged_tree(git, repository, ours, theirs, base)
        message = f"Merge branch '{branch}' into {base}"
        how = "merge_commit"
        commit = git.act(repository.top, "commit-tree", tree, "-p", ours, "-p", theirs, "-m", message)
    _move(git, repository, base, ours, commit, permit)
    return Merged(how, base, commit)


def _merged_tree(git: Git, repository: Repository, ours: str, theirs: str, base: str) -> str:
    ran = git.look(
        repository.top, "merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", ours, theirs,
        seconds=ACT_SECONDS,
    )  # fmt: skip
    tree, *names = ran.output.decode(errors="replace").split("\0")
    if ran.status == 1:
        conflicting = sorted({name for name in names if name})
        more = f" and {len(conflicting) - MAX_NAMED} more" if len(conflicting) > MAX_NAMED else ""
        raise Conflict(
            f"The branch conflicts with {base} in {', '.join(conflicting[:MAX_NAMED])}{more}. Nothing was merged. "
            f"Have {base} merged into the worktree and the conflicts resolved there, then merge again."
        )
    if ran.status != 0:
        hint = " Merging needs git 2.38 or newer." if "usage:" in ran.complaint else ""
        raise GitFailed(f"Git could not merge, and nothing has changed: {ran.complaint[:1000]}{hint}")
    return tree


def _move(git: Git, repository: Repository, base: str, ours: str, commit: str, permit: Permit) -> None:
    place = _checked_out(git, repository, base)
    if place is None:
        git.act(repository.top, "update-ref", "-m", "merge", f"refs/heads/{base}", commit, ours)
        return
    top = permit(str(place))
    if git.ask(top, "symbolic-ref", "HEAD") != f"refs/heads/{base}":
        raise Conflict(f"Another branch than {base} has been checked out in {top} just now. Try again.")
    if git.look(top, "rev-parse", "--verify", "--quiet", "MERGE_HEAD").status == 0:
        raise Conflict(f"A merge is under way in {top}, where {base} is checked out. Finish it, or abort it, first.")
    try:
        git.act(
            top, "merge", "--ff-only", "--no-squash", "--no-verify-signatures", "--quiet", "--no-stat", "--no-edit",
            "--no-autostash", commit, finishes=True,
        )  # fmt: skip
    except GitFailed as failed:
        raise Conflict(
            f"{base} is checked out in {top}, where git could not move it forward; nothing was merged. {failed.message}"
        ) from failed


def _checked_out(git: Git, repository: Repository, branch: str) -> Path | None:
    place: Path | None = None
    for word in git.ask(repository.top, "worktree", "list", "--porcelain", "-z").split("\0"):
        if word.startswith("worktree "):
            place = Path(word.removeprefix("worktree "))
        elif word == f"branch refs/heads/{branch}":
            return place
    return None


def _commit(git: Git, repository: Repository, branch: str) -> str:
    ran = git.look(repository.top, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
    if ran.status != 0:
        raise Conflict(f"The branch {branch} is not there any more, so it cannot be merged.")
    return ran.text
