"""An ended session put out of the way, and brought back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_an_ended_session_is_archived_with_a_way_back(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Tidy.]]")
    await steps.is_idle(page)
    actions = page.get_by_role("button", name="Session actions")
    archive = page.get_by_role("menuitem", name="Archive", exact=True)
    await actions.click()
    await expect(page.get_by_role("menuitem", name="Terminate")).to_be_visible()
    await expect(archive).to_have_count(0)  # what runs stays in sight
    await page.get_by_role("menuitem", name="Terminate").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Terminate").click()
    await expect(page.get_by_text("It was terminated on request.")).to_be_visible()

    badge = page.get_by_role("main").get_by_text("Archived", exact=True)
    await actions.click()
    await archive.click()
    await expect(badge).to_be_visible()
    await watched.audit("archived session")
    await page.get_by_role("button", name="Undo").click()
    await expect(badge).to_have_count(0)
    await actions.click()
    await archive.click()
    await expect(badge).to_be_visible()

    await page.goto("/")
    row = page.get_by_role("region", name="Sessions").get_by_role("link", name="laptop")
    await expect(page.get_by_text("No session yet")).to_be_visible()
    await page.get_by_role("button", name="Archived", exact=True).click()
    await expect(row).to_be_visible()
    await watched.audit("archived sessions")
    await row.click()
    await actions.click()
    await page.get_by_role("menuitem", name="Unarchive").click()
    await expect(badge).to_have_count(0)
    await page.goto("/?state=archived")
    await expect(page.get_by_text("Nothing is archived")).to_be_visible()
    await page.get_by_role("button", name="All", exact=True).click()
    await expect(row).to_be_visible()
