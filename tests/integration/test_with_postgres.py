"""The wrapper that gives a command a PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from scripts import with_postgres
from scripts.prepare.step import SetupError

SAY_URL = "import os; print(os.environ['CLAUDIOS_TEST_POSTGRES'])"


def test_a_private_cluster_takes_databases_and_leaves_nothing_behind() -> None:
    with with_postgres.private_cluster() as cluster:
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE one")
            (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        assert Path(folder).is_dir()
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.url)


def test_a_server_that_is_named_and_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDIOS_TEST_POSTGRES", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(SetupError), with_postgres.server():
        pass


def test_the_command_finds_the_url_and_gives_its_exit_code() -> None:
    program = f"{SAY_URL}; raise SystemExit(5)"
    argv = [sys.executable, "-m", "scripts.with_postgres", sys.executable, "-c", program]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines()[-1].startswith("postgresql://")
    assert ran.returncode == 5
