"""What the server asks about git on this machine, answered as far as the machine's policy allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from claudios.agent.asked import Answering, answering
from claudios.agent.git.diff import EMPTY_TREE, read_diff
from claudios.agent.git.program import Git, NoGit
from claudios.agent.git.repository import NoRepository, Repository, find_repository
from claudios.agent.git.state import State, read_state
from claudios.agent.git.worktrees import Record, Worktrees
from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudiosError, NotFound
from claudios.protocol.git import (
    GIT_DIFF,
    GIT_STATE,
    LIST_WORKTREES,
    MERGE_WORKTREE,
    REMOVE_WORKTREE,
    Against,
    AskGitDiff,
    AskGitState,
    AskMerge,
    AskRemoval,
    AskWorktrees,
    ChangedFile,
    FileChange,
    GitDiff,
    GitState,
    ListedWorktree,
    ListedWorktrees,
    MergedWorktree,
    MergeKind,
    RemovedWorktree,
    WorktreeLoss,
)
from claudios.protocol.messages import Worktree

LIST_SECONDS = 12.0
"""After so long, the worktrees that are left are listed without how they stand."""
_SHORT, _TEXT = 256, 4096


def git_of(git: Git, worktrees: Worktrees, policy: Policy, own: Sequence[Path] = ()) -> Answering:
    """Return what answers questions about git; of what lies in `own`, the agent's files, it shows nothing."""
    answers = _Answers(git, worktrees, policy, own)
    return dict(
        [
            answering(GIT_STATE, answers.state),
            answering(GIT_DIFF, answers.diff),
            answering(LIST_WORKTREES, answers.listed),
            answering(MERGE_WORKTREE, answers.merge),
            answering(REMOVE_WORKTREE, answers.remove),
        ]
    )


def as_worktree(record: Record) -> Worktree:
    """Return what the server is told of a worktree."""
    return Worktree(
        repository=record.repository,
        directory=record.working_directory,
        branch=record.branch[:_SHORT],
        base=record.base and record.base[:_SHORT],
    )


class _Answers:
    def __init__(
        self,
        git: Git,
        worktrees: Worktrees,
        policy: Policy,
        own: Sequence[Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._git = git
        self._worktrees = worktrees
        self._policy = policy
        self._own = own
        self._clock = clock

    def state(self, asked: AskGitState) -> GitState:
        record = self._worktrees.of(asked.session_id)
        try:
            repository = self._repository(asked, record)
        except (NoRepository, NoGit) as none:
            return GitState(is_repository=False, note=none.message)
        state = read_state(self._git, repository)
        return GitState(
            is_repository=True,
            top=str(repository.top),
            branch=_short(state.branch),
            head=state.head,
            upstream=_short(state.upstream),
            ahead=state.ahead,
            behind=state.behind,
            changed=state.changed,
            untracked=state.untracked,
            conflicted=state.conflicted,
            under_way=state.under_way,
            is_cut=state.is_cut,
            worktree=None if record is None else as_worktree(record),
        )

    def diff(self, asked: AskGitDiff) -> GitDiff:
        record = self._worktrees.of(asked.session_id)
        repository = self._repository(asked, record)
        base, name = self._base(repository, record, asked.against)
        found = read_diff(self._git, repository, base or EMPTY_TREE, asked.path, self._own)
        return GitDiff(
            base=base,
            base_name=_short(name),
            files=tuple(
                ChangedFile(
                    path=file.path[:_TEXT],
                    status=FileChange(file.status),
                    was=file.was and file.was[:_TEXT],
                    added=file.added,
                    removed=file.removed,
                    is_binary=file.is_binary,
                    patch=file.patch,
                    is_cut=file.is_cut,
                )
                for file in found.files
            ),
            total=found.total,
            is_cut=found.is_cut,
        )

    def listed(self, _asked: AskWorktrees) -> ListedWorktrees:
        until = self._clock() + LIST_SECONDS
        return ListedWorktrees(worktrees=tuple(self._listed(record, until) for record in self._worktrees.all()))

    def merge(self, asked: AskMerge) -> MergedWorktree:
        merged = self._worktrees.merge(self._record(asked.session_id))
        return MergedWorktree(how=MergeKind(merged.how), base=merged.base[:_SHORT], commit=merged.commit)

    def remove(self, asked: AskRemoval) -> RemovedWorktree:
        record = self._worktrees.of(asked.session_id)
        # Without one it was removed before, and the answer did not arrive: whoever asks again is told so.
        loss = None if record is None else self._worktrees.remove(record, asked.confirmed)
        if loss is None:
            return RemovedWorktree(is_removed=True)
        return RemovedWorktree(
            is_removed=False,
            loss=WorktreeLoss(
                files=tuple(name[:_TEXT] for name in loss.files),
                commits=tuple(commit[:_TEXT] for commit in loss.commits),
                file_count=loss.file_count,
                commit_count=loss.commit_count,
                digest=loss.digest,
            ),
        )

    def _record(self, session_id: str) -> Record:
        record = self._worktrees.of(session_id)
        if record is None:
            raise NotFound("This session has no worktree on its machine, or it was removed already.")
        return record

    def _repository(self, asked: AskGitState | AskGitDiff, record: Record | None) -> Repository:
        place = asked.directory if record is None else record.working_directory
        return find_repository(self._git, self._policy.permit_directory(place), self._policy.permit_directory)

    def _base(self, repository: Repository, record: Record | None, against: Against) -> tuple[str | None, str | None]:
        """Return the commit that a diff is against, None before the first one, and the branch that it is of."""
        if against is Against.BASE:
            full: str
            name: str | None
            if record is None:
                upstream = self._git.look(
                    repository.top, "rev-parse", "--symbolic-full-name", "--verify", "--quiet", "@{upstream}"
                )
                full, name = upstream.text, upstream.text.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            elif record.base is not None:
                full, name = f"refs/heads/{record.base}", record.base
            else:
                full, name = record.base_commit, None
            parted = self._git.look(repository.top, "merge-base", full, "HEAD") if full else None
            if parted is not None and parted.status == 0:
                return parted.text, name
            if record is not None:
                return record.base_commit, name
        head = self._git.look(repository.top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return head.text if head.status == 0 else None, None

    def _listed(self, record: Record, until: float) -> ListedWorktree:
        told = ListedWorktree(session_id=record.session_id, worktree=as_worktree(record))
        if self._clock() > until:
            return told.model_copy(update={"problem": "There was no time to look at it."})
        try:
            if not Path(record.directory).is_dir():
                raise NotFound("Its directory is gone. Remove it, so that its branch goes as well.")
            state: State = self._worktrees.state(record)
            base = f"refs/heads/{record.base}" if record.base else record.base_commit
            ahead = self._git.look(Path(record.directory), "rev-list", "--count", "HEAD", f"^{base}", "--")
        except ClaudiosError as problem:
            return told.model_copy(update={"problem": problem.message[:_TEXT]})
        return told.model_copy(
            update={
                "changed": state.changed + state.conflicted,
                "untracked": state.untracked,
                "ahead": int(ahead.text) if ahead.status == 0 else 0,
            }
        )


def _short(name: str | None) -> str | None:
    return name and name[:_SHORT]
