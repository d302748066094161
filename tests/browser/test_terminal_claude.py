"""Claude's own screen in the page: where it waits, in a window of another size, on two devices, and as a recording."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.terminals import keyboard, lines, read_aloud, shows, start

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OURS = "It has the size of this window."
ANOTHERS = "It has the size of another window (ada)."


async def says(watched: Watched, word: str) -> None:
    """Wait until the session's state is shown in words."""
    place = watched.page.get_by_role("region", name="Terminal") if watched.is_phone else watched.page.locator("header")
    await expect(place.get_by_text(word, exact=True)).to_be_visible()


async def rule(page: Page) -> int:
    """Return how long the longest line is that Claude draws across its screen."""
    return max(line.count("─") for line in await lines(page).all_text_contents())


async def has_rule(page: Page, length: int) -> None:
    async with asyncio.timeout(60):
        while await rule(page) != length:
            await page.evaluate("new Promise(requestAnimationFrame)")


async def type_in(page: Page, words: str) -> None:
    await keyboard(page).focus()
    await page.keyboard.type(words)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_terminal_says_in_words_what_claude_is_at_and_waits_in_the_inbox(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await start(watched)
    await shows(page, "❯")
    await says(watched, "Idle")
    await type_in(page, "[[text 3000 rate=300]]")
    await says(watched, "Working")
    await says(watched, "Idle")
    await type_in(page, "[[bash touch asked.txt]] [[say It is there.]]")
    await shows(page, "Do you want to proceed?")
    await says(watched, "Waiting for you")
    await watched.audit("a terminal that waits")

    await page.goto("/")
    row = page.get_by_role("main").get_by_role("listitem")
    await expect(row.get_by_text("Waiting for you", exact=True).locator("visible=true")).to_be_visible()
    inbox = page.get_by_role("link", name="Inbox").locator("visible=true")
    await expect(inbox).to_contain_text("1 waiting for you")
    await inbox.click()
    await expect(page).to_have_title("(1) Inbox · ClaudiOS")
    await watched.audit("a terminal in the inbox")
    await page.get_by_role("article").get_by_role("link", name="Open the terminal").click()
    await shows(page, "Do you want to proceed?")
    await keyboard(page).focus()
    await page.keyboard.press("Enter")
    await shows(page, "● It is there.")
    await says(watched, "Idle")
    await page.goto("/inbox")
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()


async def test_claude_paints_its_screen_anew_where_the_window_gets_another_size(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
    page = watched.page
    await steps.arrive(watched, product)
    await start(watched, "[[say Seen in every size.]]")
    await shows(page, "● Seen in every size.")
    await expect(page.locator(".xterm.enable-mouse-events")).to_have_count(0)  # Claude is told to follow no mouse
    across, down = await rule(page), await lines(page).count()
    await page.set_viewport_size({"width": 1100, "height": 600})
    await expect(lines(page)).not_to_have_count(down)
    async with asyncio.timeout(60):
        while not 0 < await rule(page) < across:
            await page.evaluate("new Promise(requestAnimationFrame)")
    await shows(page, "● Seen in every size.")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await expect(lines(page)).to_have_count(down)
    await has_rule(page, across)
    await shows(page, "● Seen in every size.")


async def test_a_desk_watches_what_a_phone_does_in_claudes_terminal_and_takes_it_over(
    product: Product, window: OpenWindow
) -> None:
    phone = await window("phone")
    await steps.arrive(phone, product)
    await start(phone)
    await shows(phone.page, "❯")
    await expect(phone.page.get_by_text(OURS)).to_be_visible()
    small = await rule(phone.page)

    desk = await window("wide")
    await desk.page.goto(phone.page.url)
    await steps.sign_in(desk)
    await read_aloud(desk.page)
    await expect(desk.page.get_by_text(ANOTHERS)).to_be_visible()
    await has_rule(desk.page, small)
    await type_in(phone.page, "[[say Said on the phone.]]")
    await shows(desk.page, "● Said on the phone.")

    await desk.page.get_by_role("button", name="Take over the size").click()
    await expect(desk.page.get_by_text(OURS)).to_be_visible()
    await expect(phone.page.get_by_text(ANOTHERS)).to_be_visible()
    async with asyncio.timeout(60):
        while await rule(desk.page) <= 2 * small:
            await desk.page.evaluate("new Promise(requestAnimationFrame)")
    await has_rule(phone.page, await rule(desk.page))
    await type_in(desk.page, "[[say Said at the desk.]]")
    await shows(phone.page, "● Said at the desk.")
    await phone.audit("another window's terminal")

    await desk.page.goto("/")
    await expect(phone.page.get_by_text(OURS)).to_be_visible()
    await has_rule(phone.page, small)


async def saved(page: Page, item: str) -> Path:
    """Choose one of a session's actions, and return the file that is saved."""
    await page.get_by_role("button", name="Session actions").click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name=item).click()
    return Path(await (await download.value).path())


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_terminal_is_saved_as_a_recording_and_a_session_as_its_record(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await start(watched, "[[say Seen on the screen.]]")
    await shows(page, "● Seen on the screen.")
    recording = [json.loads(line) for line in (await saved(page, "Download the recording")).read_text().splitlines()]
    assert recording[0]["version"] == 2
    assert "Seen" in "".join(text for _, kind, text in recording[1:] if kind == "o")
    record = (await saved(page, "Export the record")).read_bytes()
    assert b"Seen" in record
