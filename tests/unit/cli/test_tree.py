"""The command tree: every name leads to a command, help costs little, and errors end as promised."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from claudios.cli import exits
from claudios.cli.app import root, run
from claudios.cli.commands.run import PERMISSION_MODES
from claudios.cli.help import Context
from claudios.cli.tree import ENTRIES
from claudios.protocol.messages import PermissionMode

HEAVY = ("pydantic", "httpx2", "rich", "asyncio", "websockets", "sqlalchemy", "ssl", "psutil", "structlog")


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("CLAUDIOS_SERVER", "CLAUDIOS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", [name for name in ENTRIES if name != "server"])
def test_every_command_has_a_help_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == exits.OK
    assert f"claudios {name}" in capsys.readouterr().out


def _commands(group: click.Group, context: click.Context) -> list[click.Command]:
    found: list[click.Command] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += _commands(command, context) if isinstance(command, click.Group) else [command]
    return found


SILENT = {"completion", "server", "terminal", "attach"}
"""A script, a daemon, and screens."""


def test_every_command_that_prints_can_print_json() -> None:
    for command in _commands(root, Context(root)):
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options or command.name in SILENT, command.name


def test_no_option_takes_a_secret_where_everybody_can_read_it() -> None:
    for command in _commands(root, Context(root)):
        for parameter in command.params:
            is_value = not (isinstance(parameter, click.Option) and parameter.is_flag)
            assert not (is_value and {"token", "password", "secret"} & set((parameter.name or "").split("_")))


def test_help_and_lists_start_without_the_heavy_libraries() -> None:
    program = (
        "import sys; from claudios.cli.app import run; run(['--help']); import claudios.cli.commands.ps, "
        f"claudios.client.api; print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # ssl comes with http.client; everything else would show
    assert set(eval(done.stdout.splitlines()[-1])) <= {"ssl"}


def test_the_help_lists_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    told = capsys.readouterr().out
    assert all(f"{code}" in told and meaning in told for code, meaning in exits.MEANINGS)


def test_the_documentation_lists_the_exit_codes() -> None:
    told = (Path(__file__).parents[3] / "docs/operations.md").read_text()
    table = told.partition("| exit code | meaning |\n| --- | --- |\n")[2].partition("\n\n")[0]
    assert table.splitlines() == [f"| {code} | {meaning} |" for code, meaning in exits.MEANINGS]


def test_a_mistyped_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["proyects"]) == exits.USAGE
    assert "projects" in capsys.readouterr().err


def test_an_error_is_a_line_with_its_remedy_and_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ps"]) == exits.NOT_ALLOWED
    told = capsys.readouterr()
    assert told.out == ""
    assert "claudios login" in told.err
    assert "Traceback" not in told.err


def test_with_json_an_error_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ps", "--json"]) == exits.NOT_ALLOWED
    assert '"code": "not_signed_in"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["send", "--json"], "SESSION"),
        (["run", "--json", "--nope"], "--nope"),
        (["proyects", "--json"], "projects"),
        (["--json", "ps"], "--json comes after the command"),
    ],
)
def test_with_json_a_wrong_command_line_is_json_too(
    arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == exits.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    error = json.loads(told.err)["error"]
    assert error["code"] == "input_invalid"
    assert fault in error["message"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [(["search", "", " "], "WORDS must not be empty."), (["logs", "1a2b", "--raw", "--json"], "--raw gives bytes")],
)
def test_what_cannot_be_meant_is_refused_before_the_server_is_asked(
    arguments: list[str], fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAUDIOS_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("CLAUDIOS_TOKEN", "clp_x")
    assert run(arguments) == exits.USAGE
    assert fault in capsys.readouterr().err


def test_without_json_a_wrong_command_line_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "--nope"]) == exits.USAGE
    assert "Try 'claudios run --help' for help." in capsys.readouterr().err


def test_an_unreachable_server_has_an_exit_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDIOS_TOKEN", "clp_x")
    assert run(["ps", "--server", "http://127.0.0.1:1"]) == exits.UNREACHABLE


def test_the_permission_modes_are_those_of_the_protocol() -> None:
    assert list(PERMISSION_MODES) == [mode.value for mode in PermissionMode]
