"""The outbox on each database: told once, to whom it may concern, when it is still so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, func, select, update

from claudios.protocol.errors import Conflict, Expired
from claudios.protocol.messages import EndReason, Outcome, Report, SessionState
from claudios.server.instructions import accept, outcome
from claudios.server.instructions.accept import Accepted, Decision
from claudios.server.projections.life import Life
from claudios.server.store import (
    accounts,
    announcements,
    answer_links,
    channels,
    lives,
    looks,
    notification_settings,
    notifications,
    projects,
    requests,
    tables,
)
from claudios.server.store.channels import NewChannel, Way, new_channel_id
from claudios.server.store.engine import Store
from claudios.server.store.notification_settings import Kind, NotificationSettings
from claudios.server.store.notifications import LEASE_MS, LOOK_AGAIN_MS, Due, Notification, State
from claudios.server.store.projects import Role
from claudios.server.store.requests import NewRequest, Request
from tests.contract.test_data_path_store import World, made

NOW = 1_800_000_000_000
EVERYTHING = NotificationSettings(delay_seconds=0, silent=True)


@dataclass(frozen=True)
class Told:
    """A session whose owner has an ntfy topic."""

    world: World
    user_id: str
    channel_id: str

    async def ask(self, request_id: str = "r1", kind: str = "permission", now_ms: int = NOW, **wanted: str) -> None:
        """Have the session ask for something, as the fold of its log keeps that."""
        await self.world.do(lambda connection: ask(connection, self.world.session_id, request_id, kind, now_ms, wanted))

    async def claim(self, now_ms: int = NOW) -> list[Due]:
        return await self.world.do(lambda connection: notifications.claim(connection, 10, now_ms))

    async def log(self) -> list[Notification]:
        return await self.world.store.read(lambda connection: notifications.of_user(connection, self.user_id))

    async def states(self) -> list[State]:
        return [each.state for each in await self.log()]

    async def rows(self, channel_id: str) -> list[tuple[str, str]]:
        """Return state and problem of each notification of a channel."""
        table = tables.notifications
        wanted = select(table.c.state, table.c.problem).where(table.c.channel_id == channel_id)
        return [
            (row.state, row.problem)
            for row in await self.world.store.read(lambda connection: connection.execute(wanted).all())
        ]

    async def choose(self, settings: NotificationSettings) -> None:
        await self.world.do(lambda connection: notification_settings.put(connection, self.user_id, settings))

    async def end(self, reason: EndReason, now_ms: int = NOW) -> None:
        life = Life(1, SessionState.ENDED, reason, "exit status 3")
        await self.world.do(lambda connection: lives.witness(connection, self.world.session_id, life, now_ms))


def ask(
    connection: Connection, session_id: str, request_id: str, kind: str, now_ms: int, wanted: dict[str, str]
) -> None:
    given = orjson.dumps(wanted or {"command": "ls"}).decode()
    new = NewRequest(request_id, 1, kind, "Bash", "Bash", given, None, "[]", None, None, None, None, now_ms)
    if requests.add(connection, session_id, new):
        announcements.asked(connection, session_id, new, now_ms)


def channel(
    connection: Connection, way: Way = Way.NTFY, *, user_id: str | None = None, project_id: str | None = None
) -> str:
    new = NewChannel(
        new_channel_id(),
        way,
        "phone",
        "https://ntfy.sh/x",
        None,
        "https://claudios.example.org",
        user_id=user_id,
        project_id=project_id,
    )
    return channels.add(connection, new, NOW).id


@pytest.fixture
async def told(store: Store) -> Told:
    world = await made(store, is_connected=True)
    user_id = world.asker.user_id
    assert user_id is not None
    channel_id = await world.do(lambda connection: channel(connection, user_id=user_id))
    found = Told(world, user_id, channel_id)
    await found.choose(EVERYTHING)
    return found


@pytest.fixture
def second(store: Store, database_url: str) -> Iterator[Store]:
    """Another server's store on the same database."""
    opened = Store(database_url)
    yield opened
    opened.close()


