"""What a project does not keep is removed once it is checked, and a tombstone left that verifies (R-8 to R-10)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, select, update

from claudios.cli.commands.verify import verify
from claudios.client.record import check_record
from claudios.protocol.messages import Outcome, Report, Reported
from claudios.server.screens.drawer import Drawer
from claudios.server.screens.screens import Screens
from claudios.server.serving import Serving
from claudios.server.store import announcements, retention
from claudios.server.store.engine import Store
from claudios.server.store.expiry import GIVEN_UP
from claudios.server.store.notification_settings import NotificationSettings
from claudios.server.store.requests import NewRequest
from claudios.server.store.retention import Due, Policy
from claudios.server.store.tables import audit, metadata, notifications, tombstones
from tests.helpers.finished_session import BATCHES, LAST, Record, finished_session
from tests.helpers.server import People, StartServer
from tests.helpers.synthetic_agent import take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration

DAY_MS = 24 * 60 * 60 * 1000
PROMPT = "the prompt that goes"
OUTPUT = r"0-2\n1-0"
TOLD = NotificationSettings().model_dump(mode="json")


@dataclass
class Ended:
    """A session that has ended, and the server it is on."""

    record: Record
    serving: Serving
    people: People

    @property
    def path(self) -> str:
        return f"/projects/{self.record.agent.project_id}/retention"

    async def keep(self, **limits: int) -> Any:
        return await self.record.owner.ask("PUT", self.path, limits)

    def age(self, days: float) -> None:
        """Have its machine closed the session's log so much earlier."""
        self.record.tamper("UPDATE checkpoints SET received_ms = received_ms - ?", int(days * DAY_MS))

    async def limit(self, **limits: int) -> None:
        """Say what is kept, without the server's own sweep being hastened by that."""
        kept = Policy(**{"keep_days": None, "keep_bytes": None, **limits})
        project_id = self.record.agent.project_id
        await self.store.write(lambda connection: retention.set_policy(connection, project_id, kept))

    async def sweep(self) -> None:
        assert await self.serving.application.data_path.retention.sweep()

    async def remove_as_found(self, *, before: Callable[[], Awaitable[Any]] | None = None) -> Due:
        """Remove what is due now, doing something between the look at it and the removal; return what that was."""
        sweep, project_id = self.serving.application.data_path.retention, self.record.agent.project_id
        (found,) = await self.store.read(lambda connection: sweep._due(connection, project_id))
        if before is not None:
            await before()
        await sweep._remove(project_id, found)
        return found

    @property
    def store(self) -> Store:
        return self.serving.application.parts.store

    async def session(self) -> Any:
        return await self.record.owner.ask("GET", f"/sessions/{self.record.session_id}")

    async def is_removed(self) -> bool:
        return (await self.session())["removed_ms"] is not None

    async def remove(self) -> None:
        await self.keep(keep_days=30)
        self.age(31)
        await self.sweep()
        assert await self.is_removed()


@pytest.fixture(params=["sqlite", "postgresql"])
async def server(start_server: StartServer, request: pytest.FixtureRequest) -> Serving:
    """A running server on each database."""
    if request.param == "sqlite":
        return await start_server()
    return await start_server(database_url=request.getfixturevalue("migrated_postgres_url"))


@pytest.fixture
async def ended(server: Serving, people: People) -> AsyncIterator[Ended]:
    async with finished_session(server, people, prompt=PROMPT) as record:
        yield Ended(record, server, people)


async def test_output_is_removed_by_age_and_its_record_still_verifies(ended: Ended, tmp_path: Path) -> None:
    kept = await ended.keep(keep_days=30)
    assert (kept["stored"]["sessions"], kept["due"]["sessions"]) == (1, 0)
    ended.age(29)
    await ended.sweep()
    assert not await ended.is_removed()
    ended.age(2)
    due = await ended.record.owner.ask("GET", ended.path)
    assert due["due"] == due["stored"]
    await ended.sweep()
    found = await ended.record.verify()
    assert (found["verified"], found["closing"], found["frames"]) == (True, "closed", 0), found
    assert (found["removed"]["frames"], found["removed"]["batches"]) == (LAST, BATCHES)
    assert (found["removed"]["cause"], found["removed"]["kept"]) == ("age", 30)
    session = await ended.session()
    assert (session["log_bytes"], session["last_seq"], session["last_text"]) == (0, LAST, None)
    file = tmp_path / "removed.claudios"
    file.write_bytes(await ended.record.export())
    ran = CliRunner().invoke(verify, [str(file)], standalone_mode=False)
    assert (ran.return_value, "Removed" in ran.output, found["removed"]["key"] in ran.output) == (0, True, True)
    assert check_record([file.read_bytes().replace(b'"kept":30', b'"kept":31')]).found.verified is False


