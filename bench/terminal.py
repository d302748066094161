"""A terminal session: from a key to its echo at a viewer, and a burst of output through to xterm in Chromium."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, async_playwright, expect
from websockets.asyncio.client import ClientConnection, connect

from bench.floor_journey import FloorJourney, FloorViewer, floor
from bench.measure import Row, median, percentile, rss_mb
from bench.page import WATCH
from bench.product_journey import ProductJourney, product
from claudios.protocol.frame import HEADER_BYTES, Stream, locate
from tests.browser.browsing import CHROMIUM, FLAGS

REPEATS = 5
KEYS = 300
KEY = b"0123456789"
BURST_BYTES = 100_000_000
LINE_BYTES = 80
SAMPLE_SECONDS = 0.1
LONGEST_BURST_MS = 120_000

# Counts what the terminal's socket brings: payload bytes of the program's output, and whether a frame was left out.
COUNT = """() => {
    window.brought = {bytes: 0, begun: 0, next: null, gaps: 0}
    const Plain = window.WebSocket
    window.WebSocket = class extends Plain {
        constructor(address) {
            super(address)
            if (!String(address).includes('/terminal')) return
            this.addEventListener('message', ({data}) => {
                if (!(data instanceof ArrayBuffer)) return
                const view = new DataView(data)
                const brought = window.brought
                for (let at = 0; at < data.byteLength; ) {
                    const seq = Number(view.getBigUint64(at + 12, true))
                    const length = view.getUint32(at + 36, true)
                    if (brought.next !== null && seq !== brought.next) brought.gaps += 1
                    brought.next = seq + 1
                    if (view.getUint8(at + 4) === 4) brought.bytes += length
                    if (brought.bytes > 0) brought.begun ||= performance.now()
                    at += 44 + length
                }
            })
        }
    }
}"""
# The burst's last bytes ask for the clipboard: the page asks whether it may, once xterm has taken all that came before.
END = """() => new Promise(done => {
    const look = () => {
        if (document.querySelector('[aria-label="Copy this?"]') !== null) done(performance.now())
        else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
})"""


@dataclass(frozen=True, slots=True)
class TerminalViewer:
    """A viewer's socket of one terminal session, that types into it."""

    socket: ClientConnection
    round: int

    async def press(self, key: bytes) -> None:
        data = base64.b64encode(key).decode()
        typed = {"type": "keys", "id": str(uuid.uuid4()), "round": self.round, "data": data}
        await self.socket.send(json.dumps(typed))

    async def shown(self) -> AsyncIterator[bytes]:
        async for message in self.socket:
            if isinstance(message, bytes):
                for found in locate(memoryview(message)):
                    if found.stream is Stream.PTY:
                        yield message[found.start + HEADER_BYTES : found.end]


@dataclass(frozen=True, slots=True)
class FloorTerminal:
    """The same at the floor."""

    journey: FloorJourney
    viewer: FloorViewer

    async def press(self, key: bytes) -> None:
        await self.journey.send(key.decode())

    def shown(self) -> AsyncIterator[bytes]:
        return self.viewer.messages()


async def keys() -> list[Row]:
    """A key that is typed in a viewer's socket, to the byte that it brings back from a program on a terminal."""
    async with product("websocket") as running, _terminal(await running.session("terminal")) as viewer:
        ours = await _runs(viewer)
    async with floor("terminal") as least, least.view() as viewer_of_floor:
        theirs = await _runs(FloorTerminal(least, viewer_of_floor))
    return [Row("terminal: a key to its echo: p50; p99", ours, theirs, "-", "make bench ROWS=terminal-echo")]


async def _runs(viewer: TerminalViewer | FloorTerminal) -> str:
    await _echo_ms(viewer, KEYS // 3)
    runs = [await _echo_ms(viewer, KEYS) for _ in range(REPEATS)]
    middle, slow = (median(percentile(times, share) for times in runs) for share in (0.5, 0.99))
    return f"{middle:.2f} ms; {slow:.2f} ms"


async def _echo_ms(viewer: TerminalViewer | FloorTerminal, count: int) -> list[float]:
    """Press `count` keys one after the other; return the milliseconds until each one's echo."""
    times = []
    shown = viewer.shown()
    for n in range(count):
        key = KEY[n % 10 : n % 10 + 1]
        begun = time.perf_counter()
        await viewer.press(key)
        async for piece in shown:
            if key in piece:
                break
        times.append((time.perf_counter() - begun) * 1000)
    return times


@asynccontextmanager
async def _terminal(journey: ProductJourney) -> AsyncIterator[TerminalViewer]:
    """Open a session's terminal, and wait until what is typed there is passed on."""
    url = f"ws://127.0.0.1:{journey.port}/api/v1/sessions/{journey.session_id}/terminal"
    async with connect(url, additional_headers=journey.headers, compression=None, max_size=None) as socket:
        async for message in socket:
            told = json.loads(message) if isinstance(message, str) else {}
            if told.get("type") == "state" and told["round"] is not None and told["session_state"] == "running":
                break
        yield TerminalViewer(socket, told["round"])


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst as the page saw it. Times between frames in ms, memory of the page's process in MB."""

    seconds: float
    dropped: int
    expected: int
    longest_ms: float
    before_mb: float
    most_mb: float


async def burst() -> list[Row]:
    """BURST_BYTES from a program on a terminal through to xterm in Chromium, complete."""
    async with (
        product("websocket") as running,
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)) as browser,
    ):
        journey = await running.session("terminal")
        page = await _opened(browser, journey)
        pids = await _renderers(browser)
        bursts = [await _burst(page, pids) for _ in range(REPEATS)]
    rate = median(BURST_BYTES / 1e6 / each.seconds for each in bursts)
    dropped, expected = (sum(each.dropped for each in bursts), sum(each.expected for each in bursts))
    repeat = "make bench ROWS=terminal-burst"
    return [
        Row("terminal: 100 MB through to xterm in Chromium", f"{rate:.1f} MB/s", "-", "-", repeat),
        Row(
            "terminal: frames dropped meanwhile; longest time between two",
            f"{100 * dropped / expected:.0f} %; {max(each.longest_ms for each in bursts):.0f} ms",
            "-",
            "-",
            repeat,
        ),
        Row(
            "terminal: memory of the page's process before; at most",
            f"{bursts[0].before_mb:.0f} MB; {max(each.most_mb for each in bursts):.0f} MB",
            "-",
            "-",
            repeat,
        ),
    ]


