"""A database of one's own on the PostgreSQL server that `make test` found or started."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

SERVER = "CLAUDIOS_TEST_POSTGRES"
USUAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL `postgresql://…` of a new, empty database, dropped after the test.

    The server is the one of CLAUDIOS_TEST_POSTGRES, which `make test` sets; without it, the usual one on this machine.
    """
    server = os.environ.get(SERVER, USUAL_SERVER)
    name = f"claudios_test_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
