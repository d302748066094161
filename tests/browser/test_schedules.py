"""Schedules in the page: made with the next times in sight, run by hand, paused, changed and removed."""

from __future__ import annotations

import os
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_schedule_is_made_with_its_times_in_sight_and_run_by_hand(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await page.get_by_role("tab", name="Schedules").click()
    await expect(page.get_by_role("heading", name="No schedule yet")).to_be_visible()
    await watched.audit("no schedule")
    await create(watched)

    row = page.get_by_role("list", name="Schedules").get_by_role("listitem").first
    await expect(row.get_by_text("At 07:30 on Monday through Friday")).to_be_visible()
    await expect(row.get_by_text(re.compile(r"^next in "))).to_be_visible()
    await row.get_by_role("button", name="Run now: Morning look").click()
    history = page.get_by_role("list", name="Runs of Morning look")
    await expect(history.get_by_text(f"By hand, {steps.USERNAME}")).to_be_visible()
    await steps.audit_each(watched, "schedules")
    await picture(page, f"schedules-{width}")

    await history.get_by_role("link", name="Morning look").click()
    await expect(steps.transcript(page).get_by_text("Looked.", exact=True)).to_be_visible()
    origin = page.get_by_text("Started by the schedule").locator("..").get_by_role("link", name="Morning look")
    await expect(origin).to_be_visible()
    await steps.is_idle(page)
    await steps.audit_each(watched, "session of a schedule")
    await origin.click()

    await row.get_by_role("button", name="Pause Morning look").click()
    await expect(row.get_by_text("paused", exact=True)).to_be_visible()
    await row.get_by_role("button", name="Resume Morning look").click()
    await expect(row.get_by_text(re.compile(r"^next in "))).to_be_visible()
    await change(page)
    await expect(row.get_by_text("At 06:00 on Sunday")).to_be_visible()
    await row.get_by_role("button", name="More for Morning look").click()
    await page.get_by_role("menuitem", name="Remove").click()
    await page.get_by_role("button", name="Remove schedule").click()
    await expect(page.get_by_role("heading", name="No schedule yet")).to_be_visible()


async def create(watched: Watched) -> None:
    page = watched.page
    await page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog", name="New schedule")
    times = dialog.get_by_role("status", name="Next times")
    await dialog.get_by_label("Name").fill("Morning look")
    await dialog.get_by_label("Prompt").fill("[[say Looked.]]")
    await dialog.get_by_label("When", exact=True).fill("30 25 * * *")
    await expect(times.get_by_text("no hour that can be read")).to_be_visible()
    await watched.audit("schedule that cannot be read")
    await dialog.get_by_label("Time zone").fill("Europe/Zurich")
    await dialog.get_by_label("When", exact=True).fill("30 7 * * MON-FRI")
    await expect(times.get_by_text("At 07:30 on Monday through Friday")).to_be_visible()
    await expect(times.get_by_role("listitem")).to_have_count(5)
    await expect(times.get_by_role("listitem").first).to_contain_text("07:30")
    await watched.audit("new schedule")
    await picture(page, "schedule-form" + ("-phone" if watched.is_phone else "-wide"))
    await dialog.get_by_role("button", name="Create schedule").click()
    await expect(dialog).to_have_count(0)


async def change(page: Page) -> None:
    await page.get_by_role("button", name="More for Morning look").click()
    await page.get_by_role("menuitem", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change Morning look")
    await dialog.get_by_label("When", exact=True).fill("0 6 * * SUN")
    await dialog.get_by_role("button", name="Save schedule").click()
    await expect(dialog).to_have_count(0)


async def picture(page: Page, name: str) -> None:
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png")