class TestOnce:
    async def test_a_question_is_told_of_once_on_each_channel_however_often_the_log_is_folded(self, told: Told) -> None:
        await told.world.do(lambda connection: channels.add(connection, _other(told), NOW))
        for _ in range(2):
            await told.ask()
        first = NewRequest("r1", 1, "permission", "Bash", "Bash", "{}", None, "[]", None, None, None, None, NOW)
        await told.world.do(lambda connection: announcements.asked(connection, told.world.session_id, first, NOW))
        due = await told.claim()
        assert len(due) == 2
        assert len({each.channel_id for each in due}) == 2
        assert {each.request_id for each in due} == {"r1"}

    async def test_two_servers_that_look_at_once_send_each_notification_once(self, told: Told, second: Store) -> None:
        for number in range(12):
            await told.ask(f"r{number}")

        async def take(store: Store) -> list[str]:
            taken: list[str] = []
            while found := await store.write(lambda connection: notifications.claim(connection, 3, NOW)):
                taken += [each.id for each in found]
            return taken

        taken = await asyncio.gather(take(told.world.store), take(second), take(told.world.store), take(second))
        every = [each for one in taken for each in one]
        assert len(every) == len(set(every)) == 12

    async def test_what_a_dead_server_took_with_it_is_sent_by_another_and_who_is_late_is_not_heard(
        self, told: Told
    ) -> None:
        await told.ask()
        (first,) = await told.claim()
        assert await told.claim(NOW + LEASE_MS - 1) == []
        (again,) = await told.claim(NOW + LEASE_MS)
        assert (again.id, again.attempt) == (first.id, 2)
        await told.world.do(lambda connection: settle(connection, first, "It failed."))
        assert await told.states() == [State.PENDING]
        await told.world.do(lambda connection: settle(connection, again, None))
        assert await told.states() == [State.SENT]
        assert await told.claim(NOW + 10 * LEASE_MS) == []

    async def test_a_failure_is_tried_again_when_that_is_due_and_the_last_one_is_kept(self, told: Told) -> None:
        await told.ask()
        (due,) = await told.claim()
        await told.world.do(lambda connection: settle(connection, due, "It answered 500.", again_ms=NOW + 7))
        assert await told.world.store.read(notifications.next_due_ms) == NOW + 7
        assert await told.claim(NOW + 6) == []
        (due,) = await told.claim(NOW + 7)
        await told.world.do(lambda connection: settle(connection, due, "It answered 500."))
        (kept,) = await told.log()
        assert (kept.state, kept.attempts, kept.problem) == (State.FAILED, 2, "It answered 500.")
        (shown,) = await told.world.store.read(lambda connection: channels.of_user(connection, told.user_id))
        assert shown.problem == "It answered 500."


