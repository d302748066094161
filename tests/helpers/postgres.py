"""A database of one's own on the PostgreSQL server that `make test` found or started.

The server is the one of CLAUDIOS_TEST_POSTGRES, which `make test` sets; without it, the usual one on this machine.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from psycopg import sql

from claudios.server.store.engine import Store

SERVER = "CLAUDIOS_TEST_POSTGRES"
USUAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY = """
DO $$
DECLARE
    name regclass;
BEGIN
    SET LOCAL session_replication_role = replica;  -- the order of the tables does not matter
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        IF name <> 'alembic_version'::regclass THEN
            EXECUTE format('DELETE FROM %s', name);
        END IF;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END
$$
"""


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL `postgresql://…` of a new, empty database, dropped after the test."""
    with _database("template1") as name:
        yield _url(name)


@pytest.fixture
def migrated_postgres_url(_migrated_databases: list[str], _new_migrated_database: Callable[[], str]) -> Iterator[str]:
    """The URL of a database with its tables, and nothing in them."""
    if _migrated_databases:
        name = _migrated_databases.pop()
        _empty(name)  # now that whoever used it last, a server perhaps, has stopped
    else:
        name = _new_migrated_database()
    yield _url(name)
    _migrated_databases.append(name)


@pytest.fixture(scope="session")
def _migrated_databases() -> list[str]:
    """Those that no test uses now: to empty one costs less than to make it and drop it."""
    return []


@pytest.fixture(scope="session")
def _new_migrated_database() -> Iterator[Callable[[], str]]:
    """Makes a database on which all migrations have run: a copy of a first one costs less than they do."""
    with ExitStack() as made:
        template = made.enter_context(_database("template1"))
        Store(_url(template)).close()
        yield lambda: made.enter_context(_database(template))


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


def _empty(name: str) -> None:
    with psycopg.connect(_url(name), autocommit=True) as connection:
        connection.execute(CUT_OFF)
        connection.execute(EMPTY)


def _url(name: str) -> str:
    return f"{os.environ.get(SERVER, USUAL_SERVER).rpartition('/')[0]}/{name}"