async def _opened(browser: Browser, journey: ProductJourney) -> Page:
    """Open a session's terminal in a page of Chromium's that counts what comes."""
    url = f"http://127.0.0.1:{journey.port}"
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url)
    name, _, secret = journey.headers["Cookie"].partition("=")
    await context.add_cookies([{"name": name, "value": secret, "url": url}])
    await context.add_init_script(f"({COUNT})()")
    page = await context.new_page()
    await page.goto(f"/sessions/{journey.session_id}")
    await expect(page.get_by_text("It has the size of this window.")).to_be_visible(timeout=30_000)
    await page.evaluate(WATCH)
    return page


async def _burst(page: Page, pids: tuple[int, ...]) -> Burst:
    """Let the program print; raise RuntimeError where not everything reached xterm."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.evaluate("Object.assign(window.brought, {bytes: 0, begun: 0})")
    before = _memory_mb(pids)
    most = [before]
    sampling = asyncio.create_task(_sample(pids, most))
    await page.locator(".xterm-helper-textarea").focus()
    await page.keyboard.insert_text(f"flood {BURST_BYTES} {LINE_BYTES}")
    async with asyncio.timeout(LONGEST_BURST_MS / 1000):
        ended = await page.evaluate(END)
    sampling.cancel()
    brought = await page.evaluate("window.brought")
    frames = [at for at in await page.evaluate("window.frames_seen") if brought["begun"] <= at <= ended]
    await _see_the_end(page)
    awaited = BURST_BYTES // LINE_BYTES * LINE_BYTES
    if errors or brought["gaps"] or not awaited < brought["bytes"] < awaited + 1000:
        raise RuntimeError(f"The page got {brought} of {awaited} bytes, and says {errors}.")
    longest = max(later - sooner for sooner, later in itertools.pairwise(frames))
    expected = round((frames[-1] - frames[0]) / (1000 / 60))
    dropped = max(0, expected - (len(frames) - 1))
    return Burst((ended - brought["begun"]) / 1000, dropped, expected, longest, before, max(most))


async def _see_the_end(page: Page) -> None:
    """See that the screen shows the burst's last lines, and leave it as it was."""
    await page.get_by_role("region", name="Copy this?").get_by_role("button", name="Do not").click()
    aloud = page.get_by_role("button", name="Read the screen aloud")
    await aloud.click()
    last = BURST_BYTES // LINE_BYTES - 1
    lines = page.locator(".xterm-accessibility-tree").get_by_role("listitem")
    await expect(lines.filter(has_text=re.compile(f"^{last:010d} "))).to_be_attached()
    shown = [int(line[:10]) for line in await lines.all_text_contents() if line[:10].isdigit()]
    if shown != list(range(shown[0], last + 1)):
        raise RuntimeError(f"The screen shows the lines {shown}.")
    await aloud.click()


async def _sample(pids: tuple[int, ...], most: list[float]) -> None:
    while True:
        most.append(_memory_mb(pids))
        await asyncio.sleep(SAMPLE_SECONDS)


def _memory_mb(pids: tuple[int, ...]) -> float:
    """Return the memory of the largest: the page's, beside those that Chromium keeps ready."""
    return max(rss_mb(pid) for pid in pids)


async def _renderers(browser: Browser) -> tuple[int, ...]:
    """Return the processes that draw pages."""
    cdp = await browser.new_browser_cdp_session()
    processes = (await cdp.send("SystemInfo.getProcessInfo"))["processInfo"]
    return tuple(int(each["id"]) for each in processes if each["type"] == "renderer")