class TestStillSo:
    async def test_what_is_answered_before_the_delay_ends_is_withdrawn(self, told: Told) -> None:
        await told.choose(EVERYTHING.model_copy(update={"delay_seconds": 30}))
        await told.ask()
        assert await told.claim(NOW + 29_999) == []
        place = await told.world.place()

        def answer(connection: Connection) -> Accepted[Request]:
            return accept.answer(connection, place, "r1", Decision("allow"), told.world.asker, NOW)

        await told.world.do(answer)
        assert await told.claim(NOW + 30_000) == []
        assert await told.states() == [State.WITHDRAWN]

    async def test_what_waits_again_because_the_answer_was_lost_is_told_of_again(self, told: Told) -> None:
        """Who had answered heard no more of it, and Claude waited on."""
        await told.ask()
        (first,) = await told.claim()
        await told.world.do(lambda connection: settle(connection, first, None))
        place = await told.world.place()

        def answer(connection: Connection) -> str | None:
            accept.answer(connection, place, "r1", Decision("allow"), told.world.asker, NOW)
            return connection.execute(select(tables.requests.c.instruction_id)).scalar()

        lost = Report(instruction_id=await told.world.do(answer) or "", outcome=Outcome.EXPIRED)
        for _ in range(2):
            await told.world.do(lambda connection: outcome.settle(connection, place.agent_id, lost, NOW))
        (again,) = await told.claim()
        assert (again.kind, again.request_id, again.text) == (Kind.WAITS, "r1", first.text)
        assert again.links is not None

    async def test_a_session_that_ends_withdraws_what_it_asked_and_tells_how_it_ended(self, told: Told) -> None:
        await told.ask()
        await told.end(EndReason.FAILED)
        (due,) = await told.claim()
        assert (due.kind, due.text) == (Kind.FAILED, "The session failed. exit status 3")
        await told.end(EndReason.FAILED)
        assert await told.claim() == []

    async def test_only_the_newest_turn_is_told_of_and_not_while_claude_works_again(self, told: Told) -> None:
        session_id = told.world.session_id

        async def finish(turns: int, activity: str) -> None:
            def work(connection: Connection) -> None:
                values = {"turns": turns, "activity": activity, "state": "running"}
                connection.execute(update(tables.sessions).where(tables.sessions.c.id == session_id).values(**values))
                announcements.finished(connection, session_id, turns, "All done.", NOW)

            await told.world.do(work)

        await finish(1, "idle")
        await finish(2, "idle")
        assert await told.claim(NOW) == []
        (due,) = await told.claim(NOW + announcements.SETTLE_MS)
        assert (due.kind, due.text) == (Kind.FINISHED, "Claude has finished: All done.")
        await finish(3, "working")
        assert await told.claim(NOW + announcements.SETTLE_MS) == []

    async def test_of_two_times_that_claude_waits_on_its_screen_one_is_told_of(self, told: Told) -> None:
        """A person who had answered the first was told twice that Claude waits."""
        await told.choose(EVERYTHING.model_copy(update={"delay_seconds": 30}))
        hook = await told.world.do(
            lambda connection: channel(connection, Way.WEBHOOK, project_id=told.world.project_id)
        )
        await told.ask()

        async def wait(position: int, now_ms: int) -> None:
            def work(connection: Connection) -> None:
                connection.execute(update(tables.sessions).values(state="running", activity="waiting"))
                announcements.waits(connection, told.world.session_id, position, now_ms)

            await told.world.do(work)

        await wait(10, NOW)
        await wait(50, NOW + 20_000)
        due = await told.claim(NOW + 60_000)
        assert [each.topic for each in due if each.request_id is None and each.channel_id != hook] == [
            f"{told.world.session_id} screen 50"
        ]
        assert [each.request_id for each in due if each.channel_id == told.channel_id].count("r1") == 1
        assert len([each for each in due if each.channel_id == hook]) == 3

    async def test_of_two_ends_of_a_session_the_last_is_told_of(self, told: Told) -> None:
        await told.choose(EVERYTHING.model_copy(update={"delay_seconds": 30}))
        await told.end(EndReason.LOST)
        await told.world.do(
            lambda connection: connection.execute(update(tables.sessions).values(epoch=2, state="running"))
        )
        life = Life(2, SessionState.ENDED, EndReason.EXITED)
        await told.world.do(lambda connection: lives.witness(connection, told.world.session_id, life, NOW))
        assert [each.kind for each in await told.claim(NOW + 30_000)] == [Kind.ENDED]

    async def test_an_end_that_was_none_keeps_nobody_from_hearing_of_the_real_one(self, told: Told) -> None:
        """A machine given up with its start came back, and nobody was told when that session ended."""
        await told.end(EndReason.FAILED)
        assert [each.kind for each in await told.claim()] == [Kind.FAILED]
        hook = await told.world.do(
            lambda connection: channel(connection, Way.WEBHOOK, project_id=told.world.project_id)
        )

        def come_back(connection: Connection) -> None:
            connection.execute(update(tables.sessions).values(state="running"))
            announcements.end_was_none(connection, told.world.session_id, 1, NOW)

        await told.world.do(come_back)
        await told.end(EndReason.EXITED)
        assert {(each.kind, each.channel_id) for each in await told.claim()} == {
            (Kind.ENDED, told.channel_id),
            (Kind.ENDED, hook),
        }

    async def test_an_end_that_was_none_is_not_told_of_any_more(self, told: Told) -> None:
        await told.end(EndReason.FAILED)
        await told.world.do(lambda connection: announcements.end_was_none(connection, told.world.session_id, 1, NOW))
        assert await told.claim() == []
        assert await told.states() == [State.WITHDRAWN]

    async def test_who_is_no_member_any_more_is_told_nothing(self, told: Told) -> None:
        world = told.world

        def add(connection: Connection) -> str:
            user = accounts.create(connection, "bob", None, 1)
            projects.put_member(connection, world.project_id, user.id, Role.VIEWER, 1)
            notification_settings.put(connection, user.id, EVERYTHING)
            channel(connection, user_id=user.id)
            return user.id

        bob = await world.do(add)
        await told.ask()
        await world.do(lambda connection: projects.remove_member(connection, world.project_id, bob))
        assert [each.channel_id for each in await told.claim()] == [told.channel_id]

    async def test_members_of_other_projects_are_told_nothing(self, told: Told) -> None:
        def add(connection: Connection) -> None:
            user = accounts.create(connection, "eve", None, 1)
            projects.create(connection, user.id, "elsewhere", 1)
            channel(connection, user_id=user.id)

        await told.world.do(add)
        await told.ask()
        rows = await told.world.store.read(
            lambda connection: connection.execute(select(tables.notifications.c.channel_id)).scalars().all()
        )
        assert rows == [told.channel_id]

    async def test_a_silence_is_told_of_once_and_is_over_with_the_next_word(self, told: Told) -> None:
        minutes = EVERYTHING.silent_minutes * 60_000

        async def work(last_seq: int) -> None:
            values = {"state": "running", "activity": "working", "last_seq": last_seq, "updated_ms": NOW}
            await told.world.do(lambda connection: connection.execute(update(tables.sessions).values(**values)))

        await work(5)
        for _ in range(2):
            await told.world.do(lambda connection: tell_silence(connection, NOW + minutes - 1))
            assert await told.claim(NOW + minutes) == []
        for _ in range(2):
            await told.world.do(lambda connection: tell_silence(connection, NOW + minutes))
        (due,) = await told.claim(NOW + minutes)
        assert due.kind is Kind.SILENT
        assert await told.world.store.read(lambda connection: announcements.silent(connection, NOW + minutes)) == []
        await work(6)
        await told.world.do(lambda connection: tell_silence(connection, NOW + minutes))
        await work(7)
        assert await told.claim(NOW + minutes) == []


