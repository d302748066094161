"""How a repository stands, asked of real git; and that asking runs nothing of the repository's own: rule L-21."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from claudios.agent.git.diff import read_diff
from claudios.agent.git.program import MAX_TAKEN_BACK, Git, GitFailed
from claudios.agent.git.repository import NoRepository, find_repository
from claudios.agent.git.state import read_state
from claudios.agent.policy import Policy
from claudios.protocol.errors import PolicyForbids
from tests.helpers.git import commit, git, home_with_identity, repository


def anywhere(path: str) -> Path:
    return Path(path)


@pytest.fixture
def program(tmp_path: Path) -> Git:
    return Git(home_with_identity(tmp_path / "home"))


def test_a_clean_repository_is_told_with_its_branch(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    state = read_state(program, find_repository(program, work, anywhere))
    assert (state.branch, state.head, state.is_clean) == ("main", git(work, "rev-parse", "HEAD"), True)
    assert (state.upstream, state.ahead, state.behind) == (None, None, None)


def test_changed_untracked_and_ahead_and_behind_are_counted(program: Git, tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", a__txt="a", b__txt="b", c__txt="c")
    git(tmp_path, "clone", "--quiet", str(origin), "work")
    work = tmp_path / "work"
    commit(origin, "Theirs")
    git(work, "fetch", "--quiet")
    commit(work, "Ours")
    commit(work, "Ours again")
    (work / "a.txt").write_text("changed")
    git(work, "mv", "b.txt", "d.txt")
    (work / "new\nname.txt").touch()
    (work / "sub").mkdir()
    (work / "sub/x").touch()
    state = read_state(program, find_repository(program, work / "sub", anywhere))
    assert (state.ahead, state.behind, state.upstream) == (2, 1, "origin/main")
    assert (state.changed, state.untracked, state.conflicted, state.is_clean) == (2, 2, 0, False)


def test_an_unfinished_merge_and_a_detached_head_are_said(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="a\n")
    git(work, "checkout", "--quiet", "-b", "other")
    (work / "a.txt").write_text("theirs\n")
    commit(work, "Theirs")
    git(work, "checkout", "--quiet", "main")
    (work / "a.txt").write_text("ours\n")
    commit(work, "Ours")
    with pytest.raises(Exception, match="merge"):
        git(work, "merge", "other")
    state = read_state(program, find_repository(program, work, anywhere))
    assert (state.under_way, state.conflicted) == ("merge", 1)
    git(work, "merge", "--abort")
    git(work, "checkout", "--quiet", "--detach")
    assert read_state(program, find_repository(program, work, anywhere)).branch is None


def test_a_repository_without_a_commit_has_a_branch_and_no_head(program: Git, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    state = read_state(program, find_repository(program, work, anywhere))
    assert (state.branch, state.head) == ("main", None)


def test_a_plain_directory_and_a_missing_one_are_said_to_be_none(program: Git, tmp_path: Path) -> None:
    with pytest.raises(NoRepository, match="git init"):
        find_repository(program, tmp_path, anywhere)
    with pytest.raises(NoRepository, match="does not exist"):
        find_repository(program, tmp_path / "gone", anywhere)


def test_a_machine_without_git_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="no git on this machine"):
        find_repository(Git({"PATH": str(tmp_path)}), tmp_path, anywhere)


@pytest.mark.parametrize("way", ["above", "gitfile", "worktree setting", "link"])
def test_a_repository_that_reaches_beyond_the_policy_is_refused(program: Git, tmp_path: Path, way: str) -> None:
    """Whatever a directory's name, `.git` file or configuration says, all of the repository must be allowed."""
    secret = repository(tmp_path / "secret", key__txt="secret")
    allowed = tmp_path / "allowed"
    place = allowed / "here"
    if way == "above":
        allowed = secret / "inner"
        place = allowed
        place.mkdir()
    elif way == "gitfile":
        place.mkdir(parents=True)
        (place / ".git").write_text(f"gitdir: {secret / '.git'}\n")
    elif way == "worktree setting":
        allowed.mkdir()
        repository(place)
        git(place, "config", "core.worktree", str(secret))
    else:
        allowed.mkdir()
        place.symlink_to(secret)
    policy = Policy((allowed.resolve(),), (), allowed)
    with pytest.raises((PolicyForbids, NoRepository)):
        find_repository(program, policy.permit_directory(str(place)), policy.permit_directory)


def test_a_setting_does_not_lead_to_files_that_belong_to_another_repository(program: Git, tmp_path: Path) -> None:
    """`core.worktree` names an allowed directory, whose own `.git` file leads out."""
    secret = repository(tmp_path / "secret", key__txt="secret")
    allowed = tmp_path / "allowed"
    (allowed / "there").mkdir(parents=True)
    (allowed / "there/.git").write_text(f"gitdir: {secret / '.git'}\n")
    here = repository(allowed / "here")
    git(here, "config", "core.worktree", str(allowed / "there"))
    policy = Policy((allowed,), (), allowed)
    with pytest.raises(PolicyForbids):
        find_repository(program, here, policy.permit_directory)
    with pytest.raises(GitFailed, match="another repository"):
        find_repository(program, here, anywhere)


Setting = Callable[[Path, str], None]


def _fsmonitor(work: Path, trap: str) -> None:
    git(work, "config", "core.fsmonitor", trap)


def _external_diff(work: Path, trap: str) -> None:
    git(work, "config", "diff.external", trap)


def _diff_driver(work: Path, trap: str) -> None:
    git(work, "config", "diff.own.command", trap)
    (work / ".gitattributes").write_text("* diff=own\n")


