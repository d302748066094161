"""A webhook at which nothing arrives: what waits for it is bounded, and it is stopped until something arrives again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from claudios.server.store import announcements, channels, dead_webhooks, notifications
from claudios.server.store.channels import Way
from claudios.server.store.dead_webhooks import GIVEN_UP, MOST_WAITING, STOPPED, STOPPED_AFTER, STOPPED_AFTER_MS
from claudios.server.store.engine import Store
from claudios.server.store.notification_settings import Kind
from claudios.server.store.notifications import KEPT_MS, LEASE_MS, Due, Notification, State
from tests.contract.test_data_path_store import World, made
from tests.contract.test_notifications import NOW, channel

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Hooked:
    """A session whose project has a webhook."""

    world: World
    hook: str

    async def happens(self, position: int, now_ms: int = NOW) -> None:
        await self.world.do(lambda connection: announcements.waits(connection, self.world.session_id, position, now_ms))

    async def delivers(self, now_ms: int, problem: str | None = "The other side answered 500.") -> int:
        """Settle all that is due, each for good; return how many that were."""
        due = await self.world.do(lambda connection: notifications.claim(connection, 100, now_ms))
        for each in due:
            await self.settles(each, now_ms, problem)
        return len(due)

    async def settles(self, due: Due, now_ms: int, problem: str | None, again_ms: int | None = None) -> None:
        await self.world.do(
            lambda connection: notifications.settle(
                connection, due, now_ms, status=500, problem=problem, again_ms=again_ms
            )
        )

    async def fails_once(self, now_ms: int, *, again_ms: int) -> None:
        """Have what is due fail, and be tried again at `again_ms`."""
        for each in await self.world.do(lambda connection: notifications.claim(connection, 100, now_ms)):
            await self.settles(each, now_ms, "The other side answered 500.", again_ms)

    async def shortens(self, now_ms: int) -> int:
        return await self.world.do(lambda connection: dead_webhooks.shorten(connection, now_ms, LEASE_MS))

    async def fails(self, times: int, *, until_ms: int) -> None:
        """Have as many deliveries fail, spread evenly from NOW on, the last of them at `until_ms`."""
        for number in range(times):
            at_ms = NOW + (until_ms - NOW) * number // (times - 1)
            await self.happens(number, at_ms)
            await self.delivers(at_ms)

    async def log(self) -> list[Notification]:
        return await self.world.store.read(lambda connection: notifications.of_channel(connection, self.hook, 2_000))

    async def problem(self) -> str | None:
        found = await self.world.store.read(
            lambda connection: channels.require(connection, self.hook, project_id=self.world.project_id)
        )
        return found.problem

    async def is_told(self) -> bool:
        """Say whether news are put into the outbox for it."""
        before = len(await self.log())
        await self.happens(before + 1_000_000)
        return len(await self.log()) > before


@pytest.fixture
async def hooked(store: Store) -> Hooked:
    world = await made(store, is_connected=True)
    hook = await world.do(lambda connection: channel(connection, Way.WEBHOOK, project_id=world.project_id))
    return Hooked(world, hook)


async def test_the_oldest_of_what_waits_too_much_is_given_up_and_its_history_says_so(hooked: Hooked) -> None:
    def fill(connection: object) -> None:
        for position in range(MOST_WAITING + 2):
            announcements.waits(connection, hooked.world.session_id, position, NOW + position)  # type: ignore[arg-type]

    await hooked.world.do(fill)
    assert await hooked.world.store.read(dead_webhooks.overfull) == [(hooked.hook, 2)]
    assert await hooked.shortens(NOW) == 2
    *kept, second, first = await hooked.log()
    assert {each.state for each in kept} == {State.PENDING}
    assert [(each.state, each.problem, each.created_ms) for each in (first, second)] == [
        (State.FAILED, GIVEN_UP, NOW),
        (State.FAILED, GIVEN_UP, NOW + 1),
    ]
    assert await hooked.world.store.read(dead_webhooks.overfull) == []
    assert await hooked.shortens(NOW) == 0


async def test_what_may_be_on_its_way_is_not_given_up_and_what_waits_to_be_tried_again_is(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_webhooks, "MOST_WAITING", 1)
    await hooked.happens(0, NOW - 1)
    await hooked.fails_once(NOW, again_ms=NOW + DAY_MS)
    await hooked.happens(1)
    (sending,) = await hooked.world.do(lambda connection: notifications.claim(connection, 100, NOW))
    await hooked.happens(2, NOW + 1)
    await hooked.happens(3, NOW + 1)
    assert await hooked.shortens(NOW + 1) == 3
    await hooked.settles(sending, NOW + 2, None)
    assert [each.state for each in reversed(await hooked.log())] == [
        State.FAILED,
        State.SENT,
        State.FAILED,
        State.FAILED,
    ]


async def test_what_was_given_up_for_want_of_room_stops_no_webhook(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_webhooks, "MOST_WAITING", 0)
    await hooked.happens(-1)
    await hooked.fails_once(NOW, again_ms=NOW + DAY_MS)
    assert await hooked.shortens(NOW) == 1
    await hooked.fails(STOPPED_AFTER - 1, until_ms=NOW + STOPPED_AFTER_MS)
    assert await hooked.is_told()


async def test_a_webhook_at_which_nothing_arrives_for_days_is_stopped_and_says_so(hooked: Hooked) -> None:
    await hooked.happens(-1, NOW + 2 * STOPPED_AFTER_MS)  # is put off, and waits when the webhook is stopped
    await hooked.fails(STOPPED_AFTER, until_ms=NOW + STOPPED_AFTER_MS)
    assert await hooked.problem() == STOPPED
    log = await hooked.log()
    assert [each.problem for each in log if each.kind is Kind.TEST] == [STOPPED]
    assert {each.state for each in log} == {State.FAILED}
    assert not await hooked.is_told()


@pytest.mark.parametrize(
    ("times", "until_ms"), [(STOPPED_AFTER, NOW + STOPPED_AFTER_MS - 1), (STOPPED_AFTER - 1, NOW + STOPPED_AFTER_MS)]
)
async def test_a_short_or_a_rare_failure_stops_nothing(hooked: Hooked, times: int, until_ms: int) -> None:
    await hooked.fails(times, until_ms=until_ms)
    assert await hooked.is_told()


async def test_what_arrives_in_between_begins_the_count_anew(hooked: Hooked) -> None:
    await hooked.fails(STOPPED_AFTER - 1, until_ms=NOW + STOPPED_AFTER_MS)
    await hooked.happens(100)
    assert await hooked.delivers(NOW + STOPPED_AFTER_MS, None) == 1
    await hooked.happens(101)
    await hooked.delivers(NOW + STOPPED_AFTER_MS + 1)
    assert await hooked.is_told()


async def test_a_stopped_webhook_is_so_for_ever_until_a_test_arrives(hooked: Hooked) -> None:
    now_ms = NOW + STOPPED_AFTER_MS
    await hooked.fails(STOPPED_AFTER, until_ms=now_ms)
    later_ms = now_ms + KEPT_MS + DAY_MS
    await hooked.world.do(lambda connection: notifications.forget(connection, later_ms))
    assert not await hooked.is_told()
    await hooked.world.do(lambda connection: announcements.test(connection, hooked.hook, later_ms))
    assert await hooked.delivers(later_ms) == 1
    assert (await hooked.problem(), await hooked.is_told()) == (STOPPED, False)
    later_ms += 1
    await hooked.world.do(lambda connection: announcements.test(connection, hooked.hook, later_ms))
    assert await hooked.delivers(later_ms, None) == 1
    assert (await hooked.problem(), await hooked.is_told()) == (None, True)
    stopped = [each for each in await hooked.log() if each.problem == STOPPED]
    assert [each.done_ms for each in stopped] == [later_ms]  # its history still tells
    await hooked.world.do(lambda connection: notifications.forget(connection, later_ms + KEPT_MS + 1))
    assert not any(each.problem == STOPPED for each in await hooked.log())


async def test_a_persons_own_topic_is_never_stopped(hooked: Hooked) -> None:
    user_id = hooked.world.asker.user_id
    topic = await hooked.world.do(lambda connection: channel(connection, user_id=user_id))
    for number in range(STOPPED_AFTER + 1):
        at_ms = NOW + STOPPED_AFTER_MS * number
        await hooked.world.do(lambda connection, at_ms=at_ms: announcements.test(connection, topic, at_ms))  # type: ignore[misc]
        await hooked.delivers(at_ms)
    mine = await hooked.world.store.read(lambda connection: channels.require(connection, topic, user_id=user_id))
    assert mine.problem == "The other side answered 500."
