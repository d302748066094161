"""The log as its machine wrote it, beside the chat."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT = "<img src=x onerror=window.owned=1>"


async def open_raw(page: Page) -> None:
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Raw log").click()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_log_is_read_searched_copied_and_followed(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, f"[[say Needle {SCRIPT}]]")
    await expect(log.get_by_text("Needle").last).to_be_visible()
    await steps.is_idle(page)

    await open_raw(page)
    raw = page.get_by_role("region", name="Raw log")
    rows = raw.get_by_role("group", name="Frames").get_by_role("button", expanded=False)
    await expect(raw.get_by_text("Live", exact=True)).to_be_visible()
    await expect(rows.filter(has_text="result").last).to_be_in_viewport()
    await expect(log).to_be_visible(visible=not watched.is_phone)
    across = (await raw.bounding_box() or {"width": 0})["width"]
    assert (across == 390) if watched.is_phone else (across < 720)
    await watched.audit("raw log")

    search = raw.get_by_role("searchbox", name="Search in what is loaded")
    await search.fill("NEEDLE")
    await expect(raw.get_by_role("status")).to_contain_text(re.compile(r"\d+ of \d+ frames"))
    await expect(raw.locator("mark").first).to_have_text(re.compile("needle", re.IGNORECASE))
    await search.fill("session_state_changed")
    await rows.filter(has_text="session_state_changed").last.click()
    opened = raw.get_by_role("group", name="Frames").locator("details").first
    await expect(opened).to_be_visible()
    await expect(opened.get_by_text("type:").first).to_be_visible()
    await opened.locator("summary").first.click()
    await expect(opened.get_by_text("type:").first).to_be_hidden()
    await watched.audit("an unfolded frame")
    await raw.get_by_role("button", name=re.compile(r"^Copy frame \d+")).first.click()
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    assert "session_state_changed" in {json.loads(line).get("subtype") for line in copied.splitlines()}
    await search.fill("")

    if not watched.is_phone:
        await steps.send(page, "[[say A later word]]")
        await expect(log.get_by_text("A later word", exact=True)).to_be_visible()
        await steps.is_idle(page)
        await search.fill("a later word")
        await expect(raw.locator("mark").first).to_be_visible()
    await raw.get_by_role("button", name="Close the raw log").click()
    await expect(raw).to_have_count(0)
    await expect(log).to_be_visible()
    assert await page.evaluate("window.owned") is None


async def test_a_long_log_opens_at_its_end_and_is_read_back_to_its_first_frame(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[repeat 120 bash echo again]] [[say The last word.]]")
    await expect(transcript(watched.page).get_by_text("The last word.", exact=True)).to_be_visible(timeout=200_000)
    await steps.is_idle(watched.page)
    for width in WIDTHS:
        reader = await window(width)
        page = reader.page
        await page.goto(watched.page.url)
        await steps.sign_in(reader)
        await open_raw(page)
        raw = page.get_by_role("region", name="Raw log")
        frames = raw.get_by_role("group", name="Frames")
        await expect(frames.get_by_role("button").last).to_be_in_viewport()
        earlier = raw.get_by_role("button", name="Load earlier")
        await expect(earlier).to_be_visible()
        first = frames.get_by_role("button", name=re.compile("^1 .*event started"))
        while not await first.is_visible():
            await frames.evaluate("box => { box.scrollTop = 0 }")
            await page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        await expect(earlier).to_have_count(0)
        assert await frames.locator("[data-index]").count() < 100  # only what is in sight is drawn
        await raw.get_by_role("button", name="Newest frame").click()
        await expect(frames.get_by_role("button").last).to_be_in_viewport()
