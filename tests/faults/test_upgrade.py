"""The agent is upgraded under load: a newer daemon speaks to the shims that an older one started.

`older-agent.zip` is agent, shim and protocol as they were before spools had a quota: shims of that time know nothing of
it. It is frozen; when the shim's conversation with its daemon changes, add the version before the change beside it.
"""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from claudios.shim.processes import marked
from tests.faults.case import Case
from tests.faults.product import ROOT, STREAMS, Product, rss_bytes

OLDER = Path(__file__).with_name("older-agent.zip")
SESSIONS = 3
IMPOLITE = f"{STREAMS} --impolite --ignore SIGINT"


@pytest.mark.fault("A7")
@pytest.mark.parametrize("how", ["restart", "crash"])
async def test_a_newer_daemon_adopts_the_shims_of_an_older_one_under_load(
    case: Case, product: Product, tmp_path: Path, how: str
) -> None:
    older = tmp_path / "older"
    zipfile.ZipFile(OLDER).extractall(older)
    for _ in case.each():
        await product.stop_leaving_sessions()
        product.start_agent(PYTHONPATH=f"{older}:{ROOT}")
        await product.online()
        sessions = [await product.start_session(STREAMS) for _ in range(SESSIONS)]
        sessions.append(await product.start_session(IMPOLITE))
        for session_id in sessions:
            await product.until_state(session_id, "running")
            shim = Path(f"/proc/{product.shim_pid(session_id)}/cmdline").read_bytes()
            assert str(older).encode() in shim, "the older version does not run"
        if how == "crash":
            product.kill("agent")
        else:
            await product.stop_leaving_sessions()
        seen = {session_id: (await product.session(session_id))["last_seq"] for session_id in sessions}
        begun = time.monotonic()
        product.start_agent()

        async def go_on(than: dict[str, int] = seen) -> bool:
            return all([(await product.session(each))["last_seq"] > seq for each, seq in than.items()])

        await product.until(go_on)
        case.recovered(time.monotonic() - begun)
        case.memory("agent", rss_bytes(product.pid("agent")))
        newer = await product.start_session(STREAMS)
        await product.until_state(newer, "running")
        for session_id in (*sessions, newer):
            case.judge(*await product.stopped_emitting(session_id))
            await product.terminate(session_id)
            ended = await product.until_state(session_id, "ended")
            assert (ended["reason"], ended["epoch"]) == ("terminated", 1)
            assert not marked(f"{session_id}:1")
            assert await product.is_verified(session_id)
