"""The overview in Chromium with many machines and sessions: how soon a change is drawn, and what a frame costs.

The machines are agents of the tests' own on real connections. Changes come from them, as output that is signed,
verified, stored and folded; what is measured ends when the row of the session is drawn anew.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import Connection

from bench.measure import Row, median, percentile
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Mode, PermissionMode, SessionState, SessionStatus, Status
from claudios.server.config import Config
from claudios.server.projections.life import Life
from claudios.server.serving import Serving, running
from claudios.server.store import progress, sessions
from claudios.server.store.engine import Store
from claudios.server.store.progress import Sums
from claudios.server.store.sessions import NewSession
from tests.browser.browsing import CHROMIUM, FLAGS
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, line, new_agent

MACHINES = 200
SESSIONS = 2_000
WORKING = 300
ENDED = 400
CHANGES = 100
CHANGES_PER_SECOND = 20
BUSY_SECONDS = 10
SCROLL_STEPS = 120
SCROLL_PX = 240
CONNECT_AT_ONCE = 20

# The time at which a text is first drawn in the list, by the machine's clock in ms.
DRAWN = """text => new Promise(done => {
    const look = () => {
        const list = document.querySelector('[aria-label="Sessions"] ul')
        if (list !== null && list.textContent.includes(text))
            requestAnimationFrame(() => done(performance.timeOrigin + performance.now()))
        else requestAnimationFrame(look)
    }
    look()
})"""
# What each frame costs the main thread: from its first callback until what comes after it was drawn.
WATCH = """() => {
    window.frames_cost = []
    const channel = new MessageChannel()
    let begun = 0
    channel.port1.onmessage = () => { window.frames_cost.push(performance.now() - begun) }
    const note = () => { requestAnimationFrame(note); begun = performance.now(); channel.port2.postMessage(0) }
    requestAnimationFrame(note)
}"""
COSTS = "() => { const costs = window.frames_cost; window.frames_cost = []; return costs }"
SCROLL = """([steps, by]) => new Promise(done => {
    const list = document.querySelector('[aria-label="Sessions"] [role=group]')
    let left = steps
    const step = () => {
        list.scrollTop += left > steps / 2 ? by : -by
        if (--left > 0) requestAnimationFrame(step)
        else done()
    }
    step()
})"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A connected agent and the output of its sessions that have not ended."""

    agent: SyntheticAgent
    link: Link
    outputs: Sequence[Output]


async def overview() -> list[Row]:
    """Change one session after the other, then many at once, and scroll."""
    async with opened() as (page, machines):
        begun = time.perf_counter()
        await page.goto("/")
        await expect(page.get_by_role("heading", name="Working")).to_be_visible(timeout=60_000)
        await expect(page.get_by_text(f"{MACHINES} of {MACHINES} online")).to_be_visible(timeout=60_000)
        opening = time.perf_counter() - begun
        await asyncio.sleep(3)  # the page fetches ahead what is likely to be opened
        times = [await _change(page, machines[number % MACHINES], number) for number in range(CHANGES)]
        await page.evaluate(WATCH)
        await page.evaluate(COSTS)
        await _busy(machines)
        busy: list[float] = await page.evaluate(COSTS)
        await page.evaluate(SCROLL, [SCROLL_STEPS, SCROLL_PX])
        scrolled: list[float] = await page.evaluate(COSTS)
    shown = f"overview of {MACHINES} machines and {SESSIONS:,} sessions"
    return [
        Row(f"{shown}: from loading the page to all of it", f"{opening:.1f} s", "-", "-", REPEAT),
        Row(
            f"{shown}: a change, from its machine until it is drawn: p50; p99",
            f"{percentile(times, 0.5):.0f} ms; {percentile(times, 0.99):.0f} ms",
            "-",
            "100 ms",
            REPEAT,
        ),
        Row(
            f"{shown}: a frame while {CHANGES_PER_SECOND} change each second: median; p99",
            _frames(busy),
            "-",
            "16 ms",
            REPEAT,
        ),
        Row(f"{shown}: a frame while one scrolls: median; p99", _frames(scrolled), "-", "16 ms", REPEAT),
    ]


REPEAT = "make bench ROWS=overview"


