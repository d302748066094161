"""Back-ups of the embedded store: one file with everything, made while servers run, and put back while none does.

The file is a SQLite database: a consistent copy of the store, and a table `backup` with the server's key and when it
was made. It holds every transcript and the key, so only its owner can read it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from claudios import __version__
from claudios.protocol.errors import Conflict, InputInvalid, SettingInvalid, Unavailable
from claudios.server.config import Config
from claudios.server.durable import create_private, sync
from claudios.server.keys import KEY_BYTES
from claudios.server.state_lock import UNFINISHED, StateLock

DATABASE, KEY = "claudios.db", "server.key"
BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class BackUp:
    """A back-up that was made or put back."""

    path: str
    bytes: int
    made_ms: int
    version: str


def back_up(config: Config, target: Path, now_ms: int) -> BackUp:
    """Write a back-up of the store and its key into a new file (0600), while servers may run.

    Raises SettingInvalid for a store that is not the embedded one, InputInvalid for a file that exists, Unavailable.
    """
    database = _embedded(config)
    if not database.exists():
        raise SettingInvalid(f"There is no store at {database}. Check --state-dir.")
    if target.exists():
        raise InputInvalid(f"{target} exists already. Name another file.")
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(database, timeout=BUSY_SECONDS)) as source:
            source.execute("VACUUM INTO ?", (str(unfinished),))
        with closing(sqlite3.connect(unfinished)) as copy, copy:
            copy.execute(
                "CREATE TABLE backup (server_key BLOB NOT NULL, made_ms INTEGER NOT NULL, version TEXT NOT NULL)"
            )
            key = (config.state_dir / KEY).read_bytes()
            copy.execute("INSERT INTO backup VALUES (?, ?, ?)", (key, now_ms, __version__))
        _check(unfinished)
        sync(unfinished)
        os.link(unfinished, target)  # unlike a rename it replaces nothing
        sync(target.parent)
    except FileExistsError as raced:
        raise InputInvalid(f"{target} exists already. Name another file.") from raced
    except (sqlite3.Error, OSError) as failed:
        raise Unavailable(f"The back-up could not be written: {failed}. Check the disk.") from failed
    finally:
        unfinished.unlink(missing_ok=True)
    return BackUp(str(target), target.stat().st_size, now_ms, __version__)


def restore(config: Config, source: Path, now_ms: int, *, force: bool = False) -> BackUp:
    """Put a back-up in the place of the store. With `force`, one that is there is moved aside, not removed.

    Raises AlreadyRunning while a server runs on it, Conflict when there is a store already, InputInvalid for what is no
    whole back-up, SettingInvalid, Unavailable.
    """
    database = _embedded(config)
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.state_dir.chmod(0o700)
    lock = StateLock(config.state_dir, alone=True)
    fresh = config.state_dir / f".{DATABASE}.restored"
    try:
        there = [path for path in (database, config.state_dir / KEY) if path.exists()]
        if there and not force:
            raise Conflict(f"{there[0]} exists. With --force it is moved aside, and the back-up takes its place.")
        key, made = _unpack(source, fresh)
        unfinished = config.state_dir / UNFINISHED
        unfinished.touch(0o600)
        sync(config.state_dir)
        _move_aside(config.state_dir, now_ms)
        create_private(config.state_dir / KEY, key)
        fresh.replace(database)
        sync(config.state_dir)
        unfinished.unlink()
        sync(config.state_dir)
    except OSError as failed:
        raise Unavailable(f"The back-up could not be put back: {failed}. Check the disk.") from failed
    finally:
        fresh.unlink(missing_ok=True)
        lock.release()
    return made


def _unpack(source: Path, fresh: Path) -> tuple[bytes, BackUp]:
    """Copy the store out of a back-up into `fresh`, and return the key."""
    if not source.is_file():
        raise InputInvalid(f"There is no file {source}.")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _check(source)
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as packed:
            key, made_ms, version = packed.execute("SELECT server_key, made_ms, version FROM backup").fetchone()
            packed.execute("VACUUM INTO ?", (str(fresh),))
        _check(fresh)
        with closing(sqlite3.connect(fresh)) as store, store:
            store.execute("DROP TABLE backup")
    except (sqlite3.Error, TypeError) as damaged:
        raise InputInvalid(f"{source} is no whole back-up of a ClaudiOS server: {damaged}.") from damaged
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        raise InputInvalid(f"{source} is no whole back-up of a ClaudiOS server: its key is damaged.")
    sync(fresh)
    return key, BackUp(str(source), source.stat().st_size, int(made_ms), str(version))


def _embedded(config: Config) -> Path:
    if config.database_url is not None:
        raise SettingInvalid(
            "DATABASE_URL names a database of its own. Back it up with its own tools (PostgreSQL: pg_dump and "
            f"pg_restore), and {config.state_dir / KEY} with it."
        )
    return config.state_dir / DATABASE


def _check(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"it is damaged ({verdict})")


def _move_aside(directory: Path, now_ms: int) -> None:
    """Move aside whatever there is: a write-ahead log alone would be played over the store that comes in its place."""
    there = [name for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEY) if (directory / name).exists()]
    if there:
        aside = directory / f"replaced-{now_ms}"
        aside.mkdir(mode=0o700)
        for name in there:
            (directory / name).rename(aside / name)
