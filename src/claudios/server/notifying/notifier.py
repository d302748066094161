"""Sends what is due in the outbox.

While the database is away it tries again; a receiver that is away delays nobody else, and a notification that the
server fails at ends nothing but itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import AddressForbidden, ClaudiosError, Unavailable, Unreachable
from claudios.server.bus.topics import OVERVIEW, Bus, Changed
from claudios.server.keys import ServerKey
from claudios.server.notifying import ntfy, push, webhooks
from claudios.server.notifying.outgoing import Answer, Outgoing
from claudios.server.notifying.push import Subscription
from claudios.server.store import announcements, channels, dead_webhooks, notifications
from claudios.server.store.channels import Way
from claudios.server.store.notifications import Due
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)


AT_ONCE = 32
PER_CHANNEL_AT_ONCE = 2
LONGEST_SLEEP_SECONDS = 5.0
"""Another server may have put something into the outbox, of which nothing here tells."""
APART_SECONDS = 0.25
"""How long one look is after another at the least: where much changes, one sees the work of many."""
RETRY_SECONDS = 2.0
BROKEN_SECONDS = 10.0
SWEEP_SECONDS = 60.0
FORGET_SECONDS = 60 * 60.0
FINISH_SECONDS = 15.0
"""How long what is being sent has to finish when the server stops."""
SECOND_MS = 1_000
_NEWS = ('{"type":"request"', '{"type":"session"')


class Notifier:
    """Sends notifications until it is cancelled; what it was sending then is sent again by whoever is there."""

    def __init__(
        self, store: Transactions, bus: Bus, key: ServerKey, outgoing: Outgoing, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._key = key
        self._outgoing = outgoing
        self._now_ms = now_ms
        self._wake = asyncio.Event()
        self._sending: dict[asyncio.Task[None], str] = {}  # and on which channel
        self._sweep_at = self._forget_at = 0.0
        bus.subscribe(OVERVIEW, self._hear)

    def wake(self) -> None:
        """Look at the outbox soon."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, again and again. Ends only by cancellation, once what was being sent has had its time."""
        try:
            while True:
                self._wake.clear()
                await self._sweep()
                try:
                    seconds = await self._send_due()
                except Unavailable as problem:
                    log.warning("notifications_postponed", problem=problem.message)
                    seconds = RETRY_SECONDS
                except Exception:  # the rim: the server goes on
                    log.exception("notifications_failed")
                    seconds = 0.0
                    await asyncio.sleep(BROKEN_SECONDS)
                await asyncio.sleep(APART_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._wake.wait()
        finally:
            if self._sending:
                await asyncio.wait(set(self._sending), timeout=FINISH_SECONDS)
            for task in tuple(self._sending):
                task.cancel()
            await asyncio.gather(*tuple(self._sending), return_exceptions=True)
            await self._outgoing.close()

    async def _sweep(self) -> None:
        """Tell of silence and bound what waits each minute, and forget what is old each hour.

        What fails has its turn again then.
        """
        now, now_ms = asyncio.get_running_loop().time(), self._now_ms()
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_SECONDS
        try:
            silent = await self._store.read(lambda connection: announcements.silent(connection, now_ms))
            if silent:
                await self._store.write(lambda connection: announcements.silences(connection, silent, now_ms))
            if await self._store.read(dead_webhooks.overfull):
                given_up = await self._store.write(
                    lambda connection: dead_webhooks.shorten(connection, self._now_ms(), notifications.LEASE_MS)
                )
                log.warning("webhooks_behind", given_up=given_up)
            if now >= self._forget_at:
                is_all = await self._store.write(lambda connection: notifications.forget(connection, now_ms))
                self._forget_at = now + (FORGET_SECONDS if is_all else 0.0)
        except Unavailable as problem:
            log.warning("notifications_not_swept", problem=problem.message)
        except Exception:  # the rim: what is due is sent all the same
            log.exception("notifications_not_swept")

    async def _send_due(self) -> float:
        """Begin to send what is due; return in how many seconds to look again."""
        room = AT_ONCE - len(self._sending)
        due_ms = await self._next_due_ms()
        if room == 0 or due_ms is None:
            return LONGEST_SLEEP_SECONDS  # who is done wakes us
        if due_ms <= self._now_ms():
            under_way, now_ms = Counter(self._sending.values()), self._now_ms()
            claimed = await self._store.write(
                lambda connection: notifications.claim(connection, room, now_ms, under_way, PER_CHANNEL_AT_ONCE)
            )
            for due in claimed:
                task = asyncio.create_task(self._send(due), name=f"notify {due.id}")
                self._sending[task] = due.channel_id
                task.add_done_callback(self._sent)
            due_ms = await self._next_due_ms()
        if due_ms is None:
            return LONGEST_SLEEP_SECONDS
        return min(max((due_ms - self._now_ms()) / 1000, 0.0), LONGEST_SLEEP_SECONDS)

    async def _next_due_ms(self) -> int | None:
        """Return when something is due on a channel that has room."""
        under_way = Counter(self._sending.values())
        full = [channel_id for channel_id, count in under_way.items() if count >= PER_CHANNEL_AT_ONCE]
        return await self._store.read(lambda connection: notifications.next_due_ms(connection, full))

    async def _send(self, due: Due) -> None:
        """Send one, and note how that went."""
        status: int | None = None
        problem: str | None = None
        after_seconds, is_hopeless = None, False
        try:
            answer = await self._post(due)
            status, after_seconds = answer.status, answer.retry_after_seconds
            if due.way is Way.PUSH and status in (404, 410):
                await self._settle(due, partial(channels.remove, channel_id=due.channel_id))
                log.info("push_subscription_gone", channel=due.channel_id)
                return
            if not 200 <= status < 300:
                problem = f"The other side answered {status}. {answer.text[:200]}".strip()
                is_hopeless = due.way is not Way.WEBHOOK and status in (400, 401, 403, 413)
        except AddressForbidden as refused:
            problem, is_hopeless = refused.message, True
        except Unreachable as away:
            problem = away.message
        except ClaudiosError as wrong:
            problem, is_hopeless = wrong.message, True
        except Exception:  # the rim: the others go on
            log.exception("notification_broken", notification=due.id)
            problem, is_hopeless = notifications.BROKEN, True
        now = self._now_ms()
        again_ms = None if is_hopeless else _again_ms(due, now, after_seconds)
        if problem is not None:
            problem = announcements.visible(problem)  # the other side's words, of which a database takes not all
            log.warning("notification_not_sent", notification=due.id, way=due.way.value, status=status, again=again_ms)
        await self._settle(
            due,
            partial(notifications.settle, due=due, now_ms=now, status=status, problem=problem, again_ms=again_ms),
        )

    async def _settle(self, due: Due, work: Callable[[Connection], None]) -> None:
        try:
            await self._store.write(work)
        except Unavailable as problem:  # its lease ends, and it is sent again: better twice than never
            log.warning("notification_unsettled", notification=due.id, problem=problem.message)

    async def _post(self, due: Due) -> Answer:
        secret = None if due.secret_encrypted is None else self._key.unseal(due.secret_encrypted, due.channel_id)
        match due.way:
            case Way.PUSH:
                assert secret is not None, "a subscription has its keys"
                body, headers = push.message(due, Subscription.unpack(secret), self._key.push, self._now_ms())
                return await self._outgoing.post(due.address, body, headers)
            case Way.NTFY:
                url, body, headers = ntfy.message(due, None if secret is None else secret.decode())
                return await self._outgoing.post(url, body, headers)
            case Way.WEBHOOK:
                assert secret is not None, "a webhook has its secret"
                body, headers = webhooks.message(due, secret, self._now_ms())
                return await self._outgoing.post(due.address, body, headers)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.pop(task, None)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("notification_broken", exc_info=error)

    def _hear(self, change: Changed) -> None:
        if change.message.startswith(_NEWS):
            self._wake.set()


def _again_ms(due: Due, now_ms: int, after_seconds: int | None) -> int | None:
    """Return when to try again; None after the last try. The other side may ask for more time than we would give."""
    pauses = notifications.AGAIN_MS[due.way]
    if due.attempt > len(pauses):
        return None
    pause = max(pauses[due.attempt - 1], (after_seconds or 0) * SECOND_MS)
    return now_ms + int(pause * random.uniform(1.0, 1.1))
