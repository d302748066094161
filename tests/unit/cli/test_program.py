"""What a person types: the program's name, or its path where the name leads nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from claudios.cli.program import as_typed, program

REMEDY = "You are not signed in. Run `claudios login URL`, or `claudios up` for one here."


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program in a directory that is not on PATH, as `make up` calls it from a clone."""
    called = tmp_path / ".venv/bin/claudios"
    called.parent.mkdir(parents=True)
    called.write_text("#!/bin/sh\n")
    called.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(called), "up"])
    monkeypatch.setenv("PATH", "/usr/bin")
    return called


def test_where_the_name_leads_nowhere_the_path_from_here_is_told(installed: Path) -> None:
    assert program() == ".venv/bin/claudios"
    assert as_typed(REMEDY) == (
        "You are not signed in. Run `.venv/bin/claudios login URL`, or `.venv/bin/claudios up` for one here."
    )
    assert as_typed("Start it: claudios agent, or") == "Start it: .venv/bin/claudios agent, or"


def test_elsewhere_the_whole_path_is_told(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert program() == str(installed)


def test_where_the_name_works_it_is_told(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert as_typed(REMEDY) == REMEDY