def _text_conversion(work: Path, trap: str) -> None:
    git(work, "config", "diff.own.textconv", trap)
    (work / ".gitattributes").write_text("* diff=own\n")


def _clean_filter(work: Path, trap: str) -> None:
    git(work, "config", "filter.own.clean", trap)
    git(work, "config", "filter.own.required", "true")
    (work / ".git/info/attributes").write_text("* filter=own\n")


def _process_filter(work: Path, trap: str) -> None:
    git(work, "config", "filter.a=b.process", trap)
    (work / ".git/info/attributes").write_text("* filter=a=b\n")


def _filter_without_a_name(work: Path, trap: str) -> None:
    with (work / ".git/config").open("a") as config:
        config.write(f'[filter ""]\n\tclean = {trap}\n')
    (work / ".git/info/attributes").write_text("* filter=\n")


def _included_filter(work: Path, trap: str) -> None:
    (work / ".git/more").write_text(f'[filter "own"]\n\tclean = {trap}\n')
    git(work, "config", f"includeIf.gitdir:{work}/.path", "more")
    (work / ".git/info/attributes").write_text("* filter=own\n")


def _hook(work: Path, trap: str) -> None:
    hook = work / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{trap}\n")
    hook.chmod(0o755)


def _filter_of_a_submodule(work: Path, trap: str) -> None:
    inner = repository(work / "inner", x__txt="x")
    git(work, "add", "inner")
    git(work, "commit", "--quiet", "-m", "Submodule")
    git(inner, "config", "filter.own.clean", trap)
    (inner / ".git/info/attributes").write_text("* filter=own\n")
    (inner / "x.txt").write_text("y")


@pytest.mark.parametrize(
    "lay",
    [
        _fsmonitor,
        _external_diff,
        _diff_driver,
        _text_conversion,
        _clean_filter,
        _process_filter,
        _filter_without_a_name,
        _included_filter,
        _hook,
        _filter_of_a_submodule,
    ],
)
def test_looking_runs_no_program_that_the_repository_names(program: Git, tmp_path: Path, lay: Setting) -> None:
    work = repository(tmp_path / "work", a__txt="one\n", b__txt="two\n")
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\ntouch {sprung}\ncat "$1" 2>/dev/null || cat\n')
    trap.chmod(0o755)
    lay(work, str(trap))
    (work / "a.txt").write_text("ONE\n")
    (work / "b.txt").write_text("two\n")  # the same, but newer: git reads it again
    found = find_repository(program, work, anywhere)
    read_state(program, found)
    diff = read_diff(program, found, "HEAD")
    assert "a.txt" in [file.path for file in diff.files]
    assert not sprung.exists()


def test_a_persons_own_filter_is_used(tmp_path: Path) -> None:
    environment = home_with_identity(tmp_path / "home")
    with (tmp_path / "home/.gitconfig").open("a") as config:
        config.write('[filter "upper"]\n\tclean = tr a-z A-Z\n')
    work = repository(tmp_path / "work", a__txt="ONE\n")
    (work / ".git/info/attributes").write_text("* filter=upper\n")
    (work / "a.txt").write_text("one\n")
    program = Git(environment)
    assert read_state(program, find_repository(program, work, anywhere)).is_clean


def test_a_persons_own_filter_that_fetches_runs_nothing_that_the_repository_names(tmp_path: Path) -> None:
    """As git-lfs does, which asks git for them."""
    environment = home_with_identity(tmp_path / "home")
    with (tmp_path / "home/.gitconfig").open("a") as config:
        config.write('[filter "fetch"]\n\tclean = "$(git config core.sshCommand) x; $(git config core.askPass); cat"\n')
    work = repository(tmp_path / "work")
    sprung, trap = tmp_path / "sprung", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    trap.chmod(0o755)
    git(work, "config", "core.sshCommand", str(trap))
    git(work, "config", "core.askPass", str(trap))
    (work / ".git/info/attributes").write_text("* filter=fetch\n")
    (work / "a.txt").write_text("ONE\ntwo\nthree\n")  # as long as it was, so that git reads it
    program = Git(environment)
    assert read_state(program, find_repository(program, work, anywhere)).changed == 1
    assert not sprung.exists()


def test_a_repository_that_names_very_many_programs_is_not_looked_at(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    with (work / ".git/config").open("a") as config:
        config.writelines(f'[filter "f{number}"]\n\tclean = cat\n' for number in range(MAX_TAKEN_BACK + 1))
    with pytest.raises(GitFailed, match="not looked at"):
        find_repository(program, work, anywhere)


def test_git_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nsleep 1000 &\nwait\n")
    fake.chmod(0o755)
    program = Git({"PATH": f"{fake.parent}:/usr/bin:/bin"})
    with pytest.raises(GitFailed, match="took longer"):
        program._run(tmp_path, ("status",), {}, 0.2, 100)


def test_what_a_partial_clone_lacks_is_not_fetched(program: Git, tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    git(origin, "config", "uploadpack.allowFilter", "true")
    (origin / "a.txt").write_text("more\n")
    commit(origin, "Second")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{origin}", "work")
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\ntouch {sprung}\nexec git-upload-pack "$@"\n')
    trap.chmod(0o755)
    work = tmp_path / "work"
    git(work, "config", "remote.origin.uploadpack", str(trap))
    with pytest.raises(GitFailed):
        read_diff(program, find_repository(program, work, anywhere), "HEAD~1")
    assert not sprung.exists()
