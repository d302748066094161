"""Worktrees on real repositories: made once, merged or not at all, and removed without losing work (L-22)."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from claudios.agent.git.answers import git_of
from claudios.agent.git.program import Git, GitFailed
from claudios.agent.git.repository import NoRepository
from claudios.agent.git.worktrees import Loss, Record, Worktrees
from claudios.agent.policy import Policy
from claudios.protocol.errors import Conflict, InputInvalid, PolicyForbids
from claudios.protocol.git import REMOVE_WORKTREE, AskRemoval, RemovedWorktree
from tests.helpers.git import commit, git, home_with_identity, repository
from tests.helpers.patience import PATIENCE_SECONDS
from tests.unit.agent.git.test_program import until_begun

SESSION = "11111111-1111-4111-8111-111111111111"
OTHER = "11111111-2222-4222-8222-222222222222"


class Place:
    """A repository, and worktrees of it; `running` are the sessions that have not ended."""

    def __init__(self, tmp_path: Path) -> None:
        self.work = repository(tmp_path / "work", a__txt="one\ntwo\nthree\n")
        self.root = tmp_path / "state/worktrees"
        self.running: set[str] = set()
        self._git = Git(home_with_identity(tmp_path / "home"))
        self.worktrees = self.again()

    def again(self) -> Worktrees:
        """Return the worktrees as a new process of the agent finds them."""
        return Worktrees(self.root, self._git, Path, self.running.__contains__)

    def make(self) -> tuple[Record, Path]:
        record = self.worktrees.create(SESSION, self.work)
        return record, Path(record.directory)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_worktree_has_a_branch_of_its_own_at_the_commit_of_its_base(place: Place) -> None:
    record, top = place.make()
    assert (top.parent, top.name) == (place.root, "work-11111111")
    assert (record.branch, record.base) == ("claudios/11111111", "main")
    assert (top / "a.txt").read_text() == "one\ntwo\nthree\n"
    assert git(top, "symbolic-ref", "--short", "HEAD") == "claudios/11111111"
    assert git(place.work, "symbolic-ref", "--short", "HEAD") == "main"
    assert place.worktrees.state(record).is_clean


def test_the_same_session_has_the_same_worktree_also_after_a_restart(place: Place) -> None:
    record, _ = place.make()
    assert place.worktrees.create(SESSION, place.work) == record
    assert place.again().create(SESSION, place.work) == record
    other = place.worktrees.create(OTHER, place.work)  # whose id begins alike
    assert (other.branch, other.directory.endswith(f"work-{OTHER}")) == (f"claudios/{OTHER}", True)


def test_one_that_was_begun_and_not_finished_is_made_anew(place: Place) -> None:
    record, top = place.make()
    begun = place.root / f"{SESSION}.json"
    begun.write_text(record.model_copy(update={"is_made": False}).model_dump_json())
    (top / "a.txt").unlink()
    (top / ".git").unlink()
    again = place.again()
    assert again.of(SESSION) is None
    assert again.create(SESSION, place.work) == record
    assert (top / "a.txt").exists()


def test_claude_begins_where_it_was_to_begin_in_the_repository(place: Place) -> None:
    (place.work / "sub").mkdir()
    (place.work / "sub/x").touch()
    with pytest.raises(InputInvalid, match="not in the repository's newest commit"):
        place.worktrees.create(SESSION, place.work / "sub")
    commit(place.work, "Sub")
    record = place.worktrees.create(SESSION, place.work / "sub")
    assert Path(record.working_directory) == Path(record.directory) / "sub"


def test_there_is_none_of_a_plain_directory_or_before_the_first_commit(place: Place, tmp_path: Path) -> None:
    with pytest.raises(NoRepository):
        place.worktrees.create(SESSION, tmp_path)
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "--quiet")
    with pytest.raises(InputInvalid, match="no commit yet"):
        place.worktrees.create(SESSION, tmp_path / "empty")
    assert place.worktrees.all() == []


def test_one_that_cannot_be_made_leaves_nothing(place: Place) -> None:
    git(place.work, "branch", "claudios")  # so that no branch can be called claudios/…
    with pytest.raises(GitFailed, match="claudios"):
        place.worktrees.create(SESSION, place.work)
    assert list(place.root.iterdir()) == []
    assert git(place.work, "worktree", "list").count("\n") == 0
    git(place.work, "branch", "-D", "claudios")
    assert place.worktrees.create(SESSION, place.work).is_made


@pytest.mark.parametrize("is_made", [True, False])
def test_what_was_made_for_a_session_that_never_began_is_taken_away(place: Place, is_made: bool) -> None:
    record, top = place.make()
    (place.root / f"{SESSION}.json").write_text(record.model_copy(update={"is_made": is_made}).model_dump_json())
    again = place.again()  # after a crash
    again.discard(OTHER)
    place.running.add(SESSION)
    again.discard(SESSION)
    assert top.is_dir()
    place.running.clear()
    again.discard(SESSION)
    assert list(place.root.iterdir()) == []
    assert git(place.work, "branch", "--list", "claudios/*") == ""
    assert git(place.work, "worktree", "list").count("\n") == 0
    assert place.again().create(SESSION, place.work).is_made


def test_work_in_a_worktree_is_never_discarded(place: Place) -> None:
    record, top = place.make()
    (top / "b.txt").write_text("new\n")
    place.worktrees.discard(SESSION)
    assert (place.worktrees.all(), (top / "b.txt").exists()) == ([record], True)
    commit(top, "Add b")
    place.worktrees.discard(SESSION)
    assert place.worktrees.all() == [record]


def test_a_repository_beyond_the_policy_gives_no_worktree(place: Place, tmp_path: Path) -> None:
    inner = place.work / "inner"
    inner.mkdir()
    policy = Policy((inner,), (), inner)
    worktrees = Worktrees(place.root, Git({"PATH": "/usr/bin:/bin"}), policy.permit_directory, lambda _: False)
    with pytest.raises(PolicyForbids):
        worktrees.create(SESSION, inner)
    assert not place.root.exists()


def test_a_branch_ahead_of_its_base_is_merged_by_moving_it_forward_with_its_files(place: Place) -> None:
    record, top = place.make()
    (top / "b.txt").write_text("new\n")
    made = commit(top, "Add b")
    (place.work / "loose.txt").write_text("mine")
    merged = place.worktrees.merge(record)
    assert (merged.how, merged.base, merged.commit) == ("fast_forward", "main", made)
    assert (place.work / "b.txt").read_text() == "new\n"
    assert git(place.work, "rev-parse", "main") == made
    assert place.worktrees.merge(record).how == "nothing_new"


def test_an_agent_that_stops_lets_a_merge_into_somebodys_own_files_finish(place: Place, tmp_path: Path) -> None:
    record, top = place.make()
    made = commit(top, "Mine")
    told, go, program = tmp_path / "told", tmp_path / "go", tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *"merge --ff-only"*) echo $$ >> {told}\n'
        f"until [ -e {go} ]; do sleep 0.05; done ;; esac\n"
        f'exec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    environment = home_with_identity(tmp_path / "home")
    slow = Git({**environment, "PATH": f"{program.parent}:{environment['PATH']}"})
    worktrees = Worktrees(place.root, slow, Path, place.running.__contains__)
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(worktrees.merge, record)
        until_begun(told, run)
        slow.close(0)
        go.touch()
        assert run.result(PATIENCE_SECONDS).commit == made
    assert (git(place.work, "rev-parse", "main"), git(place.work, "status", "--porcelain")) == (made, "")


def test_options_that_the_configuration_gives_merges_do_not_hold(place: Place) -> None:
    """To verify signatures would run `gpg.program`; to squash would leave the branch where it is."""
    record, top = place.make()
    made = commit(top, "Mine")
    git(place.work, "config", "branch.main.mergeOptions", "--squash --verify-signatures --no-ff")
    assert place.worktrees.merge(record).how == "fast_forward"
    assert (git(place.work, "rev-parse", "main"), git(place.work, "status", "--porcelain")) == (made, "")


def test_branches_that_have_parted_are_merged_by_a_commit(place: Place) -> None:
    record, top = place.make()
    (top / "b.txt").write_text("new\n")
    theirs = commit(top, "Add b")
    (place.work / "c.txt").write_text("own\n")
    ours = commit(place.work, "Add c")
    merged = place.worktrees.merge(record)
    assert merged.how == "merge_commit"
    assert git(place.work, "rev-parse", "main^1", "main^2").split() == [ours, theirs]
    assert git(place.work, "log", "-1", "--format=%s") == "Merge branch 'claudios/11111111' into main"
    assert git(place.work, "status", "--porcelain") == ""
    assert {"b.txt", "c.txt"} <= {file.name for file in place.work.iterdir()}


def test_a_base_that_is_not_checked_out_moves_all_the_same(place: Place) -> None:
    record, top = place.make()
    made = commit(top, "Empty")
    git(place.work, "checkout", "--quiet", "-b", "elsewhere")
    assert place.worktrees.merge(record).commit == made
    assert git(place.work, "rev-parse", "main") == made
    assert git(place.work, "symbolic-ref", "--short", "HEAD") == "elsewhere"


def test_a_conflict_is_said_with_its_files_and_changes_nothing(place: Place) -> None:
    record, top = place.make()
    (top / "a.txt").write_text("one\nTHEIRS\nthree\n")
    commit(top, "Theirs")
    (place.work / "a.txt").write_text("one\nOURS\nthree\n")
    ours = commit(place.work, "Ours")
    with pytest.raises(Conflict, match=r"conflicts with main in a\.txt\. Nothing was merged"):
        place.worktrees.merge(record)
    assert git(place.work, "rev-parse", "main") == ours
    assert git(place.work, "status", "--porcelain") == ""
    assert (place.work / "a.txt").read_text() == "one\nOURS\nthree\n"


def test_changes_in_the_base_that_a_merge_would_overwrite_are_kept(place: Place) -> None:
    record, top = place.make()
    (top / "a.txt").write_text("theirs\n")
    commit(top, "Theirs")
    (place.work / "a.txt").write_text("mine, not committed\n")
    before = git(place.work, "rev-parse", "main")
    with pytest.raises(Conflict, match="could not move it forward; nothing was merged"):
        place.worktrees.merge(record)
    assert (place.work / "a.txt").read_text() == "mine, not committed\n"
    assert git(place.work, "rev-parse", "main") == before


def test_what_is_not_committed_in_the_worktree_stops_its_merge_and_is_named(place: Place) -> None:
    record, top = place.make()
    (top / "forgotten.txt").touch()
    with pytest.raises(Conflict, match=r"1 file in the worktree would not be merged, being not committed: forgotten"):
        place.worktrees.merge(record)


def test_a_merge_runs_neither_hooks_nor_drivers_nor_signers_of_the_repository(place: Place, tmp_path: Path) -> None:
    sprung, trap = tmp_path / "sprung", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    trap.chmod(0o755)
    record, top = place.make()
    (top / "a.txt").write_text("zero\none\ntwo\nthree\n")
    commit(top, "Theirs")
    (place.work / "a.txt").write_text("one\ntwo\nthree\nfour\n")
    commit(place.work, "Ours")
    for hook in ("post-merge", "pre-merge-commit", "commit-msg", "post-checkout", "reference-transaction"):
        (place.work / ".git/hooks").mkdir(exist_ok=True)
        (place.work / ".git/hooks" / hook).symlink_to(trap)
    git_config = (place.work / ".git/config").open("a")
    with git_config:
        git_config.write(
            f'[merge "own"]\n\tdriver = {trap}\n[gpg]\n\tprogram = {trap}\n[commit]\n\tgpgSign = true\n'
            f'[filter "own"]\n\tclean = {trap}\n\tsmudge = {trap}\n'
        )
    (place.work / ".git/info/attributes").write_text("* merge=own filter=own\n")
    with pytest.raises(Conflict, match=r"in a\.txt"):  # a driver that does not run has merged nothing
        place.worktrees.merge(record)
    (place.work / ".git/info/attributes").write_text("* filter=own\n")
    assert place.worktrees.merge(record).how == "merge_commit"
    place.worktrees.create(OTHER, place.work)
    assert not sprung.exists()


@pytest.mark.parametrize("condition", ["gitdir:**/worktrees/**", "onbranch:claudios/**"])
def test_what_the_configuration_includes_in_a_worktree_alone_does_not_run_either(
    place: Place, tmp_path: Path, condition: str
) -> None:
    """L-21: git makes and removes a worktree by running itself in there, where other settings can hold."""
    sprung, trap = tmp_path / "sprung", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    more = place.work / ".git/more"
    more.write_text(f'[filter "own"]\n\tclean = {trap}\n\tsmudge = {trap}\n')
    git(place.work, "config", f"includeIf.{condition}.path", str(more))
    (place.work / ".git/info/attributes").write_text("* filter=own\n")
    record, top = place.make()
    assert (top / "a.txt").read_text() == "one\ntwo\nthree\n"
    os.utime(top / "a.txt", (1, 1))  # so that git reads it again
    assert place.worktrees.remove(record) is None
    assert (top.exists(), sprung.exists()) == (False, False)


def test_where_claude_is_to_begin_may_be_a_link_in_the_commit_which_is_judged_too(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (place.work / "sub").symlink_to(tmp_path / "outside")
    commit(place.work, "A link")
    (place.work / "sub").unlink()
    (place.work / "sub").mkdir()
    policy = Policy((place.work,), (), place.work, worktrees=place.root)
    program = Git(home_with_identity(tmp_path / "home"))
    worktrees = Worktrees(place.root, program, policy.permit_directory, lambda _: False)
    with pytest.raises(PolicyForbids, match="outside"):
        worktrees.create(SESSION, place.work / "sub")
    assert (list(place.root.iterdir()), worktrees.all()) == ([], [])
    assert git(place.work, "branch", "--list", "claudios/*") == ""


def test_a_worktree_with_nothing_of_its_own_is_removed_with_its_branch(place: Place) -> None:
    record, top = place.make()
    (top / "b.txt").write_text("new\n")
    commit(top, "Add b")
    place.worktrees.merge(record)
    assert place.worktrees.remove(record) is None
    assert (top.exists(), place.worktrees.all(), place.again().all()) == (False, [], [])
    assert git(place.work, "branch", "--list", "claudios/*") == ""
    assert git(place.work, "worktree", "list").count("\n") == 0


def test_who_asks_again_for_a_removal_is_told_that_it_is_done(place: Place) -> None:
    """L-18: the first answer may have come too late."""
    place.make()
    policy = Policy((), (), place.work)
    remove = git_of(Git({"PATH": "/nowhere"}), place.worktrees, policy)[REMOVE_WORKTREE.name]
    asked = AskRemoval(session_id=SESSION).model_dump_json()
    for _ in range(2):
        assert RemovedWorktree.model_validate_json(remove(asked)) == RemovedWorktree(is_removed=True)


def lost(place: Place, record: Record, confirmed: str | None = None) -> Loss:
    loss = place.worktrees.remove(record, confirmed)
    assert loss is not None
    assert Path(record.directory).is_dir()
    return loss


def test_work_that_would_be_lost_is_named_and_stays_until_just_that_is_confirmed(place: Place) -> None:
    record, top = place.make()
    (top / "b.txt").write_text("new\n")
    commit(top, "Add b")
    (top / "a.txt").write_text("changed\n")
    (top / "fresh.txt").touch()
    loss = lost(place, record)
    assert (loss.files, loss.file_count) == (("a.txt", "fresh.txt"), 2)
    assert [commit.split(" ", 1)[1] for commit in loss.commits] == ["Add b"]
    (top / "a.txt").write_text("changed once more\n")
    later = lost(place, record, loss.digest)  # what was confirmed is not what is there now
    commit(top, "Later")
    latest = lost(place, record, later.digest)
    assert (latest.file_count, latest.commit_count) == (0, 2)
    assert place.worktrees.remove(record, latest.digest) is None
    assert not top.exists()
    assert git(place.work, "branch", "--list", "claudios/*") == ""


def test_commits_that_only_a_detached_head_has_count_as_lost(place: Place) -> None:
    record, top = place.make()
    git(top, "checkout", "--quiet", "--detach")
    commit(top, "Loose")
    assert [commit.split(" ", 1)[1] for commit in lost(place, record).commits] == ["Loose"]


def test_a_base_that_is_gone_spares_only_what_another_branch_has(place: Place) -> None:
    record, top = place.make()
    commit(top, "Mine")
    git(place.work, "branch", "-m", "main", "trunk")
    assert [commit.split(" ", 1)[1] for commit in lost(place, record).commits] == ["Mine"]
    git(place.work, "branch", "kept", record.branch)
    assert place.worktrees.remove(record) is None


def test_a_running_session_keeps_its_worktree(place: Place) -> None:
    record, top = place.make()
    place.running.add(SESSION)
    with pytest.raises(Conflict, match="still runs"):
        place.worktrees.remove(record)
    assert top.is_dir()


def test_a_worktree_that_somebody_deleted_is_cleared_away(place: Place) -> None:
    record, top = place.make()
    commit(top, "Mine")
    git(place.work, "worktree", "remove", "--force", str(top))
    loss = place.worktrees.remove(record)
    assert loss is not None
    assert loss.commit_count == 1
    assert place.worktrees.remove(record, loss.digest) is None
    assert place.worktrees.all() == []
