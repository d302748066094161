"""The server stops, or its database does, while sessions stream and people ask."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scripts.with_postgres import private_cluster
from tests.faults.case import Case
from tests.faults.product import STREAMS, Product, running_product


class Asker:
    """Somebody who looks at one session all the time, and counts what the answers were."""

    def __init__(self, product: Product, session_id: str) -> None:
        self._product = product
        self._session_id = session_id
        self.answers: Counter[str] = Counter()
        self.changed = asyncio.Event()

    async def run(self) -> None:
        while True:
            self.answers[await self._product.look(f"/sessions/{self._session_id}")] += 1
            self.changed.set()
            await asyncio.sleep(0.01)

    async def until(self, answer: str) -> None:
        """Wait for one more answer of a kind."""
        before = self.answers[answer]
        while self.answers[answer] == before:
            self.changed.clear()
            await self.changed.wait()


@asynccontextmanager
async def asking(product: Product, session_id: str) -> AsyncIterator[Asker]:
    asker = Asker(product, session_id)
    task = asyncio.create_task(asker.run())
    try:
        yield asker
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.fault("S9", usually=2)
async def test_a_server_that_is_stopped_under_load_answers_what_it_took_and_tells_agents_when_to_return(
    case: Case, product: Product
) -> None:
    sessions = [await product.start_session(STREAMS) for _ in range(3)]
    for session_id in sessions:
        await product.until_state(session_id, "running")
    async with asking(product, sessions[0]) as asker:
        for _ in case.each():
            await asker.until("200")
            product.signal("server", signal.SIGTERM)
            assert await product.died("server") == 0
            begun = time.monotonic()
            await product.start_server()
            await product.online()
            await asker.until("200")
            case.recovered(time.monotonic() - begun)
    # Nothing but answers, "come back soon" while it drains, and a port where nobody listens yet.
    assert set(asker.answers) <= {"200", "503", "no answer"}, asker.answers
    assert product.output("agent").count("The server ended the link: The server is restarting.") == case.done
    for session_id in sessions:
        case.judge(*await product.stopped_emitting(session_id))
        assert await product.is_verified(session_id)


@pytest.mark.fault("S4", usually=2)
async def test_a_database_that_crashes_under_load_loses_nothing_that_was_acknowledged(
    case: Case, tmp_path: Path
) -> None:
    with private_cluster() as cluster:
        product = Product(tmp_path / "product", case=case, server_environment={"DATABASE_URL": cluster.url})
        async with running_product(product):
            session_id = await product.start_session(STREAMS)
            await product.until_state(session_id, "running")
            async with asking(product, session_id) as asker:
                for _ in case.each():
                    await asker.until("200")
                    await asyncio.to_thread(cluster.stop_at_once)
                    await asker.until("503")
                    begun = time.monotonic()
                    await asyncio.to_thread(cluster.start)
                    await asker.until("200")
                    await product.online()
                    before = (await product.session(session_id))["last_seq"]

                    async def goes_on(before: int = before) -> bool:
                        return bool((await product.session(session_id))["last_seq"] > before)

                    await product.until(goes_on)
                    case.recovered(time.monotonic() - begun)
            assert set(asker.answers) <= {"200", "503"}, asker.answers
            case.judge(*await product.stopped_emitting(session_id))
            assert await product.is_verified(session_id)