async def test_nothing_of_what_was_said_stays_in_any_table(ended: Ended) -> None:
    await ended.serving.application.data_path.follower.catch_up()  # it can be found
    await ended.record.owner.ask("PUT", "/notifications/settings", {**TOLD, "delay_seconds": 3600})
    await ended.record.owner.ask("POST", "/notifications/ntfy", {"address": "https://ntfy.invalid/x"})
    asked = NewRequest("r1", 1, "permission", "Bash", PROMPT, '{"command":"ls"}', None, "[]", None, None, None, None, 1)
    session_id = ended.record.session_id
    await ended.store.write(
        lambda connection: announcements.asked(connection, session_id, asked, int(time.time() * 1e3))
    )
    told = select(notifications.c.text, notifications.c.state).where(notifications.c.request_id == "r1")
    (before,) = await ended.store.read(lambda connection: connection.execute(told).all())
    assert PROMPT in before.text
    words = (PROMPT, OUTPUT, OUTPUT.replace("\\n", " "))
    assert await tables_that_say(ended, *words) == {"instructions", "notifications", "items", "item_texts"}
    await ended.remove()
    assert await ended.store.read(lambda connection: connection.execute(told).all()) == [("", "withdrawn")]
    await ended.serving.application.data_path.follower.catch_up()  # it also takes out what is not to be found
    assert await tables_that_say(ended, *words) == set()


async def tables_that_say(ended: Ended, *words: str) -> set[str]:
    """Return which tables hold some of the words; the index holds them without regard to case."""
    texts = [each.casefold() for each in words]

    def look(connection: Connection) -> set[str]:
        return {
            name
            for name, table in metadata.tables.items()
            for row in connection.execute(select(table))
            if any(each in str(value).casefold() for each in texts for value in row)
        }

    return await ended.store.read(look)


async def test_people_read_that_it_was_removed_and_why(ended: Ended) -> None:
    await ended.remove()
    page = await ended.record.owner.ask("GET", f"/sessions/{ended.record.session_id}/items")
    (item,) = page["items"]
    assert (item["kind"], item["body"]["code"]) == ("notice", "removed")
    assert "keeps output for 30 days" in item["body"]["text"]
    raw = await ended.record.owner.http.get(f"/api/v1/sessions/{ended.record.session_id}/frames")
    assert raw.content == b""
    assert "output_removed" in await ended.record.actions()


async def test_a_page_that_is_open_on_it_begins_anew(ended: Ended) -> None:
    session_id = ended.record.session_id
    async with page(ended.record.owner) as opened:
        seen = await opened.subscribe(session_id)
        assert [item["body"].get("code") for item in seen["items"]] != ["removed"]
        await ended.remove()
        await opened.expect("lagged")
        again = await opened.subscribe(session_id, after=seen["position"])
    assert again["reset"] is True
    assert [item["body"]["code"] for item in again["items"]] == ["removed"]


async def test_no_screen_is_shown_that_was_drawn_from_it(ended: Ended) -> None:
    pytest.importorskip("pyghostty")
    session_id = ended.record.session_id
    of_another_server = Screens(ended.store, Drawer())
    everywhere = (ended.serving.application.data_path.screens, of_another_server)
    for screens in everywhere:
        drawn = await screens.of(session_id)
        assert drawn.drawing.data
        assert drawn.seq == LAST
    await ended.remove()
    for screens in everywhere:
        shown = await screens.of(session_id)
        assert shown.drawing.data == b""
        assert shown.seq == LAST
    await of_another_server.close()


