"""What an agent may be asked about git: how a session's directory stands, what differs in it, and its worktrees.

Where a session has a worktree the agent knows it, and that is what is looked at; else it is `directory`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from claudios.protocol.asking import Kind
from claudios.protocol.fields import Count, Hex32, Model, SessionId, Short, Text
from claudios.protocol.messages import Worktree

MAX_CHANGED_FILES = 300
"""How many files a diff names; the others are counted."""
MAX_PATCH_BYTES = 512 * 1024
"""Of one file's patch."""
MAX_LISTED = 200
"""Worktrees of one agent."""
MAX_NAMED = 20
"""How many files and commits the loss of a worktree names; the others are counted."""


class Against(StrEnum):
    """What a diff is against: the newest commit, or where the branch began, if it did."""

    HEAD = "head"
    BASE = "base"


class FileChange(StrEnum):
    """How a file differs. `retyped`: it became a link, or was one."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    RETYPED = "retyped"
    CONFLICTED = "conflicted"
    UNTRACKED = "untracked"


class AskGitState(Model):
    """How does the repository stand in which the session works?"""

    session_id: SessionId
    directory: Text | None = None


class GitState(Model):
    """How it stands; where `is_repository` is false there is none, and `note` says why.

    `branch` is absent for a detached head, `head` before the first commit, the counts of commits without an upstream.
    `changed` counts tracked files that differ from `head`, `conflicted` ones apart. `under_way` names what was begun
    and not finished, such as a merge. `is_cut`: there may be more files.
    """

    is_repository: StrictBool
    note: Text | None = None
    top: Text | None = None
    branch: Short | None = None
    head: Short | None = None
    upstream: Short | None = None
    ahead: Count | None = None
    behind: Count | None = None
    changed: Count = 0
    untracked: Count = 0
    conflicted: Count = 0
    under_way: Short | None = None
    is_cut: StrictBool = False
    worktree: Worktree | None = None


class AskGitDiff(Model):
    """What differs there? With `path`, from the repository's top, only in that file, of which more is shown then."""

    session_id: SessionId
    directory: Text | None = None
    against: Against = Against.HEAD
    path: Text | None = None


class ChangedFile(Model):
    """One file that differs. `was` is its path before, `patch` its hunks, absent where there is nothing to show.

    Lines are absent where they are not counted, as in a binary file. `is_cut`: there is more to the patch.
    """

    path: Text
    status: FileChange
    was: Text | None = None
    added: Count | None = None
    removed: Count | None = None
    is_binary: StrictBool = False
    patch: Annotated[str, StringConstraints(max_length=MAX_PATCH_BYTES)] | None = None
    is_cut: StrictBool = False


class GitDiff(Model):
    """The files that differ from the commit `base`, where `base_name` parted; the first of `total` are here."""

    base: Short | None = None
    base_name: Short | None = None
    files: Annotated[tuple[ChangedFile, ...], Field(max_length=MAX_CHANGED_FILES)] = ()
    total: Count = 0
    is_cut: StrictBool = False


class AskWorktrees(Model):
    """Which worktrees of sessions are on the machine?"""


class ListedWorktree(Model):
    """A worktree and how it stands; `problem` says why that is not known. `ahead` counts commits its base lacks."""

    session_id: SessionId
    worktree: Worktree
    changed: Count = 0
    untracked: Count = 0
    ahead: Count = 0
    problem: Text | None = None


class ListedWorktrees(Model):
    """The worktrees of sessions on a machine."""

    worktrees: Annotated[tuple[ListedWorktree, ...], Field(max_length=MAX_LISTED)] = ()


class AskMerge(Model):
    """Merge the branch of a session's worktree into the one it was made from."""

    session_id: SessionId


class MergeKind(StrEnum):
    """How a branch was merged."""

    NOTHING_NEW = "nothing_new"
    FAST_FORWARD = "fast_forward"
    MERGE_COMMIT = "merge_commit"


class MergedWorktree(Model):
    """How the branch was merged; `base` is at `commit` now."""

    how: MergeKind
    base: Short
    commit: Short


class AskRemoval(Model):
    """Remove a session's worktree and its branch. `confirmed` is the digest of the loss that somebody has agreed to."""

    session_id: SessionId
    confirmed: Hex32 | None = None


class WorktreeLoss(Model):
    """What would be lost: files not committed, and commits that the base lacks; the first of each are named."""

    files: tuple[Text, ...] = ()
    commits: tuple[Text, ...] = ()
    file_count: Count
    commit_count: Count
    digest: Hex32


class RemovedWorktree(Model):
    """It is gone; or it is not, and `loss` would have to be confirmed."""

    is_removed: StrictBool
    loss: WorktreeLoss | None = None


GIT_STATE = Kind("git_state", AskGitState, GitState)
GIT_DIFF = Kind("git_diff", AskGitDiff, GitDiff)
LIST_WORKTREES = Kind("list_worktrees", AskWorktrees, ListedWorktrees)
MERGE_WORKTREE = Kind("merge_worktree", AskMerge, MergedWorktree)
REMOVE_WORKTREE = Kind("remove_worktree", AskRemoval, RemovedWorktree)
