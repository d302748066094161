"""The store on each database: every test of this folder runs on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claudios.server.store.engine import Store
from tests.helpers.databases import lay_down

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path / 'claudios.db'}"


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    """The URL of a database with its tables, and nothing in them."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("migrated_postgres_url")
        return url
    lay_down(migrated, tmp_path / "claudios.db")
    return f"sqlite:///{tmp_path / 'claudios.db'}"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on it."""
    opened = Store(database_url)
    yield opened
    opened.close()
