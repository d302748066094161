"""Completing a path: what is below a session's directory, and nothing else."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from claudios.agent.listing import LOOK_SECONDS, MAX_LOOKED_AT, MAX_PATHS, MAX_RULES, Listing, list_paths


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A small checkout, with something beside it that is nobody's business."""
    made = tmp_path / "work"
    for name in ("src/app/main.py", "src/app/Maintain.md", "docs/main.md", "README.md", ".git/main", "build/main.o"):
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/main.key").touch()
    return made


def paths(work: Path, beginning: str) -> list[str]:
    return list(list_paths(work, beginning).paths)


def test_nothing_typed_yet_lists_what_is_there(work: Path) -> None:
    assert paths(work, "") == ["build/", "docs/", "README.md", "src/"]
    assert paths(work, "src/") == ["src/app/"]
    assert paths(work, "src/app/") == ["src/app/main.py", "src/app/Maintain.md"]


def test_letters_find_names_below_too_the_nearest_and_those_that_begin_so_first(work: Path) -> None:
    assert paths(work, "MAIN") == ["build/main.o", "docs/main.md", "src/app/main.py", "src/app/Maintain.md"]
    assert paths(work, "src/tain") == ["src/app/Maintain.md"]
    assert paths(work, "app") == ["src/app/"]
    assert paths(work, "nothing") == []


@pytest.mark.parametrize(
    "beginning", ["../", "../secret/main", "src/../../secret/", "/", "/etc/pass", "no/such/", "\0/", "\0"]
)
def test_no_beginning_leads_out_of_the_directory(work: Path, beginning: str) -> None:
    assert list_paths(work, beginning) == Listing((), is_cut=False)


def test_links_that_lead_out_are_neither_listed_nor_followed(work: Path) -> None:
    (work / "out").symlink_to(work.parent / "secret")
    (work / "key").symlink_to(work.parent / "secret/main.key")
    (work / "gone").symlink_to(work / "never")
    (work / "inside").symlink_to(work / "docs")
    (work / "round").symlink_to(work)
    assert paths(work, "") == ["build/", "docs/", "inside/", "README.md", "round/", "src/"]
    assert paths(work, "out/") == paths(work, "out/main") == []
    assert paths(work, "inside/") == ["inside/main.md"]
    assert paths(work, "main.md") == ["docs/main.md"]


def test_what_gitignore_names_is_left_out(work: Path) -> None:
    (work / ".gitignore").write_text("# made\nbuild/\n*.md\n!README.md\n/src/app/main.py\n")
    assert paths(work, "") == [".gitignore", "docs/", "README.md", "src/"]
    assert paths(work, "main") == []
    (work / "src/.gitignore").write_text("!Maintain.md\n")
    assert paths(work, "main") == paths(work, "src/app/") == ["src/app/Maintain.md"]


def test_the_answer_and_the_work_for_it_are_bounded(work: Path) -> None:
    for number in range(MAX_PATHS + 1):
        (work / f"src/many{number:02}.txt").touch()
    listing = list_paths(work, "many")
    assert (len(listing.paths), listing.is_cut) == (MAX_PATHS, True)
    assert not list_paths(work, "many0").is_cut


def test_what_is_left_out_counts_as_work_too(tmp_path: Path) -> None:
    for number in range(MAX_LOOKED_AT):
        (tmp_path / f"a{number}").touch()
    (tmp_path / "main.py").touch()
    (tmp_path / ".gitignore").write_text("a*\n")
    assert list_paths(tmp_path, "").is_cut


def test_looking_ends_in_time_with_what_was_found(work: Path) -> None:
    """A long `.gitignore` over many files kept the machine's processor for minutes."""
    seconds = itertools.count(0.0, LOOK_SECONDS / 3)
    assert list_paths(work, "", lambda: next(seconds)) == Listing(("build/", "README.md"), is_cut=True)


def test_of_very_many_rules_the_outer_ones_hold(work: Path) -> None:
    (work / ".gitignore").write_text("none\n" * (MAX_RULES - 1) + "build/\nREADME.md\n")
    (work / "src/.gitignore").write_text("app/\n")
    assert paths(work, "") == [".gitignore", "docs/", "README.md", "src/"]
    assert paths(work, "src/") == ["src/.gitignore", "src/app/"]


def test_what_cannot_be_read_or_written_down_is_passed_over(work: Path) -> None:
    (Path(os.fsdecode(os.fsencode(work) + b"/main\xff"))).touch()
    os.mkfifo(work / "main.pipe")
    assert "docs/main.md" in paths(work, "main")
    assert not any("pipe" in path or "\udcff" in path for path in paths(work, "main"))
    assert list_paths(work / "away", "") == Listing((), is_cut=False)
