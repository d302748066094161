"""A plan of the real CLI in the page: read, sent back with a reason, approved."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLAN = r"[[planfile # Tidy up\n\n1. Read the notes\n2. Write **less**]] [[plan -]] "


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_plan_is_read_sent_back_and_approved(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, f"{PLAN}[[plan -]] [[say Off I go.]]", permissions="Plan first")

    asked = page.get_by_role("region", name="Waiting for you")
    await expect(asked.get_by_role("heading", name="Claude proposes a plan")).to_be_visible()
    await expect(asked.get_by_role("heading", name="Tidy up")).to_be_visible()
    await expect(asked.get_by_role("listitem")).to_have_text(["Read the notes", "Write less"])
    await watched.audit("plan")
    await asked.get_by_role("button", name="Keep planning").click()
    await asked.get_by_role("textbox").fill("Write nothing")
    await asked.get_by_role("button", name="Keep planning").click()
    await expect(log.get_by_text("Sent back to planning by ada")).to_be_visible()

    await asked.get_by_role("button", name="Approve", exact=True).click()
    await expect(log.get_by_text("Plan approved by ada")).to_be_visible()
    await expect(log.get_by_text("Off I go.", exact=True)).to_be_visible()
    await steps.is_idle(page)
