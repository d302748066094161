"""A session that begins with another's conversation, and says which."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_running_session_is_forked_and_both_go_on(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Before.]]")
    await expect(log.get_by_text("Before.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    original = page.url

    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Fork").click()
    await expect(page).not_to_have_url(original)
    await expect(page.get_by_role("heading", name=re.compile("^Fork of"))).to_be_visible()
    await steps.is_idle(page)
    await watched.audit("fork")
    await steps.send(page, "[[say In the fork.]]")
    await expect(log.get_by_text("In the fork.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    await page.get_by_text("Forked from").locator("..").get_by_role("link").click()
    await expect(page).to_have_url(original)
    await expect(log.get_by_text("Before.", exact=True)).to_be_visible()
    await steps.send(page, "[[say In the original.]]")
    await expect(log.get_by_text("In the original.", exact=True)).to_be_visible()
    await expect(log.get_by_text("In the fork.")).to_have_count(0)
