"""Completion as each shell asks for it: by variables, of the program itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claudios.cli import exits
from claudios.cli.app import run
from tests.unit.client.scripted_server import ScriptedServer, as_json, scripted_server

PROJECTS = [
    {"id": "p1", "name": "Home", "role": "owner", "created_ms": 1, "output_failing": False},
    {"id": "p2", "name": "House: a\tsecond", "role": "viewer", "created_ms": 2, "output_failing": False},
    {"id": "p3", "name": "Other", "role": "viewer", "created_ms": 3, "output_failing": False},
]


def asked(tmp_path: Path, shell: str, words: str, last: str, **environment: str) -> list[str]:
    """Return the lines that the shell is given for a command line and the place of its last word (fish: the word)."""
    done = subprocess.run(
        [sys.executable, "-m", "claudios.cli.main"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "_CLAUDIOS_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": last,
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip("\n").splitlines()


def at(server: ScriptedServer) -> dict[str, str]:
    return {"CLAUDIOS_SERVER": server.address.url, "CLAUDIOS_TOKEN": "clp_x"}


def test_zsh_is_given_each_command_with_its_line_of_help(tmp_path: Path) -> None:
    lines = asked(tmp_path, "zsh", "claudios lo", "1")
    kinds, names, told = lines[0::3], lines[1::3], lines[2::3]
    assert sorted(names) == ["login", "logout", "logs"]
    assert set(kinds) == {"plain"}
    assert told[names.index("logs")] == "Show or follow what happened in a session"


def test_fish_is_given_each_command_with_its_line_of_help(tmp_path: Path) -> None:
    lines = asked(tmp_path, "fish", "claudios lo", "lo")
    assert "plain,logs\tShow or follow what happened in a session" in lines
    assert sorted(line.partition("\t")[0] for line in lines) == ["plain,login", "plain,logout", "plain,logs"]


def test_options_are_completed_in_both(tmp_path: Path) -> None:
    assert "--json" in asked(tmp_path, "zsh", "claudios ps --js", "2")
    assert asked(tmp_path, "fish", "claudios ps --js", "--js")[0].startswith("plain,--json\t")


def test_both_ask_the_server_for_names(tmp_path: Path) -> None:
    with scripted_server(as_json(PROJECTS), as_json(PROJECTS)) as server:
        lines = asked(tmp_path, "zsh", "claudios ps --project Ho", "3", **at(server))
        assert lines[:3] == ["plain", "Home", "owner"]
        assert "Other" not in lines
        lines = asked(tmp_path, "fish", "claudios ps --project Hom", "Hom", **at(server))
        assert lines == ["plain,Home\towner"]


@pytest.mark.parametrize(("shell", "last"), [("bash", "3"), ("zsh", "3"), ("fish", "Ho")])
def test_a_server_that_does_not_answer_completes_nothing_and_says_nothing(
    tmp_path: Path, shell: str, last: str
) -> None:
    nobody = {"CLAUDIOS_SERVER": "http://127.0.0.1:1", "CLAUDIOS_TOKEN": "clp_x"}
    assert asked(tmp_path, shell, "claudios ps --project Ho", last, **nobody) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_as_it_does_and_that_it_can_read(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the shell's own parser where it is installed; what it asks is tested above everywhere."""
    assert run(["completion", shell]) == exits.OK
    script = tmp_path / f"claudios.{shell}"
    script.write_text(capsys.readouterr().out)
    assert f"_CLAUDIOS_COMPLETE={shell}_complete" in script.read_text()
    if shutil.which(shell) is not None:
        read = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")
