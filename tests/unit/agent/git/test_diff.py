"""What differs from a commit, file by file, within its bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claudios.agent.git.diff import (
    EMPTY_TREE,
    MAX_ALL_BYTES,
    MAX_FILE_BYTES,
    MAX_NAMES_BYTES,
    ChangedFile,
    Diff,
    read_diff,
)
from claudios.agent.git.program import Git
from claudios.agent.git.repository import find_repository
from claudios.protocol.git import MAX_CHANGED_FILES
from tests.helpers.git import commit, git, home_with_identity, repository


@pytest.fixture
def program(tmp_path: Path) -> Git:
    return Git(home_with_identity(tmp_path / "home"))


def differs(program: Git, work: Path, base: str = "HEAD", path: str | None = None) -> Diff:
    return read_diff(program, find_repository(program, work, lambda found: Path(found)), base, path)


def by_path(diff: Diff) -> dict[str, ChangedFile]:
    return {file.path: file for file in diff.files}


def test_each_kind_of_change_is_told_with_its_lines_and_patch(program: Git, tmp_path: Path) -> None:
    work = repository(
        tmp_path / "work",
        kept__txt="same\n",
        changed__txt="one\ntwo\nthree\n",
        gone__txt="gone\n",
        old__txt="".join(f"line {number}\n" for number in range(20)),
    )
    (work / "changed.txt").write_text("one\n2\nthree\nfour\n")
    (work / "gone.txt").unlink()
    git(work, "mv", "old.txt", "new name.txt")
    (work / "fresh.txt").write_text("a\nb\n")
    (work / "staged.txt").write_text("s")
    git(work, "add", "staged.txt")
    files = by_path(differs(program, work))
    assert {path: (file.status, file.added, file.removed) for path, file in files.items()} == {
        "changed.txt": ("modified", 2, 1),
        "gone.txt": ("deleted", 0, 1),
        "new name.txt": ("renamed", 0, 0),
        "staged.txt": ("added", 1, 0),
        "fresh.txt": ("untracked", 2, None),
    }
    assert files["changed.txt"].patch == "@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four"
    assert files["fresh.txt"].patch == "@@ -0,0 +1,2 @@\n+a\n+b"
    assert files["staged.txt"].patch == "@@ -0,0 +1 @@\n+s\n\\ No newline at end of file"
    assert (files["new name.txt"].was, files["new name.txt"].patch) == ("old.txt", None)
    assert not any(file.is_cut for file in files.values())


def test_names_that_git_quotes_have_their_patches_too(program: Git, tmp_path: Path) -> None:
    names = ['quo"te', "back\\slash", "tab\there", "new\nline", "ümlaut", "diff --git a", "\x01control", " b/space b/"]
    work = repository(tmp_path / "work", **dict.fromkeys((name.replace("/", "") for name in names), "one\n"))
    for name in names:
        (work / name.replace("/", "")).write_text("two\n")
    files = by_path(differs(program, work))
    assert len(files) == len(names)
    assert {file.patch for file in files.values()} == {"@@ -1 +1 @@\n-one\n+two"}


def test_lines_that_look_like_a_heading_stay_in_their_patch(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="x\n")
    (work / "a.txt").write_text("diff --git a/a.txt b/a.txt\n@@ -1 +1 @@\n++ b\n")
    patch = by_path(differs(program, work))["a.txt"].patch
    assert patch == "@@ -1 +1,3 @@\n-x\n+diff --git a/a.txt b/a.txt\n+@@ -1 +1 @@\n+++ b"


def test_a_file_that_becomes_a_link_is_told_as_both(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="x\n")
    (work / "a.txt").unlink()
    (work / "a.txt").symlink_to("/etc/passwd")
    (file,) = differs(program, work).files
    assert file.status == "retyped"
    assert file.patch is not None
    assert ("-x" in file.patch, "+/etc/passwd" in file.patch) == (True, True)


def test_binary_files_are_said_to_be_that_and_have_no_patch(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / "a.txt").write_bytes(b"\0\1\2")
    (work / "new.bin").write_bytes(b"x\0")
    files = differs(program, work).files
    assert [(file.path, file.is_binary, file.patch, file.is_cut) for file in files] == [
        ("a.txt", True, None, False),
        ("new.bin", True, None, False),
    ]


def test_an_untracked_link_or_pipe_is_named_and_not_read(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (work / "link").symlink_to(secret)
    (work / "sub").symlink_to(tmp_path)
    os.mkfifo(work / "pipe")
    files = differs(program, work).files
    assert {file.path: file.patch for file in files} == {"link": None, "sub": None}
    assert not any("secret" in (file.patch or "") for file in files)


def test_a_long_patch_is_cut_at_a_line_and_whole_when_asked_for_alone(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="", b__txt="")
    (work / "a.txt").write_text("x" * 99 + "\n" + ("y" * 99 + "\n") * 1000)
    (work / "b.txt").write_text("short\n")
    (work / "new.txt").write_text(("z" * 99 + "\n") * 1000)
    files = by_path(differs(program, work))
    cut = files["a.txt"].patch
    assert cut is not None
    assert (files["a.txt"].is_cut, len(cut) <= MAX_FILE_BYTES, cut.endswith("+" + "y" * 99)) == (True, True, True)
    assert (files["b.txt"].patch, files["b.txt"].is_cut) == ("@@ -0,0 +1 @@\n+short", False)
    assert (files["new.txt"].is_cut, files["new.txt"].added) == (True, None)
    alone = differs(program, work, path="a.txt")
    assert [(file.path, file.is_cut) for file in alone.files] == [("a.txt", False)]
    assert [(file.path, file.is_cut) for file in differs(program, work, path="new.txt").files] == [("new.txt", False)]


def test_all_patches_together_and_the_files_named_are_bounded(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", huge__txt="")
    (work / "huge.txt").write_text("h" * 20_000_000 + "\n")
    for number in range(MAX_CHANGED_FILES + 20):
        (work / f"new{number}").write_text(("z" * 99 + "\n") * 50)
    diff = differs(program, work)
    assert (len(diff.files), diff.total) == (MAX_CHANGED_FILES, MAX_CHANGED_FILES + 21)
    assert MAX_ALL_BYTES // 2 < sum(len(file.patch or "") for file in diff.files) <= MAX_ALL_BYTES
    assert by_path(diff)["huge.txt"].is_cut
    assert all(file.is_cut for file in diff.files if file.patch is None)


def test_names_are_bounded_in_all(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    deep = "/".join(["d" * 200] * 4)
    (work / deep).mkdir(parents=True)
    for number in range(200):
        (work / deep / str(number)).touch()
    diff = differs(program, work)
    assert sum(len(file.path) for file in diff.files) <= MAX_NAMES_BYTES
    assert (len(diff.files) > 100, diff.total) == (True, 200)


def test_a_diff_against_an_older_commit_and_against_none(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="one\n")
    first = git(work, "rev-parse", "HEAD")
    (work / "a.txt").write_text("two\n")
    commit(work, "Second")
    assert differs(program, work).files == ()
    assert [file.path for file in differs(program, work, first).files] == ["a.txt"]
    assert [file.status for file in differs(program, work, EMPTY_TREE).files] == ["added"]


@pytest.mark.fault("X12")
def test_nothing_is_told_of_the_agents_own_files(program: Git, tmp_path: Path) -> None:
    """A home directory may be a repository, with the agent's token and keys in it."""
    home = repository(tmp_path / "home-of-ada", token__txt="old\n", tokens__txt="old\n")
    (home / "state/agent").mkdir(parents=True)
    for name in ("token.txt", "tokens.txt", "state/agent/key", "state/other", "statement"):
        (home / name).write_text("new\n")
    own = (home / "token.txt", home / "state/agent", tmp_path / "elsewhere")
    found = find_repository(program, home, Path)
    told = read_diff(program, found, "HEAD", None, own)
    assert [file.path for file in told.files] == ["tokens.txt", "state/other", "statement"]
    assert told.total == 3
    assert read_diff(program, found, "HEAD", "token.txt", own).files == ()


def test_settings_that_would_change_how_a_diff_is_written_do_not(program: Git, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", a__txt="one\n\n")
    for name, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
        "diff.context": "0",
        "core.quotePath": "true",
        "diff.renames": "false",
        "diff.submodule": "log",
        "diff.relative": "true",
        "diff.colorMoved": "zebra",
        "diff.suppressBlankEmpty": "true",
        "diff.wsErrorHighlight": "all",
    }.items():
        git(work, "config", name, value)
    (work / "a.txt").write_text("one\n\ntwo\n")
    (work / "sub").mkdir()
    (file,) = differs(program, work / "sub").files
    assert file.patch == "@@ -1,2 +1,3 @@\n one\n \n+two"