def _frames(costs: Sequence[float]) -> str:
    return f"{median(costs):.1f} ms; {percentile(costs, 0.99):.1f} ms"


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Page, Sequence[Machine]]]:
    """Start a server with machines that are connected and sessions in every state, and a browser that is signed in."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="claudios-bench-")))
        serving = await stack.enter_async_context(running(Config(state_dir=directory, port=0)))
        people = People(serving)
        stack.push_async_callback(people.close)
        owner = await people.owner()
        machines = await connected(stack, serving, owner, directory)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        stack.push_async_callback(browser.close)
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=serving.url)
        cookies = owner.http.cookies.jar
        await context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "url": serving.url} for cookie in cookies]
        )
        yield await context.new_page(), machines


async def connected(stack: AsyncExitStack, serving: Serving, owner: Person, directory: Path) -> Sequence[Machine]:
    """Make the machines, put their sessions into the store, and connect them."""
    project_id = (await owner.ask("POST", "/projects", {"name": "fleet"}))["id"]
    agents = [
        await new_agent(owner, serving.url, project_id, name=f"machine-{number:03}") for number in range(MACHINES)
    ]
    of_agent: dict[str, list[str]] = {agent.agent_id: [] for agent in agents}
    store = Store(f"sqlite:///{directory / 'claudios.db'}")
    stack.callback(store.close)
    for number in range(SESSIONS):
        agent = agents[number % MACHINES]
        new_id = await store.write(lambda connection, n=number, a=agent: _seed(connection, a, owner, n))  # type: ignore[misc]
        if number >= ENDED:
            of_agent[agent.agent_id].append(new_id)
    machines: list[Machine] = []
    for first in range(0, MACHINES, CONNECT_AT_ONCE):
        few = agents[first : first + CONNECT_AT_ONCE]
        machines += await asyncio.gather(*[_connect(stack, agent, of_agent[agent.agent_id]) for agent in few])
    return machines


def _seed(connection: Connection, agent: SyntheticAgent, owner: Person, number: int) -> str:
    session_id = str(uuid4())
    now = time.time_ns() // 1_000_000 - (SESSIONS - number) * 60_000
    new = NewSession(
        session_id,
        agent.project_id,
        agent.agent_id,
        f"Task {number}: mend what the tests found",
        Mode.CHAT,
        f"/work/{number}",
        None,
        PermissionMode.DEFAULT,
    )
    sessions.create(connection, new, owner.user["id"], now)
    ended = number < ENDED
    life = Life(1, SessionState.ENDED, EndReason.EXITED) if ended else Life(1, SessionState.RUNNING)
    activity = None if ended else "working" if number < ENDED + WORKING else "idle"
    progress.observe(connection, session_id, life, now)
    sums = Sums(activity, 0.25, 1000, 200, None, None, None, "All tests pass.", now, None, activity_ms=now)
    progress.save_fold(connection, session_id, 0, b"", sums, now)
    return session_id


async def _connect(stack: AsyncExitStack, agent: SyntheticAgent, session_ids: Sequence[str]) -> Machine:
    statuses = [SessionStatus(session_id=session_id, epoch=1, state=SessionState.RUNNING) for session_id in session_ids]
    link = await stack.enter_async_context(agent.link(*statuses))
    await link.say(
        Status(
            load=0.5,
            memory_used_bytes=1 << 29,
            disk_free_bytes=1 << 38,
            disk_bytes=1 << 39,
            agent_memory_bytes=1 << 25,
            sessions=(),
        )
    )
    return Machine(agent, link, [agent.output(session_id) for session_id in session_ids])


async def _say(machine: Machine, output: Output, *texts: str) -> None:
    """Let a session work and say something, as the CLI prints it, at this very moment."""
    payloads: list[bytes | tuple[Stream, bytes]] = [] if output.seq else [event("started", pid=1)]
    payloads.append(line({"type": "system", "subtype": "session_state_changed", "state": "running"}))
    for text in texts:
        body = {"id": str(uuid4()), "role": "assistant", "content": [{"type": "text", "text": text}]}
        payloads.append(line({"type": "assistant", "message": body, "parent_tool_use_id": None}))
    batch = output.batch(machine.link.boot, *payloads, wall_ms=time.time_ns() // 1_000_000)
    await machine.link.say(batch)


async def _change(page: Page, machine: Machine, number: int) -> float:
    """Return after how many ms a change is drawn: the session moves up to those that work, with its newest words."""
    text = f"Change number {number}."
    drawn = asyncio.create_task(page.evaluate(DRAWN, text))
    await asyncio.sleep(0.1)  # the page is to be looking before the change comes
    begun = time.time() * 1000
    await _say(machine, machine.outputs[-1 - number // MACHINES], text)
    return float(await drawn) - begun


async def _busy(machines: Sequence[Machine]) -> None:
    begun = time.monotonic()
    for number in range(CHANGES_PER_SECOND * BUSY_SECONDS):
        machine = machines[number * 7 % MACHINES]
        await _say(machine, machine.outputs[number % len(machine.outputs)], f"Step {number}.")
        await asyncio.sleep(max(0.0, begun + (number + 1) / CHANGES_PER_SECOND - time.monotonic()))
