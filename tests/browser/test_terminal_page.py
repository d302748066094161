"""A session as Claude's full screen, in the page: seen, typed into, found again, and moved to a chat and back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def screen(page: Page) -> Locator:
    """What the terminal shows, as it is read aloud: what is drawn is a picture."""
    return page.locator(".xterm-accessibility-tree")


async def start_terminal(watched: Watched, prompt: str = "") -> None:
    """Start a session in a terminal, and wait for Claude's prompt."""
    page = watched.page
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_role("combobox", name="Mode", exact=True).click()
    await page.get_by_role("option", name=re.compile("^Terminal")).click()
    await dialog.get_by_label("Prompt").fill(prompt)
    await watched.audit("new terminal")
    await dialog.get_by_role("button", name="Start session").click()
    await page.get_by_role("button", name="Read the screen aloud").click()
    await expect(screen(page)).to_contain_text("❯", timeout=60_000)
    await expect(page.get_by_text("It has the size of this window.")).to_be_visible()
    await page.get_by_role("textbox", name="Terminal input").focus()


@pytest.mark.parametrize("width", WIDTHS)
async def test_claudes_screen_is_typed_into_found_again_and_moved_to_a_chat_and_back(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await start_terminal(watched)
    await page.keyboard.type("[[say Seen on the screen.]]")
    await page.keyboard.press("Enter")
    await expect(screen(page)).to_contain_text("● Seen on the screen.")
    await expect(page.get_by_text("on their way")).to_have_count(0)
    await watched.audit("terminal")

    await page.reload()
    await expect(screen(page)).to_contain_text("● Seen on the screen.")

    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Terminate").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Terminate").click()
    await page.get_by_role("button", name="Resume as a chat").click()
    await steps.is_idle(page)
    await steps.send(page, "[[say Seen in the chat.]]")
    await expect(steps.transcript(page).get_by_text("Seen in the chat.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Terminate").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Terminate").click()
    await page.get_by_role("button", name="Resume in a terminal").click()
    await expect(screen(page)).to_contain_text("● Seen in the chat.", timeout=60_000)
