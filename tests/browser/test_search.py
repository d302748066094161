"""From a few words to the very place where they stand."""

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


@pytest.mark.fault("X16")
@pytest.mark.parametrize("width", WIDTHS)
async def test_a_hit_opens_the_session_at_its_place(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "<img src=x onerror=window.owned=1> [[bash echo needle-42]] [[text 9000]]")
    await steps.is_idle(page)

    await transcript(page).focus()
    await page.keyboard.press("/")
    words = page.get_by_role("searchbox", name="Search for")
    await expect(words).to_be_focused()
    await page.keyboard.type("needle-42")
    found = page.get_by_role("list", name="Found").get_by_role("link")

    told = page.get_by_text("place").or_(page.get_by_text("Nothing was found"))
    await expect(told.first).to_be_visible()
    tool = found.filter(has=page.get_by_text("Tool", exact=True))
    while not await tool.count():  # the index is a few seconds behind
        await page.reload()
        await expect(told.first).to_be_visible()
    await expect(page).to_have_url(re.compile(r"q=needle-42"))
    await expect(found.locator("mark").first).to_have_text("needle-42")
    await watched.audit("search")
    assert await page.evaluate("window.owned") is None

    await page.get_by_role("combobox", name="State").click()
    await page.get_by_role("option", name="Ended").click()
    await expect(page.get_by_text("Nothing was found")).to_be_visible()
    await page.get_by_role("combobox", name="State").click()
    await page.get_by_role("option", name="Any state").click()
    await expect(found.first).to_be_visible()

    await words.focus()
    await page.keyboard.press("ArrowDown")
    await expect(found.first).to_be_focused()

    while not await tool.evaluate("hit => hit === document.activeElement"):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    result = transcript(page).get_by_role("group", name="Result").get_by_text("needle-42")
    await expect(result).to_be_in_viewport()
    await page.reload()  # as who follows a link to it: what is loaded comes after the list is there
    await expect(result).to_be_in_viewport()
    assert await page.evaluate("window.owned") is None
    await page.go_back()
    await expect(words).to_have_value("needle-42")


@pytest.mark.fault("X16")
@pytest.mark.parametrize("width", WIDTHS)
async def test_a_shared_transcript_is_read_without_an_account_until_it_is_withdrawn(
    product: Product, window: OpenWindow, width: str
) -> None:
    owner, visitor = await window(width), await window(width)
    await steps.arrive(owner, product)
    await steps.start_session(owner, "<img src=x onerror=window.owned=1> [[bash echo shared-42]] [[text 300]]")
    await steps.is_idle(owner.page)
    await owner.page.get_by_role("button", name="Session actions").click()
    await owner.page.get_by_role("menuitem", name="Share").click()
    dialog = owner.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Create link").click()
    await expect(dialog.get_by_text("It is shown only now")).to_be_visible()
    url = await dialog.get_by_text(re.compile(r"/shared#")).first.text_content()
    await owner.audit("share")

    page = visitor.page
    await page.goto((url or "").strip())
    await transcript(page).get_by_role("button", name="Run").click()
    await expect(transcript(page).get_by_role("group", name="Result")).to_contain_text("shared-42")
    assert "#" not in page.url  # no history keeps the code
    assert await page.get_by_role("textbox").count() == 0
    assert await page.evaluate("window.owned") is None
    await visitor.audit("shared transcript")
    await page.reload()
    await expect(transcript(page).get_by_role("button", name="Run")).to_be_visible()

    await dialog.get_by_role("button", name="Withdraw").click()
    await expect(owner.page.get_by_text("it opens nothing any more")).to_be_visible()
    with visitor.outage():  # the browser itself writes to the console that the link is refused
        await page.reload()
        await expect(page.get_by_text("This link was withdrawn")).to_be_visible()
