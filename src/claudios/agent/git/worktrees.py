"""Git worktrees of sessions: each on a branch of its own, in the agent's state directory, until somebody removes it.

`<state>/worktrees/<session id>.json` tells of one; beside it is its directory, named for repository and session.
What a record tells of is made before it says so, and a record that does not say so yet is made again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from claudios.agent.durable import write_private
from claudios.agent.git.merge import Merged, merge_into
from claudios.agent.git.program import Git, GitFailed
from claudios.agent.git.repository import Permit, Repository, find_repository
from claudios.agent.git.state import State, read_state
from claudios.protocol.errors import Conflict, InputInvalid, NotFound, PolicyForbids
from claudios.protocol.fields import Model
from claudios.protocol.git import MAX_LISTED, MAX_NAMED
from claudios.protocol.ids import is_uuid

CREATE_SECONDS = 300.0
SHORT = 8


class Record(Model):
    """A worktree of a session: of which repository, and from which branch and commit its own branch was made.

    `directory` is its top, and Claude begins `inside` of it, where the session was to begin in the repository.
    """

    session_id: str
    repository: str
    directory: str
    inside: str
    branch: str
    base: str | None
    base_commit: str
    is_made: bool = False

    @property
    def working_directory(self) -> str:
        return str(Path(self.directory) / self.inside)


@dataclass(frozen=True, slots=True)
class Loss:
    """What would be lost with a worktree: files that are not committed, and commits that its base does not have.

    `digest` stands for exactly this: it is what a person confirms.
    """

    files: tuple[str, ...]
    commits: tuple[str, ...]
    file_count: int
    commit_count: int
    digest: str

    @property
    def is_nothing(self) -> bool:
        return self.file_count == 0 and self.commit_count == 0


class Worktrees:
    """The worktrees whose records are in `root`. Its calls block; those that change something wait for each other."""

    def __init__(self, root: Path, git: Git, permit: Permit, is_running: Callable[[str], bool]) -> None:
        self._root = root
        self._git = git
        self._permit = permit
        self._is_running = is_running
        self._acting = Lock()
        self._records = {record.session_id: record for record in _read_records(root)}

    def of(self, session_id: str) -> Record | None:
        """Return the worktree of a session."""
        found = self._records.get(session_id)
        return found if found is not None and found.is_made else None

    def all(self) -> list[Record]:
        """Return all worktrees."""
        return [record for record in list(self._records.values()) if record.is_made]

    def create(self, session_id: str, directory: Path) -> Record:
        """Make a worktree for a session that is to begin in `directory`; the same again returns the first.

        Raises NoRepository, PolicyForbids, InputInvalid before the first commit, Conflict, GitFailed.
        """
        with self._acting:
            made = self.of(session_id)
            if made is not None:
                return made
            if len(self._records) >= MAX_LISTED:
                raise Conflict(f"There are {MAX_LISTED} worktrees on this machine already. Remove some first.")
            repository = find_repository(self._git, directory, self._permit)
            record = self._records.get(session_id)
            if record is None:
                record = self._plan(session_id, repository, directory)
                self._keep(record)
            else:
                self._clear(record, repository)
            try:
                self._make(record, repository)
            except (GitFailed, PolicyForbids):
                self._undo(record, repository)
                raise
            record = record.model_copy(update={"is_made": True})
            self._keep(record)
            return record

    def discard(self, session_id: str) -> None:
        """Take away what was made for a session that never began; nothing where somebody has worked in it.

        Raises NotFound, PolicyForbids, GitFailed.
        """
        with self._acting:
            record = self._records.get(session_id)
            if record is None or self._is_running(session_id):
                return
            repository = find_repository(self._git, self._permit(record.repository), self._permit)
            if not record.is_made or self.loss(record).is_nothing:
                self._undo(record, repository)

    def state(self, record: Record) -> State:
        """Return how a worktree stands. Raises NotFound where it is gone, PolicyForbids, GitFailed."""
        return read_state(self._git, self._repository(record))

    def merge(self, record: Record) -> Merged:
        """Merge a worktree's branch into the one that it was made from.

        Raises Conflict where something is not committed, the two conflict, or the base is in use so that it cannot
        follow; NotFound, PolicyForbids, GitFailed. Then nothing has changed.
        """
        with self._acting:
            if record.base is None:
                raise Conflict("This worktree was made from a commit, not from a branch: there is none to merge into.")
            repository = self._repository(record)
            if Path(record.directory).is_dir():
                loose = self._loose_files(record)
                if loose:
                    raise Conflict(
                        f"{_counted(len(loose), 'file')} in the worktree would not be merged, being not committed: "
                        f"{_named([name for name, _ in loose])}. Have them committed, or removed, first."
                    )
            return merge_into(self._git, repository, record.branch, record.base, self._permit)

    def loss(self, record: Record) -> Loss:
        """Return what would be lost with a worktree and its branch. Raises NotFound, PolicyForbids, GitFailed."""
        repository = self._repository(record)
        files = self._loose_files(record) if Path(record.directory).is_dir() else []
        tips = [tip for tip in (self._tip(repository, record), self._head(record)) if tip is not None]
        commits: list[str] = []
        if tips:
            spared = [f"refs/heads/{record.base}"] if record.base and self._knows(repository, record.base) else []
            kept = spared or [f"--exclude={record.branch}", "--branches", "--remotes", "--tags"]
            told = self._git.ask(
                repository.top, "rev-list", "--max-count=1000", "--format=%h %s", "--no-commit-header", *tips, "--not",
                *kept, "--",
            )  # fmt: skip
            commits = told.split("\n") if told else []
        digest = hashlib.sha256(repr((sorted(tips), files)).encode()).hexdigest()
        return Loss(
            files=tuple(name for name, _ in files[:MAX_NAMED]),
            commits=tuple(commits[:MAX_NAMED]),
            file_count=len(files),
            commit_count=len(commits),
            digest=digest,
        )

    def remove(self, record: Record, confirmed: str | None = None) -> Loss | None:
        """Remove a worktree with its branch and return None; or what would be lost, which has to be confirmed.

        `confirmed` is the digest of a loss; another loss than that is returned again. Raises Conflict while its session
        runs, NotFound, PolicyForbids, GitFailed.
        """
        with self._acting:
            if self._is_running(record.session_id):
                raise Conflict("The session still runs in this worktree. Terminate it first.")
            repository = self._repository(record)
            loss = self.loss(record)
            if not loss.is_nothing and loss.digest != confirmed:
                return loss
            tip = self._tip(repository, record)
            main = self._main(record, repository)
            if self._is_listed(main, record):
                self._take_away(main, record, is_forced=loss.file_count > 0)
            if tip is not None:
                self._git.act(main, "update-ref", "-d", f"refs/heads/{record.branch}", tip)  # unless it has moved
            self._forget(record)
            return None

    # Inside

    def _make(self, record: Record, repository: Repository) -> None:
        """Make a worktree, its files last: in there its configuration can name other programs, and is asked for them.

        Where Claude is to begin may be a link in the commit, which the policy judges by where it leads.
        """
        top = Path(record.directory)
        self._git.act(
            repository.top, "worktree", "add", "--quiet", "--no-track", "--no-checkout", "-B", record.branch,
            record.directory, record.base_commit, seconds=CREATE_SECONDS,
        )  # fmt: skip
        self._git.act(top, "reset", "--hard", "--quiet", seconds=CREATE_SECONDS)
        self._permit(record.working_directory)

    def _plan(self, session_id: str, repository: Repository, directory: Path) -> Record:
        commit = self._git.look(repository.top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if commit.status != 0:
            raise InputInvalid(
                "This repository has no commit yet, so there is nothing to make a worktree of. Commit something first.",
                "directory",
            )
        inside = str(directory.resolve().relative_to(repository.top))
        if inside != "." and self._git.look(repository.top, "cat-file", "-e", f"{commit.text}:{inside}").status != 0:
            raise InputInvalid(
                f"The directory {inside} is not in the repository's newest commit, so a worktree would not have it. "
                "Commit it, or start without a worktree.",
                "directory",
            )
        named = self._git.look(repository.top, "symbolic-ref", "--quiet", "--short", "HEAD")
        name = session_id[:SHORT]
        home = repository.home.parent if repository.home.name == ".git" else repository.home
        if self._knows(repository, f"claudios/{name}") or (self._root / f"{home.name}-{name}").exists():
            name = session_id
        return Record(
            session_id=session_id,
            repository=str(repository.top),
            directory=str(self._root / f"{home.name}-{name}"),
            inside=inside,
            branch=f"claudios/{name}",
            base=named.text if named.status == 0 else None,
            base_commit=commit.text,
        )

    def _undo(self, record: Record, repository: Repository) -> None:
        """Take away a worktree in which nobody has worked, with its branch and its record."""
        self._clear(record, repository)
        self._git.look(repository.top, "update-ref", "-d", f"refs/heads/{record.branch}", record.base_commit)
        self._forget(record)

    def _clear(self, record: Record, repository: Repository) -> None:
        """Take away what was begun of a worktree and not finished; nobody has worked in it yet."""
        self._git.look(repository.top, "worktree", "unlock", record.directory)  # git locks one while it makes it
        self._git.look(repository.top, "worktree", "remove", "--force", "--", record.directory)
        shutil.rmtree(record.directory, ignore_errors=True)
        self._git.act(repository.top, "worktree", "prune")

    def _repository(self, record: Record) -> Repository:
        """Return the repository as the worktree sees it; where that is gone, as the place it was made from does."""
        for place in (record.directory, record.repository):
            if Path(place).is_dir():
                return find_repository(self._git, self._permit(place), self._permit)
        raise NotFound(f"Neither the worktree nor its repository {record.repository} is there any more.")

    def _main(self, record: Record, repository: Repository) -> Path:
        """Return where git is run to remove a worktree: not in that."""
        made_from = Path(record.repository)
        return made_from if made_from.is_dir() else repository.home.parent

    def _take_away(self, main: Path, record: Record, *, is_forced: bool) -> None:
        """Have git remove a worktree; unless it is forced, git looks once more for what is not committed."""
        top = Path(record.directory)
        if top.is_dir() and Path(self._git.ask(top, "rev-parse", "--absolute-git-dir"), "modules").is_dir():
            raise Conflict(
                "Submodules are checked out in this worktree, and what is in them is not looked through. "
                f"Remove it on the machine, in {main}: git worktree remove --force {top}"
            )
        remove = ("worktree", "remove", *(("--force",) if is_forced else ()), "--", record.directory)
        try:
            self._git.act(main, *remove, within=top if top.is_dir() else None)  # git runs itself in there
        except GitFailed as failed:
            if is_forced or "submodules" not in failed.message:
                raise
            self._git.act(main, "worktree", "remove", "--force", "--", record.directory)  # none of them is checked out

    def _loose_files(self, record: Record) -> list[tuple[str, str]]:
        """Return the files that are not committed, each with what tells its content from another."""
        top = Path(record.directory)
        ran = self._git.look(
            top, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"
        )
        if ran.status != 0 or ran.is_cut:
            raise GitFailed(f"Git cannot tell what is not committed in {top}: {ran.complaint[:1000] or 'too much is'}.")
        names = [word[3:].decode(errors="surrogateescape") for word in ran.output.split(b"\0")[:-1]]
        return [(name.encode(errors="replace").decode(), _mark(top / name)) for name in names]

    def _tip(self, repository: Repository, record: Record) -> str | None:
        return self._resolve(repository.top, f"refs/heads/{record.branch}")

    def _head(self, record: Record) -> str | None:
        top = Path(record.directory)
        return self._resolve(top, "HEAD") if top.is_dir() else None

    def _knows(self, repository: Repository, branch: str) -> bool:
        return self._resolve(repository.top, f"refs/heads/{branch}") is not None

    def _resolve(self, place: Path, name: str) -> str | None:
        ran = self._git.look(place, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return ran.text if ran.status == 0 else None

    def _is_listed(self, main: Path, record: Record) -> bool:
        listed = self._git.ask(main, "worktree", "list", "--porcelain", "-z")
        return f"worktree {record.directory}" in listed.split("\0")

    def _keep(self, record: Record) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._file(record), record.model_dump_json().encode())
        self._records[record.session_id] = record

    def _forget(self, record: Record) -> None:
        self._file(record).unlink(missing_ok=True)
        self._records.pop(record.session_id, None)

    def _file(self, record: Record) -> Path:
        return self._root / f"{record.session_id}.json"


def _read_records(root: Path) -> list[Record]:
    records = []
    for file in sorted(root.glob("*.json")) if root.is_dir() else ():
        if is_uuid(file.stem):
            with suppress(OSError, ValidationError):
                records.append(Record.model_validate_json(file.read_bytes()))
    return records


def _mark(file: Path) -> str:
    try:
        found = file.lstat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _named(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
