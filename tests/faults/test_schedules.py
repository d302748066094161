"""The server is killed between the commit of a scheduled start and the word about it: one session runs."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.faults.case import Case
from tests.faults.product import Product, running_product
from tests.faults.test_server_steps import ECHO


@pytest.mark.fault("S2", usually=2)
async def test_a_scheduled_start_whose_server_died_right_after_its_commit_is_made_once(
    case: Case, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    skewed = {"CLAUDIOS_CLOCK_FILE": str(clock)}
    async with running_product(Product(tmp_path / "product", case=case), server=skewed) as product:
        schedule = await created(product)
        for _ in case.each():
            product.kill("server")
            await product.start_server(CLAUDIOS_FAILPOINTS="mailbox.committed=kill:1", **skewed)
            due_ms = (await product.ask("GET", schedule))["next_ms"]
            clock.write_text(str(due_ms / 1000 - time.time() + 1))
            product.signal("server", signal.SIGUSR2)
            assert await product.died("server") == -signal.SIGKILL
            product.note_links()
            await product.start_server(**skewed)
            await product.online_anew()
            begun = time.monotonic()
            newest = (await product.ask("GET", f"{schedule}/runs"))[0]
            assert (newest["due_ms"], newest["outcome"]) == (due_ms, "started")
            await product.until_state(newest["session_id"], "running")
            case.recovered(time.monotonic() - begun)
        noted = [run["session_id"].encode() for run in await product.ask("GET", f"{schedule}/runs")]
        started = [each["id"].encode() for each in await product.ask("GET", "/sessions") if each["schedule_id"]]
        case.judge(noted, started)


async def created(product: Product) -> str:
    """Make a schedule that is due each hour; return its path."""
    work = product.home / "work"
    work.mkdir()
    (work / "fake-cli").write_text(ECHO)
    plan = {
        "name": "hourly",
        "agent_id": product.agent_id,
        "expression": "0 * * * *",
        "time_zone": "UTC",
        "prompt": "go",
        "directory": str(work),
        "ends_when_done": False,
    }
    schedules = f"/projects/{product.project_id}/schedules"
    return f"{schedules}/{(await product.ask('POST', schedules, plan))['id']}"