class TestQuiet:
    async def test_what_one_looks_at_waits_until_one_looks_away(self, told: Told) -> None:
        session_id = told.world.session_id
        await told.world.do(lambda connection: looks.put(connection, "phone", told.user_id, session_id, NOW))
        await told.world.do(lambda connection: looks.put(connection, "desk", told.user_id, session_id, NOW))
        await told.world.do(lambda connection: looks.take(connection, "desk"))
        await told.ask()
        assert await told.claim(NOW) == []
        await told.world.do(lambda connection: looks.take(connection, "phone"))
        assert await told.claim(NOW + LOOK_AGAIN_MS - 1) == []
        assert len(await told.claim(NOW + LOOK_AGAIN_MS)) == 1

    async def test_a_look_that_nobody_renews_ends(self, told: Told) -> None:
        session_id = told.world.session_id
        await told.world.do(lambda connection: looks.put(connection, "phone", told.user_id, session_id, NOW))
        await told.ask()
        assert await told.claim(NOW + looks.LASTS_MS - 1) == []
        assert len(await told.claim(NOW + looks.LASTS_MS + LOOK_AGAIN_MS)) == 1

    async def test_an_end_that_one_sees_is_not_told_of_later(self, told: Told) -> None:
        session_id = told.world.session_id
        await told.world.do(lambda connection: looks.put(connection, "desk", told.user_id, session_id, NOW))
        await told.end(EndReason.EXITED)
        assert await told.claim() == []
        assert await told.states() == [State.WITHDRAWN]

    async def test_what_comes_in_quiet_hours_waits_for_their_end(self, told: Told) -> None:
        minute = NOW // 60_000 % 1440
        await told.choose(
            EVERYTHING.model_copy(update={"quiet_from": (minute - 5) % 1440, "quiet_until": (minute + 5) % 1440})
        )
        await told.ask()
        assert await told.claim(NOW) == []
        due_ms = await told.world.store.read(notifications.next_due_ms)
        assert due_ms is not None
        assert due_ms == (NOW // 60_000 + 5) * 60_000
        assert len(await told.claim(due_ms)) == 1

    @pytest.mark.parametrize(
        "change", [{"waits": False}, {"only_mine": True}, {"muted": True}], ids=["kind", "mine", "project"]
    )
    async def test_what_one_does_not_want_is_not_told(self, told: Told, change: dict[str, bool]) -> None:
        values: dict[str, object] = dict(change)
        if values.pop("muted", False):
            values["muted_projects"] = (told.world.project_id,)
        await told.choose(EVERYTHING.model_copy(update=values))
        if "only_mine" in values:
            await told.world.do(lambda connection: connection.execute(update(tables.sessions).values(created_by=None)))
        await told.ask()
        assert await told.claim() == []
        await told.choose(EVERYTHING)
        await told.ask("r2")
        assert len(await told.claim()) == 1


class TestAnswerable:
    async def test_a_button_is_offered_only_where_all_that_is_asked_is_shown(self, told: Told) -> None:
        await told.ask("short", command="rm -r build")
        await told.ask("long", command="x" * 1000)
        await told.ask("hidden", command="rm \u202e build")
        cut: dict[str, Any] = {"command": "ls", "…": "3 more"}
        await told.ask("cut", **cut)
        await told.ask("question", "question")
        due = {each.request_id: each for each in await told.claim()}
        assert [name for name, each in due.items() if each.is_answerable] == ["short"]
        assert [name for name, each in due.items() if each.links is not None] == ["short"]
        assert due["short"].text == "Bash:\nrm -r build"
        assert "⟨U+202E⟩" in due["hidden"].text

    @pytest.mark.parametrize(
        "command",
        ["x" * 120, "ls\nrm -r build", "ls      rm -r build", "ls\trm", "ls \u2003rm", "ls \u3164rm"],
        ids=["long", "lines", "spaces", "tab", "wide", "blank letter"],
    )
    async def test_what_a_phone_may_not_show_has_no_button(self, told: Told, command: str) -> None:
        await told.ask("unseen", command=command)
        await told.ask("seen", command="ls", description="Lists\nfiles")
        assert {each.request_id: each.is_answerable for each in await told.claim()} == {"unseen": False, "seen": True}

    @pytest.mark.parametrize(
        ("known", "value", "is_answerable"),
        [
            ("blocked_path", "/etc", False),
            ("blocked_path", "/work", False),
            ("blocked_path", "/workshop/a.txt", False),
            ("blocked_path", "/work/../etc/passwd", False),
            ("blocked_path", "/work/a.txt", True),
            ("subagent", "explorer", False),
            ("mcp_server", "mail", False),
        ],
    )
    async def test_what_one_needs_to_know_more_of_has_no_button(
        self, told: Told, known: str, value: str, is_answerable: bool
    ) -> None:
        given = NewRequest(
            "r1", 1, "permission", "Bash", "Bash", '{"command":"ls"}', None, "[]", None, None, None, None, NOW
        )
        asked = replace(given, **{known: value})  # type: ignore[arg-type]  # each of them is text
        session_id = told.world.session_id

        def put(connection: Connection) -> None:
            connection.execute(update(tables.sessions).values(directory="/work"))
            requests.add(connection, session_id, asked)
            announcements.asked(connection, session_id, asked, NOW)

        await told.world.do(put)
        (due,) = await told.claim()
        assert due.is_answerable == is_answerable

    async def test_a_viewer_is_told_and_offered_nothing_to_press(self, told: Told) -> None:
        world = told.world

        def add(connection: Connection) -> str:
            user = accounts.create(connection, "bob", None, 1)
            projects.put_member(connection, world.project_id, user.id, Role.VIEWER, 1)
            notification_settings.put(connection, user.id, EVERYTHING)
            return channel(connection, user_id=user.id)

        theirs = await world.do(add)
        await told.ask()
        assert {each.channel_id: each.is_answerable for each in await told.claim()} == {
            told.channel_id: True,
            theirs: False,
        }

    async def test_a_link_works_once_and_not_for_ever(self, told: Told) -> None:
        await told.ask()
        (due,) = await told.claim()
        assert due.links is not None
        allow, deny = due.links
        found = await told.world.do(lambda connection: answer_links.use(connection, allow, NOW))
        assert (found.user_id, found.request_id, found.behavior) == (told.user_id, "r1", "allow")
        with pytest.raises(Expired):
            await told.world.do(lambda connection: answer_links.use(connection, allow, NOW))
        with pytest.raises(Expired):
            await told.world.do(lambda connection: answer_links.use(connection, deny, NOW + answer_links.LASTS_MS))

    async def test_with_a_topic_go_the_links_that_were_sent_to_it(self, told: Told) -> None:
        await told.ask()
        (due,) = await told.claim()
        assert due.links is not None
        allow, _ = due.links
        await told.world.do(lambda connection: channels.remove(connection, told.channel_id))
        with pytest.raises(Expired):
            await told.world.do(lambda connection: answer_links.use(connection, allow, NOW))

    async def test_no_secret_of_a_link_is_kept(self, told: Told) -> None:
        await told.ask()
        (due,) = await told.claim()
        assert due.links is not None
        rows = await told.world.store.read(lambda connection: connection.execute(select(tables.answer_links)).all())
        assert len(rows) == 2
        assert not any(secret in str(rows) for secret in due.links)


class TestFaults:
    @pytest.mark.parametrize("is_bad_zone", [True, False], ids=["time zone", "kind"])
    async def test_a_row_that_cannot_be_read_fails_and_keeps_no_other_back(self, told: Told, is_bad_zone: bool) -> None:
        world = told.world
        hook = await world.do(lambda connection: channel(connection, Way.WEBHOOK, project_id=world.project_id))
        if is_bad_zone:
            await told.choose(
                EVERYTHING.model_copy(update={"quiet_from": 1, "quiet_until": 2, "time_zone": "Nowhere/At all"})
            )
        await told.ask()
        if not is_bad_zone:
            table = tables.notifications
            await world.do(
                lambda connection: connection.execute(
                    update(table).where(table.c.channel_id == told.channel_id).values(kind="unheard")
                )
            )
        assert [each.channel_id for each in await told.claim()] == [hook]
        assert await told.rows(told.channel_id) == [("failed", notifications.BROKEN)]

    async def test_what_no_server_lives_to_settle_fails_once_its_tries_are_used_up(self, told: Told) -> None:
        await told.ask()
        for attempt in range(1, len(notifications.AGAIN_MS[Way.NTFY]) + 2):
            (due,) = await told.claim(NOW + attempt * LEASE_MS)
            assert due.attempt == attempt
        assert await told.claim(NOW + 9 * LEASE_MS) == []
        ((state, problem),) = await told.rows(told.channel_id)
        assert state == "failed"
        assert "5 times" in problem

    async def test_a_channel_with_much_to_send_leaves_the_others_their_turn(self, told: Told) -> None:
        for number in range(4):
            await told.ask(f"r{number}")

        def take(connection: Connection) -> list[Due]:
            return notifications.claim(connection, 2, NOW, {told.channel_id: 1}, 2)

        assert len(await told.world.do(take)) == 1
        other = await told.world.do(lambda connection: channels.add(connection, _other(told), NOW))
        await told.ask("r9")

        def take_more(connection: Connection) -> list[Due]:
            return notifications.claim(connection, 2, NOW, {told.channel_id: 2}, 2)

        assert [each.channel_id for each in await told.world.do(take_more)] == [other.id]
        full = [told.channel_id, other.id]
        assert await told.world.store.read(lambda connection: notifications.next_due_ms(connection, full)) is None


class TestWebhooks:
    async def test_a_webhook_is_told_of_each_turn_at_once(self, told: Told) -> None:
        world = told.world
        hook = await world.do(lambda connection: channel(connection, Way.WEBHOOK, project_id=world.project_id))
        for turn in (1, 2):
            await world.do(
                lambda connection, turn=turn: announcements.finished(connection, world.session_id, turn, None, NOW)  # type: ignore[misc]
            )
        assert [each.channel_id for each in await told.claim(NOW)] == [hook, hook]
        assert sorted(state for state, _ in await told.rows(told.channel_id)) == ["pending", "withdrawn"]

    async def test_a_webhook_is_told_at_once_whoever_looks_and_again_when_asked(self, told: Told) -> None:
        world = told.world
        hook = await world.do(lambda connection: channel(connection, Way.WEBHOOK, project_id=world.project_id))
        await world.do(lambda connection: looks.put(connection, "desk", told.user_id, world.session_id, NOW))
        await told.ask()
        (due,) = await told.claim()
        assert (due.channel_id, due.is_answerable, due.links) == (hook, False, None)
        with pytest.raises(Conflict):
            await world.do(lambda connection: notifications.send_again(connection, hook, due.id, NOW))
        await world.do(lambda connection: settle(connection, due, None))
        await world.do(lambda connection: notifications.send_again(connection, hook, due.id, NOW))
        (again,) = await told.claim()
        assert (again.id, again.text) == (due.id, due.text)

    async def test_what_was_settled_long_ago_is_forgotten(self, told: Told) -> None:
        await told.ask()
        (due,) = await told.claim()
        await told.world.do(lambda connection: settle(connection, due, None))
        for later, left in ((notifications.KEPT_MS, 1), (notifications.KEPT_MS + 1, 0)):
            await told.world.do(lambda connection, later=later: notifications.forget(connection, NOW + later))  # type: ignore[misc]
            count = await told.world.store.read(
                lambda connection: connection.execute(select(func.count()).select_from(tables.notifications)).scalar()
            )
            assert count == left


def tell_silence(connection: Connection, now_ms: int) -> None:
    announcements.silences(connection, announcements.silent(connection, now_ms), now_ms)


def settle(connection: Connection, due: Due, problem: str | None, again_ms: int | None = None) -> None:
    notifications.settle(connection, due, NOW, status=200, problem=problem, again_ms=again_ms)


def _other(told: Told) -> NewChannel:
    return NewChannel(
        new_channel_id(), Way.PUSH, "Firefox", "https://push.example.org", b"", "https://x", user_id=told.user_id
    )
