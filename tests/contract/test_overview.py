"""What is said of all sessions at a glance: since when each is as it is, what they cost today, which mention a text."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.messages import EndReason, Mode, PermissionMode, SessionState
from claudios.server.projections.life import Life
from claudios.server.projections.meter import NANO, Amount, Turn, Used
from claudios.server.store import accounts, log, progress, projects, reopening, session_lists, sessions, usage
from claudios.server.store.engine import Store
from claudios.server.store.progress import Sums
from claudios.server.store.usage import Cost
from tests.contract.test_data_path_store import SUMS, World, made

RUNNING = Life(1, SessionState.RUNNING)
ENDED = Life(1, SessionState.ENDED, EndReason.EXITED)
HOUR_MS = 60 * 60 * 1000
NOON = 12 * HOUR_MS


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=True)


async def witness(world: World, life: Life, now_ms: int, ended_ms: int | None = None) -> None:
    await world.do(lambda connection: progress.observe(connection, world.session_id, life, now_ms, ended_ms=ended_ms))


async def fold(world: World, sums: Sums, now_ms: int) -> None:
    await world.do(lambda connection: progress.save_fold(connection, world.session_id, 0, b"", sums, now_ms))


async def spend(world: World, seq: int, usd: float, now_ms: int) -> None:
    """Complete a turn that cost so much."""
    turn = Turn(seq, 0, None, 1, (Used("opus", Amount(cost=round(usd * NANO))),))

    def work(connection: Connection) -> None:
        place = sessions.place(connection, world.session_id)
        assert place is not None
        usage.put(connection, place, [turn], now_ms)

    await world.do(work)


async def since(world: World) -> int:
    return (await world.session()).since_ms


async def spent(world: World, since_ms: int, user_id: str | None = None) -> list[Cost]:
    reader = user_id or world.asker.user_id
    assert reader is not None
    return await world.store.read(lambda connection: usage.costs(connection, reader, since_ms))


class TestSince:
    async def test_a_session_waits_for_its_machine_since_it_was_asked_for(self, world: World) -> None:
        assert await since(world) == 1

    async def test_it_works_since_its_log_says_so_whenever_that_is_read(self, world: World) -> None:
        await witness(world, RUNNING, 50)
        assert await since(world) == 50
        await fold(world, replace(SUMS, activity="working", activity_ms=60), 9000)
        assert await since(world) == 60
        await fold(world, replace(SUMS, activity="working", activity_ms=60, output_tokens=7), 9500)
        assert await since(world) == 60
        await fold(world, replace(SUMS, activity="idle", activity_ms=70), 9600)
        assert await since(world) == 70

    @pytest.mark.parametrize("off_ms", [HOUR_MS, -HOUR_MS])
    async def test_a_machine_whose_clock_is_an_hour_off_makes_it_no_later_than_heard_of_and_no_earlier_than_asked_for(
        self, world: World, off_ms: int
    ) -> None:
        place = await world.place()
        batch = world.output().batch(1, b"one\n")
        await world.do(lambda connection: log.append(connection, world.source(), batch, 5_000))
        working = replace(SUMS, activity="working", activity_ms=5_000 + off_ms, activity_seq=place.last_seq + 1)
        for now_ms in (5_010, 5_500, 9 * HOUR_MS):  # the last one as if it were folded anew much later
            await fold(world, working, now_ms)
            assert await since(world) == (5_000 if off_ms > 0 else 1)

    async def test_a_witness_that_comes_after_the_log_changes_nothing_about_it(self, world: World) -> None:
        await fold(world, replace(SUMS, activity="working", activity_ms=60), 100)
        await witness(world, RUNNING, 200)
        assert await since(world) == 60

    async def test_it_has_ended_since_its_machine_says_so_and_a_late_fold_does_not_undo_that(
        self, world: World
    ) -> None:
        await witness(world, RUNNING, 50)
        await witness(world, ENDED, 500, ended_ms=400)
        assert await since(world) == 400
        await fold(world, replace(SUMS, activity="working", activity_ms=60), 600)
        assert await since(world) == 400

    async def test_a_resumed_session_waits_since_it_was_resumed(self, world: World) -> None:
        await witness(world, ENDED, 500)
        await world.do(lambda connection: reopening.reopen(connection, world.session_id, 1, Mode.CHAT, 800))
        assert await since(world) == 800


class TestCosts:
    async def test_what_a_session_cost_since_a_time_is_that_of_its_turns(self, world: World) -> None:
        await spend(world, 1, 1.0, NOON)
        await spend(world, 2, 0.5, NOON + 1)
        await spend(world, 3, 0.25, NOON + HOUR_MS)
        assert await spent(world, NOON + HOUR_MS) == [Cost(session_id=world.session_id, cost_usd=0.25)]
        assert await spent(world, NOON) == [Cost(session_id=world.session_id, cost_usd=1.75)]
        assert await spent(world, NOON + 2 * HOUR_MS) == []

    async def test_what_other_projects_cost_is_not_told(self, world: World) -> None:
        await spend(world, 1, 2.0, NOON)
        stranger = await world.do(lambda connection: accounts.create(connection, "bob", None, 1))
        await world.do(lambda connection: projects.create(connection, stranger.id, "another", 1))
        assert await spent(world, NOON, stranger.id) == []


class TestList:
    async def test_sessions_are_found_by_what_is_said_of_them(self, world: World) -> None:
        await fold(world, replace(SUMS, last_text="Fixed 100% of the Tests"), 5)
        await world.do(lambda connection: sessions.retitle(connection, world.session_id, "Mend the fence, ÇA VA"))

        async def found(text: str) -> int:
            reader = world.asker.user_id
            assert reader is not None
            return len(await world.store.read(lambda connection: session_lists.visible(connection, reader, text=text)))

        assert [await found(text) for text in ("FENCE", "/work", "the tests", "100%", "ça va")] == [1] * 5
        assert [await found(text) for text in ("hedge", "1%0", "%", str(uuid4()))] == [0, 0, 1, 0]

    async def test_those_of_one_millisecond_are_read_page_by_page(self, world: World) -> None:
        reader = world.asker.user_id
        assert reader is not None
        place = await world.place()

        def create(connection: Connection) -> None:
            for _ in range(6):
                new = sessions.NewSession(
                    str(uuid4()), place.project_id, place.agent_id, "", Mode.CHAT, "/work", None, PermissionMode.DEFAULT
                )
                sessions.create(connection, new, reader, 1)

        await world.do(create)
        ids: list[str] = []
        last: str | None = None
        while last is not None or not ids:
            page = await world.store.read(
                lambda connection, last=last: session_lists.visible(  # type: ignore[misc]
                    connection, reader, before_ms=None if last is None else 1, before_id=last, limit=3
                )
            )
            ids += [session.id for session in page]
            last = page[-1].id if page else None
        assert len(ids) == len(set(ids)) == 7

    async def test_ended_ones_are_told_from_those_that_are_not(self, world: World) -> None:
        async def found(*, is_ended: bool) -> list[str]:
            reader = world.asker.user_id
            assert reader is not None
            listed = await world.store.read(
                lambda connection: session_lists.visible(connection, reader, is_ended=is_ended)
            )
            return [session.id for session in listed]

        assert (await found(is_ended=False), await found(is_ended=True)) == ([world.session_id], [])
        await witness(world, ENDED, 500)
        assert (await found(is_ended=False), await found(is_ended=True)) == ([], [world.session_id])
