"""A database of one's own on the PostgreSQL server that `make test` found or started.

The server is the one of CLAUDIOS_TEST_POSTGRES, which `make test` sets; without it, the usual one on this machine.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from claudios.server.store.engine import Store

SERVER = "CLAUDIOS_TEST_POSTGRES"
USUAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL `postgresql://…` of a new, empty database, dropped after the test."""
    with _database("template1") as name:
        yield _url(name)


@pytest.fixture
def migrated_postgres_url(_migrated_postgres: str) -> Iterator[str]:
    """The URL of a new database with its tables, dropped after the test."""
    with _database(_migrated_postgres) as name:
        yield _url(name)


@pytest.fixture(scope="session")
def _migrated_postgres() -> Iterator[str]:
    """The name of a database on which all migrations have run: a copy costs less than they do."""
    with _database("template1") as name:
        Store(_url(name)).close()
        yield name


@contextmanager
def _database(template: str) -> Iterator[str]:
    name = f"claudios_test_{secrets.token_hex(8)}"
    with psycopg.connect(os.environ.get(SERVER, USUAL_SERVER), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(name: str) -> str:
    return f"{os.environ.get(SERVER, USUAL_SERVER).rpartition('/')[0]}/{name}"
