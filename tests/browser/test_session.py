"""A session as a whole: renamed, ended, and resumed with its conversation."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_chat_is_renamed_and_resumed_as_a_chat_with_and_without_a_prompt(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = await steps.begin(watched, product, "[[say First.]]", "First.")

    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Rename").click()
    await page.get_by_role("dialog").get_by_label("Title").fill("Tidy <b>up</b>")
    await watched.audit("renaming")
    await page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    await expect(page.get_by_role("heading", name="Tidy <b>up</b>")).to_be_visible()
    assert (await page.title()).startswith("Tidy <b>up</b>")

    await steps.end(page)
    await page.get_by_role("button", name="Resume", exact=True).click()
    await steps.is_idle(page)
    await steps.say(page, "[[say Second.]]", "Second.")
    await steps.end(page)
    await steps.send(page, "[[say Third.]]", button="Resume")
    await expect(log.get_by_text("Third.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    told = await steps.whole_text(page)
    for said in ("First.", "Second.", "Third."):
        assert told.count(f"[[say {said}]]") == 1
    await expect(page.get_by_role("heading", name="Tidy <b>up</b>")).to_be_visible()
