"""Every action shows that it is under way as soon as one has pressed, not only when the server has answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Network
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BACKGROUND = '[[bash {"command":"sleep 600","run_in_background":true}]] [[say It runs.]]'


@asynccontextmanager
async def held(page: Page, address: str) -> AsyncIterator[None]:
    """Hold the next call of this address on its way to the server."""
    let_go = asyncio.Event()

    async def hold(route: Route) -> None:
        await let_go.wait()
        await route.continue_()

    await page.route(address, hold, times=1)
    yield
    let_go.set()


async def is_busy(shown: Locator) -> None:
    await expect(shown).to_have_attribute("aria-busy", "true", timeout=2_000)


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_pressed_shows_that_it_is_under_way_before_the_server_answers(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    network = await Network.of(page)
    log = transcript(page)
    waiting = page.get_by_role("region", name="Waiting prompts")
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say First.]]", permissions="Accept edits")
    await steps.is_idle(page)

    for setting, now, option in (
        ("Model", "Opus", "Haiku"),
        ("Effort", "Effort", "Low"),
        ("Permissions", "Accept edits", "Ask"),
    ):
        async with held(page, "**/settings"):
            await page.get_by_role("button", name=f"{setting}: {now}").click()
            await page.get_by_role("menuitem", name=re.compile(f"^{option}")).click()
            await is_busy(page.get_by_role("button", name=f"{setting}: {option}…"))
        await expect(page.get_by_role("button", name=f"{setting}: {option}", exact=True)).to_be_visible()

    await steps.send(page, BACKGROUND)
    await expect(log.get_by_text("It runs.", exact=True)).to_be_visible()
    stop = log.get_by_role("button", name="Stop")
    async with held(page, "**/stop"):
        await stop.click()
        await is_busy(stop)
    await expect(stop).to_have_count(0)

    await steps.is_idle(page)
    await steps.send(page, "[[text 200000 rate=500]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    for word in ("Now", "Never"):
        await steps.send(page, f"[[say {word}.]]")
        await expect(waiting.get_by_text(f"[[say {word}.]]")).to_be_visible()
    for action, address in (("Send now", "**/prompts/*/send"), ("Withdraw", "**/prompts/*")):
        async with held(page, address):
            await waiting.get_by_role("button", name=action).first.click()
            await is_busy(waiting.get_by_role("button", name=action).first)
            left = await waiting.get_by_role("listitem").count() - 1
        await expect(waiting.get_by_role("listitem")).to_have_count(left)
    await expect(waiting).to_have_count(0)
    async with held(page, "**/interrupt"):
        await page.get_by_role("button", name="Interrupt").click()
        await is_busy(page.get_by_role("button", name="Interrupt"))
    await steps.is_idle(page)

    original = page.url
    async with held(page, "**/fork"):
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Fork").click()
        await expect(page.get_by_text("Forking…")).to_be_visible(timeout=2_000)
    await expect(page).not_to_have_url(original)

    async with held(page, "**/commands"):
        await steps.send(page, "[[say In the fork.]]")
        await expect(log.get_by_text("Sending…")).to_be_visible(timeout=2_000)
    await expect(log.get_by_text("In the fork.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    async with held(page, "**/terminate"):
        await steps.terminate(page)
        await is_busy(page.get_by_role("alertdialog").get_by_role("button", name="Terminate"))
        network.is_deaf = True
    await expect(page.get_by_text("The session is being ended")).to_be_visible()
    await expect(page.get_by_role("main").locator("header").get_by_text("Ending", exact=True)).to_be_visible()
    network.is_deaf = False
    await page.reload()
    async with held(page, "**/resume"):
        await page.get_by_role("button", name="Resume", exact=True).click()
        await is_busy(page.get_by_role("button", name="Resume", exact=True))
    await steps.is_idle(page)
