"""What polling costs: the whole daemon as a process, idle, where WebSockets do not pass."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.helpers.agent_process import agent_home
from tests.helpers.link_server import running_link_server

pytestmark = pytest.mark.integration

INTERVAL_MS = 150
INTERVALS = 10


async def test_an_idle_agent_asks_once_in_each_interval_and_nothing_else(tmp_path: Path) -> None:
    """P-3: each request may be held for the whole interval, and is, so that no other comes before its time."""
    async with running_link_server() as server, agent_home(tmp_path, server) as home:
        await home.start("--transport", "poll", "--poll-interval", str(INTERVAL_MS))
        await server.until(lambda: server.machine_status)  # told once at the start, and then every 30 s
        before, begun = len(server.waits), time.monotonic()
        await server.until(lambda: len(server.waits) > before + INTERVALS)
        took_seconds = time.monotonic() - begun
    assert server.waits[before : before + INTERVALS + 1] == [INTERVAL_MS] * (INTERVALS + 1)
    assert server.most_held == 1
    assert took_seconds >= INTERVALS * INTERVAL_MS / 1000
