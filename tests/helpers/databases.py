"""An SQLite database with its tables, made once for all tests of a process: a copy costs less than the migrations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from claudios.server.store.engine import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty database on which all migrations have run."""
    path = tmp_path_factory.mktemp("migrated") / "claudios.db"
    Store(f"sqlite:///{path}").close()
    return path


def lay_down(migrated: Path, path: Path) -> None:
    """Put a copy of it where a server is to find it, unless there is a database already."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(migrated, path)
        path.chmod(0o600)
