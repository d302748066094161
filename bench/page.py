"""The page in Chromium against a real server: what it weighs, how fast a long session opens, how smoothly it streams.

The session's output comes from an agent of the tests' own, so that its length and rate are exact.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import CDPSession, Page, async_playwright, expect

from bench.measure import Row, median
from claudios.protocol.frame import Stream
from claudios.protocol.messages import Ack
from claudios.server.config import Config
from claudios.server.serving import running
from tests.browser.browsing import CHROMIUM, FLAGS
from tests.helpers.built_page import entry, gzip_bytes
from tests.helpers.server import People
from tests.helpers.synthetic_agent import Link, Output, event, line, new_agent, take

REPEATS = 5
ITEMS = 10_000
ITEMS_PER_BATCH = 500
STREAM_SECONDS = 20
BYTES_PER_SECOND = 50_000
DELTAS_PER_SECOND = 50
HOUR_MESSAGES = 600
"""An hour in which Claude answers every six seconds, at length."""
MESSAGE_BYTES = 5_000
ANSWER_BYTES = 25_000
DELTA_BYTES = BYTES_PER_SECOND // DELTAS_PER_SECOND
LAST = "This is the last word."
WORDS = "the quick brown fox jumps over the lazy dog and "

# From the press to the frame after the one in which the last item is drawn.
OPEN = """([link, last]) => new Promise(done => {
    const begun = performance.now()
    const look = () => {
        const log = document.querySelector('[role=log]')
        if (log !== null && log.innerText.includes(last)) requestAnimationFrame(() => done(performance.now() - begun))
        else requestAnimationFrame(look)
    }
    document.querySelector(`nav a[href="${link}"]`).click()
    look()
})"""
# Every frame that should have been drawn at 60 a second and was not.
WATCH = """() => {
    window.frames_seen = []
    const note = now => { window.frames_seen.push(now); requestAnimationFrame(note) }
    requestAnimationFrame(note)
}"""


@dataclass(frozen=True, slots=True)
class Open:
    """A long session, the link of its agent, and a page that shows the list of sessions."""

    page: Page
    cdp: CDPSession
    url: str
    session_id: str
    link: Link
    output: Output

    async def say(self, *payloads: bytes | tuple[Stream, bytes]) -> None:
        await self.link.say(self.output.batch(self.link.boot, *payloads))
        await self.link.expect(Ack, lambda ack: ack.seq == self.output.seq)

    async def heap_mb(self) -> float:
        """Return what the page's own values take, after a collection."""
        await self.cdp.send("HeapProfiler.collectGarbage")
        metrics = (await self.cdp.send("Performance.getMetrics"))["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "JSHeapUsedSize") / 2**20


async def page() -> list[Row]:
    """Weigh the page, open a session of ITEMS items, stream into it, and look at its memory."""
    async with opened() as shown:
        times = [await _opening(shown) for _ in range(REPEATS)]
        dropped, expected = await _streaming(shown)
        before = await shown.heap_mb()
        for number in range(HOUR_MESSAGES):
            await shown.say(*message(f"hour {number}", (WORDS * 200)[:MESSAGE_BYTES]))
        await shown.say(*message("end", "The hour is over."))
        await expect(shown.page.get_by_role("log").get_by_text("The hour is over.")).to_be_visible(timeout=60_000)
        after = await shown.heap_mb()
    return [
        Row("page: entry, gzip", f"{entry_kb():.0f} kB", "-", "200 kB", REPEAT),
        Row(
            f"page: {ITEMS:,} items, from the click to readable: median; slowest",
            f"{median(times):.0f} ms; {max(times):.0f} ms",
            "-",
            "300 ms",
            REPEAT,
        ),
        Row(
            f"page: frames dropped while {BYTES_PER_SECOND // 1000} kB/s stream in for {STREAM_SECONDS} s, "
            f"in answers of {ANSWER_BYTES // 1000} kB",
            f"{dropped} of {expected}",
            "-",
            "-",
            REPEAT,
        ),
        Row(
            f"page: memory before and after {HOUR_MESSAGES} answers of {MESSAGE_BYTES // 1000} kB",
            f"{before:.0f} MB; {after:.0f} MB",
            "-",
            "-",
            REPEAT,
        ),
    ]


REPEAT = "make bench ROWS=page"


def entry_kb() -> float:
    """Return what is loaded before the first view is drawn, compressed, in kB (10³ bytes)."""
    return sum(map(gzip_bytes, entry())) / 1000


def message(uuid: str, text: str) -> list[bytes]:
    """Return one answer of Claude's as the CLI prints it."""
    block = {"type": "text", "text": text}
    body = {"id": uuid, "role": "assistant", "content": [block]}
    return [line({"type": "assistant", "message": body, "parent_tool_use_id": None})]


def streamed(piece: Mapping[str, object]) -> bytes:
    """Return one event of a streamed answer as the CLI prints it."""
    return line({"type": "stream_event", "event": piece, "parent_tool_use_id": None})


@asynccontextmanager
async def opened() -> AsyncIterator[Open]:
    """Start a server, give it a long session, and open a page on it."""
    with tempfile.TemporaryDirectory(prefix="claudios-bench-") as directory:
        async with running(Config(state_dir=Path(directory), port=0)) as serving, async_playwright() as playwright:
            people = People(serving)
            owner = await people.owner()
            agent = await new_agent(owner, serving.url)
            wanted = {"agent_id": agent.agent_id, "title": "Long"}
            session_id = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=serving.url)
            await context.add_cookies(
                [
                    {"name": cookie.name, "value": cookie.value or "", "url": serving.url}
                    for cookie in owner.http.cookies.jar
                ]
            )
            shown = await context.new_page()
            cdp = await context.new_cdp_session(shown)
            await cdp.send("Performance.enable")
            async with agent.link() as link:
                await take(link, agent)
                made = Open(shown, cdp, serving.url, session_id, link, agent.output(session_id))
                await made.say(event("started", pid=1))
                for first in range(0, ITEMS, ITEMS_PER_BATCH):
                    texts = (f"{number}: {WORDS * 4}" for number in range(first, first + ITEMS_PER_BATCH))
                    await made.say(*(piece for text in texts for piece in message(text[:5], text)))
                await made.say(*message("last", LAST))
                yield made
            await browser.close()
            await people.close()


