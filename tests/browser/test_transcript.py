"""Reading a session that is longer than what a page is given at first."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CALLS = 240
TOP_OF_FIRST_ROW = "log => log.querySelector('[data-index]').getBoundingClientRect().top"


async def test_a_long_session_opens_at_its_end_and_is_read_back_to_its_beginning(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
    await steps.arrive(watched, product)
    await steps.start_session(watched, f"[[repeat {CALLS} bash echo again]] [[say The last word.]]")
    last = transcript(watched.page).get_by_text("The last word.", exact=True)
    await expect(last).to_be_visible(timeout=200_000)
    for width in WIDTHS:
        reader = await window(width)
        page = reader.page
        log = transcript(page)
        await page.goto(watched.page.url)
        await steps.sign_in(reader)
        await expect(log.get_by_text("The last word.", exact=True)).to_be_in_viewport()
        await expect(page.get_by_role("button", name="Jump to latest")).to_have_count(0)

        started = log.get_by_text("The session has started.")
        while not await started.is_visible():
            await log.evaluate("log => { log.scrollTop = 0 }")
            await page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert (await steps.whole_text(page)).count("echo again") == CALLS + 1  # the calls, and the prompt

        await page.goto("/search?q=%22session+has+started%22")
        await page.get_by_role("list", name="Found").get_by_role("link").click()
        await expect(log.get_by_text("The session has started.")).to_be_in_viewport()


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_arrives_does_not_move_what_one_reads(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[text 6000]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    await steps.is_idle(page)
    await steps.send(page, "tell a long story")
    await expect(log.get_by_text("Once upon a time")).to_be_visible()
    await log.hover()
    await page.mouse.wheel(0, -400)
    jump = page.get_by_role("button", name="Jump to latest")
    await expect(jump).to_be_visible()
    before = await log.evaluate(TOP_OF_FIRST_ROW)
    height = await log.evaluate("log => log.scrollHeight")
    await page.wait_for_function(
        "height => document.querySelector('[role=log]').scrollHeight > height + 300", arg=height
    )
    assert await log.evaluate(TOP_OF_FIRST_ROW) == before
    await jump.click()
    await expect(jump).to_have_count(0)
    await page.get_by_role("button", name="Interrupt").click()
    await expect(log.get_by_text("Interrupted", exact=True)).to_be_in_viewport()
