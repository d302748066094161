"""What one says to a machine that is away waits, can be changed and taken back, and is run once when it returns."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_prompt_for_a_machine_that_is_away_is_edited_or_withdrawn_and_runs_once(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    token = await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Hello.]]")
    await expect(log.get_by_text("Hello.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    product.kill("agent")
    await expect(page.get_by_text("laptop is offline. Your prompt waits here")).to_be_visible()
    await steps.send(page, "[[say First.]]")
    await steps.send(page, "[[say Never.]]")
    await expect(log.get_by_text("Waits for laptop to come back")).to_have_count(2)
    await page.reload()
    await expect(log.get_by_text("Waits for laptop to come back")).to_have_count(2)
    await watched.audit("waiting prompts")

    await log.get_by_role("button", name="Withdraw").last.click()
    await expect(log.get_by_text("Withdrawn by ada.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(log.get_by_text("Waits for laptop to come back")).to_have_count(2)
    await log.get_by_role("button", name="Withdraw").last.click()
    await expect(log.get_by_text("Withdrawn by ada.")).to_have_count(2)
    await log.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="Waiting prompt").fill("[[say Second.]]")
    await page.get_by_role("button", name="Save").click()
    await expect(log.get_by_text("[[say Second.]]")).to_be_visible()

    product.start_agent(token)
    await expect(log.get_by_text("Second.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await expect(log.get_by_text("Second.", exact=True)).to_have_count(1)
    await expect(log.get_by_text("First.", exact=True)).to_have_count(0)
    await expect(log.get_by_text("Never.", exact=True)).to_have_count(0)
