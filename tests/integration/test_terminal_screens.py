"""What a viewer of a terminal session is shown who comes late: the screen as it is, not all that led to it."""

from __future__ import annotations

import asyncio
import base64
import resource
import sys
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from claudios.protocol.frame import Stream
from claudios.server.screens.drawer import COMMAND, WAIT_SECONDS, Drawer, Drawing
from claudios.server.screens.screens import REPLAY_BYTES, Screens
from claudios.server.screens.wire import ANSWER, MAX_DRAWING_BYTES
from claudios.server.screens.worker import MEMORY_BYTES
from claudios.server.store.engine import Store
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, event, new_agent, take
from tests.helpers.terminals import SIZE, running, send, terminal

pytest.importorskip("pyghostty")

from claudios.server.screens.emulator import Emulator, Seen

pytestmark = pytest.mark.integration

LINE = b"\x1b[32ma line of output that is long enough to be one\x1b[0m %6d\r\n"
LINES_IN_FRAME = 1000
FRAMES = 170
BAD_WORKERS = [
    (sys.executable, "-c", "raise SystemExit(1)"),
    (sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"),
    (sys.executable, "-c", "import sys; sys.stdin.buffer.read(1000); sys.stdout.buffer.write(b'x'); sys.exit()"),
    (sys.executable, "-c", "import time; time.sleep(1000)"),
    ("/there/is/no/such/program",),
    *[
        (
            sys.executable,
            "-c",
            f"import sys; sys.stdout.buffer.write({answer!r} + bytes(2 ** 21)); sys.stdout.buffer.close()",
        )
        for answer in (
            ANSWER.pack(True, 80, 24, MAX_DRAWING_BYTES + 1),
            ANSWER.pack(True, 1, 24, 1),
            ANSWER.pack(True, 80, 1001, 1),
        )
    ],
]


class Counting(Drawer):
    """Counts what it is asked to draw."""

    def __init__(self, command: tuple[str, ...] = COMMAND, wait_seconds: float = WAIT_SECONDS) -> None:
        super().__init__(command, wait_seconds=wait_seconds)
        self.begun: list[Drawing] = []

    async def draw(self, begun: Drawing, frames: AsyncIterable[bytes]) -> Drawing | None:
        self.begun.append(begun)
        return await super().draw(begun, frames)


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(owner: Person, people: People) -> SyntheticAgent:
    """An agent that has said once that it knows terminals."""
    made = await new_agent(owner, people.serving.url)
    async with made.link():
        return made


@pytest.fixture
async def session_id(owner: Person, agent: SyntheticAgent) -> str:
    started = await owner.ask(
        "POST",
        f"/projects/{agent.project_id}/sessions",
        {"agent_id": agent.agent_id, "mode": "terminal", "size": SIZE},
    )
    return str(started["id"])


@pytest.fixture
def store(people: People) -> Store:
    return people.serving.application.parts.store


def seen(screen: dict[str, Any]) -> Seen:
    """Return what a new terminal shows that is given what the server sent."""
    emulator = Emulator(screen["columns"], screen["rows"])
    emulator.feed(base64.b64decode(screen["data"]))
    return emulator.shown()


async def frames(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def long_output() -> list[tuple[Stream, bytes]]:
    """Return 10 MB of output."""
    lines = [LINE % n for n in range(FRAMES * LINES_IN_FRAME)]
    size = LINES_IN_FRAME
    return [(Stream.PTY, b"".join(lines[start : start + size])) for start in range(0, len(lines), size)]


class TestShowing:
    async def test_who_comes_late_is_shown_the_screen_and_then_only_what_comes(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            await send(link, output, (Stream.PTY, b"\x1b[2J\x1b[Hquestion?\r\n\x1b[?2004hye"))
            async with terminal(owner, session_id) as watching:
                screen = await watching.expect("screen")
                assert screen["seq"] == 3
                assert seen(screen).text == "question?\nye"
                assert seen(screen).cursor == (2, 1)
                await send(link, output, (Stream.PTY, b"s"))
                assert [frame.seq for frame in await watching.until(4)] == [4]

    async def test_after_ten_megabytes_a_viewer_is_sent_the_screen_with_its_scrollback(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            payloads = long_output()
            for start in range(0, FRAMES, 10):
                await send(link, output, *payloads[start : start + 10])
            async with terminal(owner, session_id) as watching:
                screen = await watching.expect("screen")
        assert screen["seq"] == 2 + FRAMES
        assert len(screen["data"]) < MAX_DRAWING_BYTES * 4 / 3 + 4
        assert f"{FRAMES * LINES_IN_FRAME - 1}" in seen(screen).text
        assert seen(screen).scrollback_rows >= 1000

    async def test_who_missed_much_is_sent_the_screen_and_who_missed_little_only_that(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            payloads = long_output()[:60]
            for start in range(0, len(payloads), 10):
                await send(link, output, *payloads[start : start + 10])
            async with terminal(owner, session_id, after=2) as far:
                screen = await far.expect("screen")
                assert screen["seq"] == output.seq
                assert f"{60 * LINES_IN_FRAME - 1}" in seen(screen).text
                await send(link, output, (Stream.PTY, b"x"))
                assert [frame.seq for frame in await far.until(output.seq)] == [output.seq]
            async with terminal(owner, session_id, after=output.seq - 11) as near:
                assert len(await near.until(output.seq)) == 11
                assert not any(message["type"] == "screen" for message in near.told)

    async def test_the_size_is_what_the_machine_said_last(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            await send(link, output, event("resized", columns=20, rows=5), (Stream.PTY, b"x" * 25))
            async with terminal(owner, session_id) as watching:
                screen = await watching.expect("screen")
        assert (screen["columns"], screen["rows"]) == (20, 5)
        assert seen(screen).text.splitlines()[-1] == "x" * 7

    async def test_a_new_process_begins_with_an_empty_screen(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with running(agent, session_id) as (link, output):
            await send(link, output, (Stream.PTY, b"the first"), event("ended", exit_code=0, reason="exited"))
            async with terminal(owner, session_id) as watching:
                await watching.expect("state", lambda told: told["session_state"] == "ended")
                await owner.ask("POST", f"/sessions/{session_id}/resume", {"mode": "terminal"})
            await take(link, agent)
            async with terminal(owner, session_id) as watching:
                assert "the first" in seen(await watching.expect("screen")).text, "it has not begun"
            output.epoch = 2
            await send(link, output, event("started", pid=2, columns=30, rows=9), (Stream.PTY, b"the second"))
            async with terminal(owner, session_id) as watching:
                screen = await watching.expect("screen")
        assert (screen["columns"], screen["rows"], seen(screen).text) == (30, 9, "the second")

    async def test_a_session_under_the_id_of_a_deleted_one_shows_nothing_of_it(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        """Who knew the id of a deleted session could start one under it, and was shown the other's screen."""
        async with running(agent, session_id) as (link, output):
            await send(link, output, (Stream.PTY, b"a secret"), event("ended", exit_code=0, reason="exited"))
            async with terminal(owner, session_id) as watching:
                assert "a secret" in seen(await watching.expect("screen")).text
            async with terminal(owner, session_id) as watching:
                await watching.expect("state", lambda told: told["session_state"] == "ended")
            assert (await owner.http.delete(f"/api/v1/sessions/{session_id}")).is_success
            sessions = f"/projects/{agent.project_id}/sessions"
            await owner.ask("POST", sessions, {"id": session_id, "agent_id": agent.agent_id, "mode": "terminal"})
            async with terminal(owner, session_id) as watching:
                assert (await watching.expect("screen"))["data"] == ""


class TestDrawingOnce:
    async def test_who_comes_together_shares_one_drawing_and_the_next_reads_only_what_came_since(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Counting()
        screens = Screens(store, drawer)
        async with running(agent, session_id) as (link, output):
            first, second = await asyncio.gather(screens.of(session_id), screens.of(session_id))
            assert first is second
            assert (await screens.of(session_id)).drawing == first.drawing
            assert len(drawer.begun) == 1
            await send(link, output, (Stream.PTY, b"more"))
            third = await screens.of(session_id)
        await screens.close()
        assert drawer.begun[1] == first.drawing
        assert third.seq == 3

    async def test_only_so_many_bytes_of_drawings_are_kept(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Counting()
        screens = Screens(store, drawer, kept_bytes=0)
        async with running(agent, session_id):
            for _ in range(2):
                assert (await screens.of(session_id)).drawing.data
        await screens.close()
        assert [begun.data for begun in drawer.begun] == [b"", b""]

    async def test_what_was_forgotten_while_it_was_drawn_is_not_kept(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Counting()
        screens = Screens(store, drawer)
        async with running(agent, session_id):
            under_way = asyncio.create_task(screens.of(session_id))
            await asyncio.sleep(0)
            screens.forget(session_id)
            await under_way
            await screens.of(session_id)
        await screens.close()
        assert [begun.data for begun in drawer.begun] == [b"", b""]


class TestTheWorker:
    async def test_it_runs_nothing_from_the_directory_the_server_was_started_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "resource.py").write_text("raise SystemExit('not the one of the standard library')")
        monkeypatch.chdir(tmp_path)
        drawer = Drawer()
        assert await drawer.draw(Drawing(80, 24, b"x"), frames()) is not None
        await drawer.close()

    async def test_it_has_no_secret_in_its_environment_and_bounded_memory(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CLAUDIOS_DATABASE_URL", "postgresql://somebody:secret@there/")
        drawer = Drawer()
        assert await drawer.draw(Drawing(80, 24, b"x"), frames()) is not None
        assert drawer.process is not None
        of_worker = Path("/proc") / str(drawer.process.pid)
        assert b"secret" not in (of_worker / "environ").read_bytes()
        assert resource.prlimit(drawer.process.pid, resource.RLIMIT_AS)[0] == MEMORY_BYTES
        await drawer.close()


class TestWithoutADrawing:
    @pytest.mark.parametrize("command", BAD_WORKERS)
    async def test_a_worker_that_fails_costs_the_drawing_and_the_tail_is_replayed(
        self, agent: SyntheticAgent, session_id: str, store: Store, command: tuple[str, ...]
    ) -> None:
        screens = Screens(store, Drawer(command, seconds=1.0))
        async with running(agent, session_id) as (link, output):
            shown = await screens.of(session_id)
            assert (shown.seq, shown.drawing) == (0, Drawing(100, 30, b""))
            payloads = long_output()[:60]
            for start in range(0, len(payloads), 10):
                await send(link, output, *payloads[start : start + 10])
            shown = await screens.of(session_id)
        await screens.close()
        left = output.seq - shown.seq
        assert 0 < left * len(payloads[0][1]) <= REPLAY_BYTES

    async def test_a_session_that_cannot_be_drawn_does_not_keep_others_waiting_again_and_again(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Counting(BAD_WORKERS[0])
        screens = Screens(store, drawer)
        async with running(agent, session_id):
            first, second = await screens.of(session_id), await screens.of(session_id)
        await screens.close()
        assert (first, len(drawer.begun)) == (second, 1)

    async def test_who_waits_too_long_for_others_is_sent_the_tail_and_may_ask_again(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Counting(wait_seconds=0.01)
        screens = Screens(store, drawer)
        held = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            held.set()
            await asyncio.Event().wait()
            yield b""

        async with running(agent, session_id):
            other = asyncio.create_task(Drawer.draw(drawer, Drawing(80, 24, b""), endless()))
            await held.wait()
            assert (await screens.of(session_id)).drawing.data == b""
            other.cancel()
            await asyncio.wait([other])
            assert (await screens.of(session_id)).drawing.data
        await screens.close()

    async def test_after_a_worker_died_another_one_draws(
        self, agent: SyntheticAgent, session_id: str, store: Store
    ) -> None:
        drawer = Drawer()
        screens = Screens(store, drawer, kept_bytes=0)
        async with running(agent, session_id):
            for _ in range(2):
                assert (await screens.of(session_id)).drawing.data
                assert drawer.process is not None
                drawer.process.kill()
                await drawer.process.wait()
        await screens.close()
