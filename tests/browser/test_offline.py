"""The installed page without a network: it opens, shows what this device has kept and of when, and sends once later."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.browser.test_unsent import come_back, pill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AS_OF = re.compile(r"As of (\d\d:\d\d|\d+ \w+, \d\d:\d\d), offline")
COPIES = """async () => {
    const opening = indexedDB.open("claudios.copies", 1)
    const database = await new Promise((resolve, reject) => {
        opening.onupgradeneeded = () => opening.result.createObjectStore("copies")
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
    })
    const asking = database.transaction("copies").objectStore("copies").getAllKeys()
    const keys = await new Promise(resolve => { asking.onsuccess = () => resolve(asking.result) })
    database.close()
    return keys
}"""
SHELL = """async () => {
    await navigator.serviceWorker.ready
    const names = await caches.keys()
    const kept = await Promise.all(names.map(async name => (await caches.open(name)).keys()))
    return [names, kept.flat().map(({url}) => new URL(url).pathname)]
}"""


async def is_kept(page: Page, *names: str) -> None:
    """Wait until this browser has kept copies of these names, and the page's own files."""
    async with asyncio.timeout(60):
        while not set(names) <= set(await page.evaluate(COPIES)):
            await page.evaluate("new Promise(resolve => requestAnimationFrame(resolve))")
        while "/" not in (await page.evaluate(SHELL))[1]:
            await page.evaluate("new Promise(resolve => requestAnimationFrame(resolve))")


async def begin(watched: Watched, product: Product) -> str:
    """Arrive, have Claude say Hello, and return the address of its session once all that is kept."""
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Hello.]]")
    await expect(transcript(page).get_by_text("Hello.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    address = page.url
    await is_kept(page, "lists", f"transcript.{address.rpartition('/')[2]}")
    return address


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_page_opens_without_its_server_with_what_was_kept_and_sends_what_is_written_once(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    address = await begin(watched, product)
    log = transcript(page)
    with watched.outage():
        product.stop("server")
        await page.goto("about:blank")
        await page.goto("/")
        sessions = page.get_by_role("region", name="Sessions")
        await expect(sessions.get_by_role("link", name="laptop")).to_be_visible()
        await expect(page.get_by_text(AS_OF)).to_be_visible()
        await watched.audit("the overview, offline")
        await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
        dialog = page.get_by_role("dialog", name="New session")
        await dialog.get_by_label("Prompt").fill("Anything")
        await expect(dialog.get_by_role("button", name="Start session")).to_be_disabled()
        await page.keyboard.press("Escape")

        await sessions.get_by_role("link", name="laptop").click()
        await expect(log.get_by_text("Hello.", exact=True)).to_be_visible()
        await expect(page.get_by_text("offline: the newest part, as this device has kept it")).to_be_visible()
        await page.get_by_role("button", name="Session actions").click()
        await expect(page.get_by_role("menuitem", name="Rename")).to_be_disabled()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Files", exact=True).click()
        await expect(page.get_by_role("heading", name="The files cannot be shown")).to_be_visible()
        await page.get_by_role("button", name="Close files and changes").click()
        await steps.send(page, "[[say Later.]]")
        await expect(log.get_by_text("Not sent. The server cannot be reached.")).to_be_visible()
        await expect(pill(page)).to_contain_text("1 unsent")
        await watched.audit("a session, offline")
        await page.goto("about:blank")
        await page.goto(address)
        await expect(log.get_by_text("Hello.", exact=True)).to_be_visible()
        await expect(pill(page)).to_contain_text("1 unsent")

        await product.start_server()
        await expect(log.get_by_text("Later.", exact=True)).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")
    await expect(page.get_by_text(AS_OF)).to_have_count(0)
    await expect(page.get_by_text("as this device has kept it")).to_have_count(0)
    await steps.is_idle(page)
    told = await steps.whole_text(page)
    assert [told.count(f"[[say {word}.]]") for word in ("Hello", "Later")] == [1, 1]


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_is_kept_of_who_has_signed_out(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    address = await begin(watched, product)
    if watched.is_phone:
        await page.get_by_role("link", name="Back to the sessions").click()
        await page.get_by_role("button", name="Open the menu").click()
    await page.get_by_role("button", name="Account and theme").locator("visible=true").click()
    await page.get_by_role("menuitem", name="Sign out", exact=True).click()
    await expect(page.get_by_label("Username")).to_be_visible()
    assert await page.evaluate(COPIES) == []
    with watched.outage():
        product.stop("server")
        await page.goto("about:blank")
        await page.goto(address)
        await expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
        await expect(page.get_by_text("laptop")).to_have_count(0)
        await come_back(page, product, address)
    await steps.sign_in(watched)
    await expect(transcript(page).get_by_text("Hello.", exact=True)).to_be_visible()


async def test_the_service_worker_keeps_the_pages_own_files_and_nothing_that_the_api_has_answered(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("phone")
    page = watched.page
    await begin(watched, product)
    names, kept = await page.evaluate(SHELL)
    assert [name.rpartition(".")[0] for name in names] == ["claudios.shell"]
    assert [path for path in kept if path.startswith("/api/")] == []
    assert {"/", "/theme.js"} < set(kept)
    assert all(path.startswith("/assets/") or path.count("/") == 1 for path in kept)
