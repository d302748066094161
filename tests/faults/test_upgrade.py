"""The agent is upgraded under load: a newer daemon speaks to the shims that an older one started.

Each archive is agent, shim and protocol as they once were: `older-agent.zip` before spools had a quota, of which its
shims know nothing, and `older-agent-2.zip` before there were terminals. They are frozen; when the shim's conversation
with its daemon changes, add what was there before the change beside them.
"""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from claudios.shim.processes import marked
from tests.faults.case import Case
from tests.faults.product import ROOT, STREAMS, Product

OLDER = ("older-agent.zip", "older-agent-2.zip")
SESSIONS = 3
IMPOLITE = f"{STREAMS} --impolite --ignore SIGINT"


@pytest.mark.fault("A7")
@pytest.mark.parametrize("how", ["restart", "crash"])
@pytest.mark.parametrize("archive", OLDER)
async def test_a_newer_daemon_adopts_the_shims_of_an_older_one_under_load(
    case: Case, product: Product, tmp_path: Path, archive: str, how: str
) -> None:
    older = tmp_path / "older"
    zipfile.ZipFile(Path(__file__).with_name(archive)).extractall(older)
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
        newer = await product.start_session(STREAMS)
        await product.until_state(newer, "running")
        for session_id in (*sessions, newer):
            case.judge(*await product.stopped_emitting(session_id))
            await product.terminate(session_id)
            ended = await product.until_state(session_id, "ended")
            assert (ended["reason"], ended["epoch"]) == ("terminated", 1)
            assert not marked(f"{session_id}:1")
            assert await product.is_verified(session_id)