async def test_a_removed_session_is_not_resumed_and_can_be_deleted(ended: Ended) -> None:
    await ended.remove()
    path = f"/sessions/{ended.record.session_id}"
    refused = await ended.record.owner.ask("POST", f"{path}/resume", {}, expect=409)
    assert "output of this session was removed" in refused["error"]["message"]
    await ended.record.owner.ask("PATCH", path, {"is_kept": True}, expect=409)
    await ended.record.owner.ask("DELETE", path)


async def test_a_removed_session_whose_agent_is_gone_can_be_deleted(ended: Ended) -> None:
    ended.record.tamper("UPDATE agents SET received = 0, removed_ms = 1")  # before it had taken all that was asked
    await ended.remove()
    await ended.record.owner.ask("DELETE", f"/sessions/{ended.record.session_id}")


async def test_a_start_given_up_long_ago_that_comes_about_is_heard_after_the_removal(ended: Ended) -> None:
    async with page(ended.record.owner) as watching:
        await watching.subscribe(ended.record.session_id)
        await ended.record.owner.ask("POST", f"/sessions/{ended.record.session_id}/resume", {}, expect=201)
        (start,) = await take(ended.record.link, ended.record.agent)
        await watching.expect("instruction", matching=lambda told: told["instruction"]["state"] == "taken")
    ended.record.tamper("UPDATE instructions SET state = 'unknown', code = 'unheard' WHERE id = ?", start.id)
    ended.record.tamper("UPDATE sessions SET state = 'ended', reason = 'failed', detail = ?", GIVEN_UP)
    await ended.remove()
    await ended.record.link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
    await ended.record.link.expect(Reported)
    assert (await ended.session())["state"] == "queued"


async def test_the_oldest_go_until_the_project_holds_no_more_than_it_keeps(ended: Ended) -> None:
    ended.age(2)
    size = (await ended.session())["log_bytes"]
    await ended.keep(keep_bytes=size)
    await ended.sweep()
    assert not await ended.is_removed()
    preview = await ended.record.owner.ask("GET", f"{ended.path}/preview?keep_bytes={size - 1}")
    assert preview == {"sessions": 1, "bytes": size}
    await ended.keep(keep_bytes=size - 1)
    await ended.sweep()
    assert (await ended.record.verify())["removed"]["cause"] == "size"


async def test_output_stays_for_a_day_whatever_the_project_keeps(ended: Ended) -> None:
    await ended.keep(keep_bytes=0)
    ended.age(0.5)
    await ended.sweep()
    assert not await ended.is_removed()


async def test_what_somebody_keeps_stays(ended: Ended) -> None:
    await ended.record.owner.ask("PATCH", f"/sessions/{ended.record.session_id}", {"is_kept": True})
    await ended.keep(keep_days=1)
    ended.age(31)
    await ended.sweep()
    assert not await ended.is_removed()


async def test_a_record_that_does_not_hold_is_never_removed(ended: Ended) -> None:
    ended.record.tamper("UPDATE batches SET signature = ? WHERE first_seq = 4", bytes(32))
    await ended.keep(keep_days=1)
    ended.age(31)
    for _ in range(2):
        await ended.sweep()
    assert "not sealed" in (await ended.session())["unremovable"]
    assert (await ended.record.owner.ask("GET", ended.path))["unremovable"] == 1
    assert (await ended.record.actions()).count("output_not_removed") == 1
    signature = ended.record.batches[1].signature
    ended.record.tamper("UPDATE batches SET signature = ? WHERE first_seq = 4", signature)
    await ended.keep(keep_days=1)  # saved again, it is tried again
    await ended.sweep()
    assert await ended.is_removed()


async def test_a_session_that_the_server_fails_at_stays_and_ends_nothing_else(ended: Ended) -> None:
    ended.record.tamper("UPDATE agent_keys SET sign_key_encrypted = ?", bytes(60))  # as by another server.key
    await ended.keep(keep_days=1)
    ended.age(31)
    await ended.sweep()
    assert "server.key" in (await ended.session())["unremovable"]


