"""`claudios export`, against a server that answers from a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claudios.cli.commands.export import export
from claudios.protocol.errors import Conflict
from tests.unit.client.scripted_server import Answer, as_json, scripted_server
from tests.unit.client.test_live import SESSION

ID = "1a2b3c4d-0000-4000-8000-000000000001"
HEADER = b'{"version": 2}\n'
SHOWN = b'[0.5, "o", "hello"]\n'
Exporting = Callable[..., Result]


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exporting:
    """Runs `claudios export` in an empty directory; the server gives this body."""
    monkeypatch.chdir(tmp_path)

    def run(body: bytes, *arguments: str) -> Result:
        with scripted_server(as_json(SESSION), Answer(200, body)) as server:
            environment = {"CLAUDIOS_SERVER": server.address.url, "CLAUDIOS_TOKEN": "clp_x"}
            return CliRunner(env=environment).invoke(export, [ID, *arguments])

    return run


def test_a_dash_writes_it_to_standard_output_and_tells_its_size_on_standard_error(exported: Exporting) -> None:
    ran = exported(b"\x00record\xff", "-o", "-")
    assert (ran.stdout_bytes, ran.stderr) == (b"\x00record\xff", "8 bytes.\n")
    ran = exported(b"# Title", "-o", "-", "--format", "markdown", "--json")
    assert (ran.stdout, json.loads(ran.stderr)) == ("# Title", {"file": "-", "bytes": 7})
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("output", ["-", "shown.cast"])
def test_a_session_that_showed_nothing_in_a_terminal_gives_no_asciicast(exported: Exporting, output: str) -> None:
    ran = exported(HEADER, "-o", output, "--asciicast")
    assert isinstance(ran.exception, Conflict)
    assert ran.stdout == ""
    assert list(Path().iterdir()) == []


def test_an_asciicast_is_written_with_all_its_lines(exported: Exporting) -> None:
    assert exported(HEADER + SHOWN, "-o", "-", "--asciicast").stdout_bytes == HEADER + SHOWN
    assert exported(HEADER + SHOWN, "-o", "shown.cast", "--asciicast").exit_code == 0
    assert Path("shown.cast").read_bytes() == HEADER + SHOWN