async def _opening(shown: Open) -> float:
    """Return how long the session took to be readable on a page that has just been loaded, in ms."""
    await shown.page.goto("/")
    await shown.page.wait_for_load_state("networkidle")
    await expect(shown.page.get_by_role("link", name="Long").first).to_be_visible()
    await asyncio.sleep(2.5)  # the page fetches ahead what is likely to be opened
    taken: float = await shown.page.evaluate(OPEN, [f"/sessions/{shown.session_id}", LAST])
    return taken


async def _streaming(shown: Open) -> tuple[int, int]:
    """Stream answers of ANSWER_BYTES; return how many frames were dropped, and how many there should have been."""
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    whole = uuid = ""
    await shown.page.evaluate(WATCH)
    begun = time.monotonic()
    for number in range(STREAM_SECONDS * DELTAS_PER_SECOND):
        text = (WORDS * 30)[: DELTA_BYTES - 2] + ("\n\n" if number % 4 == 3 else "  ")
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        begin = {"type": "message_start", "message": {"id": f"stream {number}"}}
        pieces = [streamed(begin), streamed(block)] if whole == "" else []
        uuid = f"stream {number}" if whole == "" else uuid
        whole += text
        pieces.append(streamed(delta))
        if len(whole) >= ANSWER_BYTES:
            pieces += message(uuid, whole)
            whole = ""
        await shown.say(*pieces)
        await asyncio.sleep(max(0.0, begun + (number + 1) / DELTAS_PER_SECOND - time.monotonic()))
    seen: list[float] = json.loads(await shown.page.evaluate("JSON.stringify(window.frames_seen)"))
    expected = round((seen[-1] - seen[0]) / (1000 / 60))
    return max(0, expected - (len(seen) - 1)), expected
