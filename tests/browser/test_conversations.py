"""A conversation that was held outside of ClaudiOS goes on as a session, from the form for a new one."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_conversation_from_a_terminal_goes_on_in_the_page(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await asyncio.to_thread(
        subprocess.run, [str(product.claude), "-p", "[[say In the terminal.]]"], cwd=product.work,
        env=dict(product.claude_environment), check=True, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    await page.get_by_role("button", name="Continue a conversation from this machine").click()
    dialog = page.get_by_role("dialog", name="Conversations on laptop")
    await expect(dialog.get_by_text("[[say In the terminal.]]")).to_be_visible()
    await watched.audit("conversations")
    await dialog.get_by_role("button", name="In the terminal.").click()

    await expect(page.get_by_text("Goes on with a conversation that was held on this machine.")).to_be_visible()
    log = transcript(page)
    await expect(log.get_by_text("In the terminal.", exact=True)).to_be_visible()
    await expect(log.get_by_text("Imported from this machine")).to_be_visible()
    await steps.is_idle(page)
    await watched.audit("imported")
    await steps.send(page, "[[say In the page.]]")
    await expect(log.get_by_text("In the page.", exact=True)).to_be_visible()
