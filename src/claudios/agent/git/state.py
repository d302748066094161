"""How a repository stands: its branch, how far it is from its upstream, and how many files differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claudios.agent.git.program import Git, GitFailed
from claudios.agent.git.repository import Repository

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True, slots=True)
class State:
    """`branch` is None for a detached head, `head` before the first commit; `ahead` and `behind` without an upstream.

    `changed` counts tracked files that differ from `head`, `untracked` those git does not know. `is_cut`: there may be
    more. `under_way` names what was begun and not finished, such as a merge.
    """

    branch: str | None
    head: str | None
    upstream: str | None
    ahead: int | None
    behind: int | None
    changed: int
    untracked: int
    conflicted: int
    under_way: str | None
    is_cut: bool

    @property
    def is_clean(self) -> bool:
        return not (self.changed or self.untracked or self.conflicted or self.under_way)


def read_state(git: Git, repository: Repository) -> State:
    """Return how a repository stands. Raises GitFailed."""
    ran = git.look(
        repository.top,
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--ahead-behind",
    )
    if ran.status != 0:
        raise GitFailed(f"Git cannot tell how the repository stands: {ran.complaint[:1000]}")
    own = Path(git.ask(repository.top, "rev-parse", "--absolute-git-dir"))
    under_way = next((name for file, name in _UNDER_WAY.items() if (own / file).exists()), None)
    return parse_status(ran.output, under_way=under_way, is_cut=ran.is_cut)


def parse_status(output: bytes, *, under_way: str | None = None, is_cut: bool = False) -> State:
    """Read what `git status --porcelain=v2 --branch -z` prints (git-status(1), "Porcelain Format Version 2")."""
    head: dict[str, str] = {}
    counts = {b"1": 0, b"2": 0, b"u": 0, b"?": 0}
    records = iter(output.split(b"\0")[:-1])  # after the last zero byte is nothing, or what was cut
    for record in records:
        kind, _, rest = record.partition(b" ")
        if kind == b"#":
            name, _, value = rest.decode(errors="replace").partition(" ")
            head[name] = value
        elif kind in counts:
            counts[kind] += 1
            if kind == b"2":
                next(records, None)  # what it was called before
    ahead, _, behind = head.get("branch.ab", "").partition(" ")
    branch, commit = head.get("branch.head"), head.get("branch.oid")
    return State(
        branch=None if branch == "(detached)" else branch,
        head=None if commit == "(initial)" else commit,
        upstream=head.get("branch.upstream"),
        ahead=int(ahead) if ahead else None,
        behind=-int(behind) if behind else None,
        changed=counts[b"1"] + counts[b"2"],
        untracked=counts[b"?"],
        conflicted=counts[b"u"],
        under_way=under_way,
        is_cut=is_cut,
    )
