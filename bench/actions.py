"""How soon the page shows that it has taken what one pressed: the real product, Chromium, calls that take a second.

Each action is pressed in the page itself, and timed from there to the frame after the one in which its sign is drawn.
Every call to the server is held on its way for HELD_SECONDS, so that no sign can be the server's answer.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Locator, Page, Route, async_playwright, expect

from bench.measure import Row, median
from tests.browser import steps
from tests.browser.browsing import CHROMIUM, FLAGS, Watched, open_window
from tests.browser.product import Product
from tests.helpers.claude import claude_environment_for, find_claude
from tests.helpers.model import running_model

HELD_SECONDS = 1.0
WAIT_SECONDS = 30
SLOWER = {"wide": 1, "phone": 4}
"""A phone's processor is taken as a quarter of this machine's."""
BUSY = "button[aria-busy=true]"
TAKEN = """(pressed, [where, text]) => new Promise((done, failed) => {
    const begun = performance.now()
    const look = () => {
        if ([...document.querySelectorAll(where)].some(found => found.textContent.includes(text)))
            requestAnimationFrame(() => done(performance.now() - begun))
        else if (performance.now() - begun > 30_000) failed(new Error(`No sign: ${where} ${text}`))
        else requestAnimationFrame(look)
    }
    pressed.click()
    look()
})"""


@dataclass
class Presses:
    """Presses, and how long each took to be seen, in ms."""

    page: Page
    taken: dict[str, float] = field(default_factory=dict)

    async def press(self, name: str, pressed: Locator, where: str, text: str = "") -> None:
        """Press, and wait until what `where` selects is there with this text; nothing of it is there before."""
        await expect(self.page.locator(where, has_text=text)).to_have_count(0)
        self.taken[name] = await pressed.evaluate(TAKEN, [where, text])


async def actions() -> list[Row]:
    """Press everything of a session's view, in a wide window and on a phone."""
    rows = []
    for width, slower in SLOWER.items():
        taken = await _walk(width, slower)
        slowest = max(taken, key=lambda name: taken[name])
        machine = "on a phone of a quarter of the speed" if slower > 1 else "in a wide window"
        rows.append(
            Row(
                f"page: from a press to its sign, {len(taken)} actions, {machine}: median; slowest ({slowest})",
                f"{median(taken.values()):.0f} ms; {taken[slowest]:.0f} ms",
                "-",
                "100 ms",
                "make bench ROWS=actions",
            )
        )
    return rows


async def _walk(width: str, slower: int) -> dict[str, float]:
    async with _opened(width) as (product, watched):
        page = watched.page
        await steps.arrive(watched, product)
        await steps.start_session(watched, "[[say First.]]", permissions="Ask")
        await steps.is_idle(page)
        await page.route(re.compile("/api/v1/"), _hold)
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        presses = Presses(page)
        prompt = page.get_by_role("textbox", name=re.compile("^Prompt for"))
        send = page.get_by_role("button", name="Send", exact=True)

        await prompt.fill("[[bash touch asked]] [[say Touched.]]")
        await presses.press("Send", send, "[role=log]", "Sending…")
        allow = page.get_by_role("button", name="Allow", exact=True)
        await presses.press("Allow", allow, "button:disabled", "Allow")
        await expect(steps.transcript(page).get_by_text("Touched.", exact=True)).to_be_visible()
        await steps.is_idle(page)

        await page.get_by_role("button", name=re.compile("^Model:")).click()
        await presses.press("Switch model", page.get_by_role("menuitem", name=re.compile("^Haiku")), BUSY)
        await expect(page.locator(BUSY)).to_have_count(0)

        await prompt.fill("[[text 200000 rate=500]]")
        await send.click()
        await expect(page.get_by_role("button", name="Interrupt")).to_be_visible()
        await expect(steps.transcript(page).get_by_text("The quick brown fox").last).to_be_visible()
        await prompt.fill("[[say Later.]]")
        await presses.press("Send later", send, "[aria-label='Waiting prompts']", "[[say Later.]]")
        waiting = page.get_by_role("region", name="Waiting prompts")
        withdraw = waiting.get_by_role("button", name="Withdraw")
        await expect(page.locator(BUSY)).to_have_count(0)
        await presses.press("Withdraw", withdraw, BUSY)
        await expect(waiting).to_have_count(0)
        await presses.press("Interrupt", page.get_by_role("button", name="Interrupt"), BUSY)
        await steps.is_idle(page)

        await page.get_by_role("button", name="Session actions").click()
        await presses.press("Fork", page.get_by_role("menuitem", name="Fork"), "header [role=status]", "Forking…")
        await expect(page.get_by_text("Forking…")).to_have_count(0)
        if not watched.is_phone:  # there it stands behind the menu
            new = page.get_by_role("button", name="New session", exact=True).locator("visible=true").first
            await presses.press("New session", new, "[role=dialog]")
            await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Terminate").click()
        end = page.get_by_role("alertdialog").get_by_role("button", name="Terminate")
        await presses.press("Terminate", end, BUSY)
        ending = page.get_by_text(re.compile("The session is being ended|It was terminated on request"))
        await expect(ending.first).to_be_visible()
        return presses.taken


async def _hold(route: Route) -> None:
    await asyncio.sleep(HELD_SECONDS)
    await route.continue_()


@asynccontextmanager
async def _opened(width: str) -> AsyncIterator[tuple[Product, Watched]]:
    with tempfile.TemporaryDirectory(prefix="claudios-bench-") as home, running_model() as model:
        product = Product(Path(home), find_claude(), claude_environment_for(model.url, Path(home) / "claude"))
        try:
            await product.start_server()
            expect.set_options(timeout=WAIT_SECONDS * 1000)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                _, watched = await open_window(browser, product.url, width)
                yield product, watched
                await browser.close()
        finally:
            product.stop_all()