async def test_a_log_that_its_machine_has_not_closed_stays(ended: Ended) -> None:
    ended.record.tamper("DELETE FROM checkpoints WHERE final")
    await ended.keep(keep_days=1)
    ended.age(31)
    await ended.sweep()
    assert not await ended.is_removed()


async def test_what_is_still_under_way_holds_the_output(ended: Ended) -> None:
    ended.record.tamper("UPDATE instructions SET state = 'sent'")
    await ended.keep(keep_days=1)
    ended.age(31)
    await ended.sweep()
    assert not await ended.is_removed()


async def test_two_sweeps_at_once_remove_it_once(ended: Ended) -> None:
    await ended.keep(keep_days=1)
    ended.age(31)
    await asyncio.gather(ended.sweep(), ended.sweep())
    assert (await ended.record.actions()).count("output_removed") == 1
    assert (await ended.record.verify())["verified"]


async def test_a_policy_that_changes_meanwhile_is_heeded(ended: Ended) -> None:
    await ended.limit(keep_days=1)
    ended.age(31)
    await ended.remove_as_found(before=ended.limit)
    assert not await ended.is_removed()


async def test_output_that_changed_meanwhile_stays(ended: Ended) -> None:
    await ended.limit(keep_days=1)
    ended.age(31)
    found = await ended.remove_as_found()
    stone = await ended.store.read(lambda connection: retention.tombstone(connection, found.session_id))
    assert stone is not None
    assert not await ended.store.write(lambda connection: retention.remove(connection, found, stone, "again"))


async def test_a_sweep_that_comes_second_takes_nothing_amiss(ended: Ended) -> None:
    """Two servers on one database: what the other has removed did not fail here."""
    await ended.limit(keep_days=1)
    ended.age(31)
    found = await ended.remove_as_found(before=ended.sweep)
    sweep = ended.serving.application.data_path.retention
    await sweep._leave(ended.record.agent.project_id, found, "frames are missing")  # which it read half of
    assert (await ended.session())["unremovable"] is None
    actions = await ended.record.actions()
    assert (actions.count("output_removed"), actions.count("output_not_removed")) == (1, 0)


async def test_a_tombstone_that_was_tampered_with_is_named(ended: Ended) -> None:
    await ended.remove()
    for column, value in (("bytes", 1), ("removed_ms", 1), ("batches", 9), ("kept", 1), ("cause", "size")):
        with ended.store.engines[0].connect() as connection:
            before = connection.execute(select(tombstones.c[column])).scalar_one()
        ended.record.tamper(f"UPDATE tombstones SET {column} = ?", value)
        assert "changed or signed by somebody else" in (await ended.record.verify())["problem"], column
        ended.record.tamper(f"UPDATE tombstones SET {column} = ?", before)
    assert (await ended.record.verify())["verified"]
    ended.record.tamper("DELETE FROM tombstones")
    assert not (await ended.record.verify())["verified"]


async def test_who_may_say_what_is_kept(ended: Ended) -> None:
    operator = await ended.people.member(ended.record.agent.project_id, "operator", ended.record.owner)
    stranger = await ended.people.stranger()
    await operator.ask("GET", ended.path)
    await operator.ask("PUT", ended.path, {"keep_days": 1}, expect=403)
    for method, path, body in (
        ("GET", ended.path, None),
        ("PUT", ended.path, {}),
        ("GET", f"{ended.path}/preview", None),
    ):
        await stranger.ask(method, path, body, expect=404)
    await ended.record.owner.ask("PUT", ended.path, {"keep_days": 0}, expect=422)


async def test_old_lines_of_the_audit_log_go_where_the_server_is_told_so(start_server: StartServer) -> None:
    serving = await start_server(audit_days=10)
    people = People(serving)
    owner = await people.owner()
    assert await owner.ask("GET", "/audit")
    store = serving.application.parts.store
    older = update(audit).values(at_ms=audit.c.at_ms - 11 * DAY_MS)
    await store.write(lambda connection: connection.execute(older).rowcount)
    await serving.application.data_path.retention.sweep()
    assert await owner.ask("GET", "/audit") == []
    await people.close()
