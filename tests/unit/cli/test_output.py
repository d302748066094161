"""Standard output that takes nothing more: its reader went away, or its disk is full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claudios.cli import exits
from tests.unit.client.scripted_server import as_json, scripted_server

FULL = Path("/dev/full")
COMMANDS = (["--help"], ["ps", "--help"], ["ps", "--all", "--json"], ["completion", "bash"])


def run_into(output: int, arguments: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that writes there, signed in to a server without sessions."""
    with scripted_server(as_json([])) as server:
        environment = {"HOME": str(home), "CLAUDIOS_SERVER": server.address.url, "CLAUDIOS_TOKEN": "clp_x"}
        return subprocess.run(
            [sys.executable, "-m", "claudios.cli.main", *arguments],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_closed_pipe_ends_it_silently_with_its_own_exit_code(tmp_path: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = run_into(writing, arguments, tmp_path)
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (exits.BROKEN_PIPE, "")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        ran = run_into(full.fileno(), arguments, tmp_path)
    (line,) = ran.stderr.splitlines()
    said = json.loads(line)["error"]["message"] if "--json" in arguments else line
    assert "Not everything was written: No space left on device. Make room" in said
    assert ran.returncode == exits.FAILED
