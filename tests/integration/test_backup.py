"""A back-up is made under a running server, and what it holds works wherever it is put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from claudios.protocol.errors import AlreadyRunning, Conflict, InputInvalid, SettingInvalid
from claudios.protocol.messages import Ack
from claudios.server.app import Application
from claudios.server.backup import back_up, restore
from claudios.server.config import Config
from claudios.server.serving import running
from claudios.server.state_lock import UNFINISHED
from tests.helpers.server import PASSWORD, People
from tests.helpers.synthetic_agent import new_agent

pytestmark = pytest.mark.integration


def config(tmp_path: Path, name: str, **more: Any) -> Config:
    return Config(state_dir=tmp_path / name, port=0, **more)


async def test_sessions_their_records_people_and_agents_tokens_work_after_a_restore(tmp_path: Path) -> None:
    first, second, file = config(tmp_path, "first"), config(tmp_path, "second"), tmp_path / "backup"
    async with running(first) as serving:
        people = People(serving)
        owner = await people.owner()
        agent = await new_agent(owner, serving.url)
        session = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id})
        output = agent.output(session["id"])
        async with agent.link() as link:
            await link.say(output.batch(link.boot, b"before\n"))
            await link.expect(Ack)
            back_up(first, file, 1)
            await link.say(output.batch(link.boot, b"after\n"))
            await link.expect(Ack)
        await people.close()
    assert file.stat().st_mode & 0o777 == 0o600
    restore(second, file, 2)
    assert (second.state_dir / "server.key").read_bytes() == (first.state_dir / "server.key").read_bytes()
    async with running(second) as serving:
        people = People(serving)
        browser = people.browser()
        body = {"username": owner.user["username"], "password": PASSWORD}
        assert (await browser.post("/api/v1/auth/sign-in", json=body)).status_code == 200
        found = (await browser.get(f"/api/v1/sessions/{session['id']}/verify")).json()
        assert (found["verified"], found["frames"]) == (True, 1)
        agent.url = serving.url
        again = agent.output(session["id"])
        again.batch(1, b"before\n")
        async with agent.link() as link:
            await link.say(again.batch(link.boot, b"another after\n"))
            assert (await link.expect(Ack)).seq == 2
        await browser.aclose()
        await people.close()


async def test_nothing_is_replaced_unasked_and_never_under_a_running_server(tmp_path: Path) -> None:
    settings, file = config(tmp_path, "server"), tmp_path / "backup"
    async with running(settings):
        back_up(settings, file, 1)
        with pytest.raises(InputInvalid):
            back_up(settings, file, 1)
        for force in (False, True):
            with pytest.raises(AlreadyRunning):
                restore(settings, file, 2, force=force)
    with pytest.raises(Conflict):
        restore(settings, file, 2)
    key = (settings.state_dir / "server.key").read_bytes()
    restore(settings, file, 2, force=True)
    assert (settings.state_dir / "replaced-2" / "server.key").read_bytes() == key
    async with running(settings):
        pass


async def test_the_write_ahead_log_of_a_killed_server_is_not_played_over_what_was_put_back(tmp_path: Path) -> None:
    settings, file = config(tmp_path, "server"), tmp_path / "backup"
    async with running(settings):
        back_up(settings, file, 1)
    database = settings.state_dir / "claudios.db"
    with closing(sqlite3.connect(database)) as killed:
        killed.execute("PRAGMA wal_autocheckpoint=0")
        killed.execute("CREATE TABLE since_then (x)")
        killed.commit()
        log = (settings.state_dir / "claudios.db-wal").read_bytes()
    database.unlink()
    (settings.state_dir / "server.key").unlink()
    (settings.state_dir / "claudios.db-wal").write_bytes(log)
    restore(settings, file, 2)
    assert (settings.state_dir / "replaced-2" / "claudios.db-wal").read_bytes() == log
    with closing(sqlite3.connect(database)) as store:
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
    assert "users" in tables
    assert "since_then" not in tables


async def test_a_server_does_not_start_on_what_was_put_back_by_half(tmp_path: Path) -> None:
    settings, file = config(tmp_path, "server"), tmp_path / "backup"
    async with running(settings):
        back_up(settings, file, 1)
    (settings.state_dir / UNFINISHED).touch()
    with pytest.raises(SettingInvalid, match="restore FILE --force"):
        Application(settings)
    restore(settings, file, 2, force=True)
    async with running(settings):
        pass


async def test_a_damaged_back_up_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    settings, file = config(tmp_path, "server"), tmp_path / "backup"
    async with running(settings):
        back_up(settings, file, 1)
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"no database at all", whole[:4096] + b"\xff" * 4096 + whole[8192:]):
        file.write_bytes(damaged)
        with pytest.raises(InputInvalid):
            restore(config(tmp_path, "fresh"), file, 2)
        assert not (tmp_path / "fresh" / "claudios.db").exists()
        assert not (tmp_path / "fresh" / "server.key").exists()
    file.write_bytes(whole)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE backup SET server_key = x'00'")
    with pytest.raises(InputInvalid):
        restore(config(tmp_path, "fresh"), file, 2)


def test_a_database_of_its_own_is_left_to_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="pg_dump"):
        back_up(config(tmp_path, "server", database_url="postgresql://a@b/c"), tmp_path / "backup", 1)
