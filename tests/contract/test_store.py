"""What every database must do for the store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, create_engine, event, func, insert, select, text, update

from claudios.protocol.errors import Conflict, InputInvalid, SettingInvalid, Unavailable
from claudios.server.store import accounts
from claudios.server.store.engine import READERS, Store
from claudios.server.store.tables import metadata, projects


def add(name: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(projects), {"id": name, "name": name, "created_ms": 0})

    return work


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(projects)).scalar() or 0


async def test_what_was_written_is_read(store: Store) -> None:
    await store.write(add("a"))
    assert await store.read(count) == 1


async def test_a_work_that_raises_writes_nothing(store: Store) -> None:
    def work(connection: Connection) -> None:
        add("a")(connection)
        raise Conflict

    with pytest.raises(Conflict):
        await store.write(work)
    assert await store.read(count) == 0


async def test_what_was_written_is_on_the_disk_once_that_is_told(store: Store) -> None:
    """Without it a loss of power takes what an agent was told is stored, and has let go of."""
    asked = "PRAGMA synchronous" if store.engines[0].name == "sqlite" else "SHOW synchronous_commit"
    full = {"PRAGMA synchronous": 2, "SHOW synchronous_commit": "on"}[asked]
    assert await store.write(lambda connection: connection.exec_driver_sql(asked).scalar()) == full


async def test_a_commit_waits_for_the_disk_though_the_cluster_says_it_need_not(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    store = Store(postgres_url)
    try:
        show = "SHOW synchronous_commit"
        assert await store.write(lambda connection: connection.exec_driver_sql(show).scalar()) == "on"
    finally:
        store.close()


async def test_a_work_that_only_reads_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        await store.read(add("a"))
    assert await store.read(count) == 0


async def test_writes_that_race_for_a_number_each_get_their_own(store: Store) -> None:
    """A read and a write that depends on it are one: nobody comes between them."""
    await store.write(add("a"))

    def next_number(connection: Connection) -> int:
        found = connection.execute(select(projects.c.created_ms).where(projects.c.id == "a")).scalar() or 0
        connection.execute(update(projects).where(projects.c.id == "a").values(created_ms=found + 1))
        return found + 1

    numbers = await asyncio.gather(*(store.write(next_number) for _ in range(20)))
    assert sorted(numbers) == list(range(1, 21))


async def test_the_first_of_many_who_register_at_once_is_the_only_owner(store: Store) -> None:
    def register(name: str) -> Callable[[Connection], accounts.User]:
        return lambda connection: accounts.create(connection, name, None, 0)

    made = await asyncio.gather(*(store.write(register(f"person{number}")) for number in range(8)))
    assert sum(user.is_owner for user in made) == 1


async def test_a_failing_statement_leaves_the_connection_usable(store: Store) -> None:
    await store.write(add("a"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.write(add("a"))
    await store.write(add("b"))
    assert await store.read(count) == 2


async def test_a_value_the_database_cannot_hold_is_the_callers_fault(store: Store) -> None:
    with pytest.raises(InputInvalid):
        await store.write(
            lambda connection: (
                connection.execute(insert(projects), {"id": "a", "name": "a", "created_ms": 2**70}).rowcount
            )
        )
    await store.write(add("b"))


async def test_what_refers_to_a_thing_goes_with_it_and_cannot_come_without(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await store.write(
            lambda connection: (
                connection.execute(
                    text("INSERT INTO agents (id, project_id, name, created_ms) VALUES ('a', 'none', 'a', 0)")
                ).rowcount
            )
        )


async def test_the_migrations_give_exactly_the_tables_that_the_code_describes(store: Store, database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                # of the search index each database has its own half, which no description of tables can say
                "include_name": lambda name, _kind, _parents: (
                    "item_grams" not in (name or "") and name != "ix_item_texts_grams"
                ),
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_migrations_give_the_constraints_too(tmp_path: Path) -> None:
    """What alembic's comparison leaves out (checks, what happens on deletion) stands in SQLite's own schema."""

    def schema(name: str) -> dict[str, list[str]]:
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'").fetchall()
        return {table: sorted(clauses(sql or "")) for table, sql in rows}

    Store(f"sqlite:///{tmp_path}/migrated").close()
    engine = create_engine(f"sqlite:///{tmp_path}/described")
    metadata.create_all(engine)
    engine.dispose()
    migrated = schema("migrated")
    migrated.pop("sqlite_autoindex_alembic_version_1", None)
    assert migrated == schema("described")


def clauses(sql: str) -> list[str]:
    """Return what a CREATE statement lists, in its own order: a column that came later stands at the end."""
    found, depth = [""], 0
    for character in sql:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if (character == "," and depth == 1) or (character in "()" and depth == (character == "(")):
            found.append("")
        else:
            found[-1] += character
    return [" ".join(clause.split()) for clause in found]


async def test_a_database_is_opened_again_with_what_it_holds(store: Store, database_url: str) -> None:
    await store.write(add("a"))
    second = Store(database_url)
    try:
        assert await second.read(count) == 1
        await second.write(add("b"))
    finally:
        second.close()
    assert await store.read(count) == 2


async def test_two_processes_that_open_a_new_database_at_once_both_find_its_tables(new_database_url: str) -> None:
    opened = await asyncio.gather(*(asyncio.to_thread(Store, new_database_url) for _ in range(3)))
    try:
        assert [await store.read(count) for store in opened] == [0, 0, 0]
    finally:
        for store in opened:
            store.close()


async def test_closing_finishes_what_was_asked_for(store: Store, database_url: str) -> None:
    asked = [store.write(add(f"p{number}")) for number in range(20)]
    done = asyncio.gather(*asked)
    await asyncio.sleep(0)
    await asyncio.to_thread(store.close)
    await done
    again = Store(database_url)
    try:
        assert await again.read(count) == 20
    finally:
        again.close()


async def test_a_cancelled_caller_does_not_stop_the_transaction(store: Store, database_url: str) -> None:
    task = asyncio.ensure_future(store.write(add("a")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(store.close)  # finishes what was asked for
    again = Store(database_url)
    try:
        assert await again.read(count) == 1
    finally:
        again.close()


async def test_connections_that_postgresql_has_cut_are_replaced_unseen(postgres_url: str) -> None:
    store = Store(postgres_url)
    try:
        await store.write(add("a"))
        await store.read(count)
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.gather(*(store.write(add(f"p{number}")) for number in range(8)))
        assert await store.read(count) == 9
    finally:
        store.close()


async def test_a_transaction_that_breaks_off_on_the_way_is_unavailable_or_done_never_half(postgres_url: str) -> None:
    store = Store(postgres_url)
    attempts = []

    def cut_off(connection: Connection) -> None:
        add("a")(connection)
        attempts.append(1)
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    try:
        with pytest.raises(Unavailable):
            await store.write(cut_off)
        assert await store.read(count) == 0
        assert len(attempts) > 1
    finally:
        store.close()


@pytest.mark.parametrize("url", ["mysql://root@127.0.0.1/test", "sqlite://", "nonsense"])
def test_a_url_of_another_kind_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(SettingInvalid, match="DATABASE_URL"):
        Store(url)


def test_a_database_that_does_not_answer_is_named_in_the_error() -> None:
    with pytest.raises(Unavailable, match="DATABASE_URL"):
        Store("postgresql://nobody@127.0.0.1:1/none")


def test_the_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new' / 'claudios.db'}")
    store.close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "claudios.db").stat().st_mode & 0o777 == 0o600


async def test_the_connection_that_writes_is_closed_last_and_leaves_one_whole_file(tmp_path: Path) -> None:
    """Connections that close at the same moment each leave SQLite's log to the other."""
    path = tmp_path / "claudios.db"
    opened = Store(f"sqlite:///{path}")
    writing, reading = opened.engines
    closed: list[str] = []
    event.listen(writing, "close", lambda *_: closed.append("writing"))
    event.listen(reading, "close", lambda *_: closed.append("reading"))
    await opened.write(add("a"))
    await asyncio.gather(*(opened.read(count) for _ in range(READERS)))
    opened.close()
    assert closed[-1] == "writing"
    assert "reading" in closed
    assert not path.with_name("claudios.db-wal").exists()
