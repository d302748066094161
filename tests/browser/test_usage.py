"""What was used, as charts, tables and CSV; and a budget that stops what would cost more."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_usage_is_read_at_a_glance_and_a_budget_holds(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    project = page.url
    await steps.start_session(watched, "[[say Counted.]]")
    await steps.is_idle(page)
    session = page.url

    if watched.is_phone:
        await page.goto("/usage")
    else:
        await page.get_by_role("link", name="Usage", exact=True).click()
    await expect(page.get_by_role("img", name=re.compile(r"Cost of each day .* The most was \$0"))).to_be_visible()
    await expect(page.get_by_role("region", name="By machine").get_by_text("laptop")).to_be_visible()
    await expect(page.get_by_role("region", name="By person").get_by_text(steps.USERNAME)).to_be_visible()
    await steps.audit_each(watched, "usage")
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/usage-{width}.png")
    await page.get_by_role("button", name="By machine as a table").click()
    await expect(page.get_by_role("row", name=re.compile("^laptop 1 "))).to_be_visible()
    await watched.audit("usage as a table")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="By machine as CSV").click()
    lines = Path(await (await download.value).path()).read_text().splitlines()
    assert lines[0].startswith("agent,id,turns")
    assert lines[1].startswith("laptop,")

    await page.goto(f"{project.partition('?')[0]}?tab=settings")
    day = page.get_by_label("US dollars a day")
    await day.fill("0.00001")
    await page.get_by_role("button", name="Save budgets").click()
    await expect(page.get_by_text(re.compile(r"of \$0\.0000 used"))).to_be_visible()
    await watched.audit("budgets")
    await page.goto(session)
    notice = page.get_by_text("Claude begins no new turn")
    await expect(notice).to_be_visible()
    await watched.audit("budget used up")
    with watched.outage():  # the browser itself writes to the console that the server refused
        await steps.send(page, "[[say More.]]")
        await expect(page.get_by_text(re.compile("^Not sent.* is used up. Ask an owner"))).to_be_visible()
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/budget-{width}.png")

    await page.goto(f"{project.partition('?')[0]}?tab=settings")
    await day.fill("50")
    await page.get_by_role("button", name="Save budgets").click()
    await expect(page.get_by_text(re.compile(r"of \$50\.00 used"))).to_be_visible()
    await page.goto(session)
    await expect(notice).to_have_count(0)
    await page.get_by_role("button", name="Send again").click()
    await expect(steps.transcript(page).get_by_text("More.", exact=True)).to_be_visible()
