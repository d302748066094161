"""Bring a database's tables up to date when the server starts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

NEWEST = "0024"
"""The newest revision in `migrations/versions`; a database that has it needs no look at the scripts."""

_LOCK = 7_216_954_213  # any number that nobody else takes in the same PostgreSQL database


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction; another process that does the same waits."""
    # READ COMMITTED: who waited for the lock must see what was committed in the meantime.
    options = {"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {}
    with engine.execution_options(**options).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if _revision(connection) != NEWEST:
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # takes 100 ms, and only a change of version needs it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
