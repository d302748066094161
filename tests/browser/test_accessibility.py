"""Every view, in the light and in the dark, on a desk and on a phone, by axe's rules for WCAG 2.2 AA; and motion."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import audit_each, transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MOVES = "document.getAnimations().filter(one => one.playState === 'running').length"


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_view_keeps_to_the_rules_in_both_schemes(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await page.goto("/sign-in")
    await audit_each(watched, "sign-in")
    await page.goto("/no-such-page")
    await expect(page.get_by_text("There is nothing at this address")).to_be_visible()
    await audit_each(watched, "nothing here")

    await steps.arrive(watched, product)
    for tab in ("Agents", "People", "Settings"):
        await page.get_by_role("tab", name=tab).click()
        await expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        await audit_each(watched, f"project, {tab}")
    await page.get_by_role("tab", name="People").click()
    for address, heading in (("/projects", "Projects"), ("/account", "Account"), ("/inbox", "Inbox")):
        await page.goto(address)
        await expect(page.get_by_role("heading", name=heading, exact=True).locator("visible=true")).to_be_visible()
        await audit_each(watched, heading)

    await page.goto("/")
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    for choice in ("Agent", "Permissions", "Model"):
        await expect(page.get_by_role("dialog").get_by_role("combobox", name=choice)).to_be_visible()
    await audit_each(watched, "new session")
    await page.keyboard.press("Escape")

    await steps.start_session(watched, "show markdown")
    await steps.is_idle(page)
    await audit_each(watched, "markdown")
    for prompt in ("think about it", "write a file", "show an error"):
        await steps.send(page, prompt)
        allow = page.get_by_role("region", name="Waiting for you").get_by_role("button", name="Allow", exact=True)
        if prompt == "write a file":
            await expect(allow).to_be_visible()
            await audit_each(watched, "asked for a file")
            await allow.click()
        await steps.is_idle(page)
    await log.get_by_role("button", expanded=False).last.click()
    await audit_each(watched, "unfolded")

    await page.get_by_role("button", name="Session actions").click()
    await expect(page.get_by_role("menuitem", name="Details")).to_be_visible()
    await audit_each(watched, "session's menu", is_menu_open=True)
    await page.get_by_role("menuitem", name="Details").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await audit_each(watched, "details")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Raw log").click()
    await expect(page.get_by_role("region", name="Raw log").get_by_text("Live", exact=True)).to_be_visible()
    await audit_each(watched, "raw log")
    await page.get_by_role("button", name="Close the raw log").click()

    await steps.send(page, "ask me a question")
    await expect(page.get_by_role("region", name="Waiting for you")).to_be_visible()
    await audit_each(watched, "question")
    await page.goto("/inbox")
    await expect(page.get_by_role("main").get_by_role("radio").first).to_be_visible()
    await audit_each(watched, "inbox with a question")
    await page.goto("/")
    await expect(
        page.get_by_role("region", name="Sessions").get_by_role("link", name=re.compile("laptop"))
    ).to_be_visible()
    await audit_each(watched, "list")
    if watched.is_phone:
        await page.get_by_role("button", name="Open the menu").click()
    await page.get_by_role("button", name="Account and theme").locator("visible=true").click()
    await expect(page.get_by_role("menuitem", name="Sign out", exact=True)).to_be_visible()
    await audit_each(watched, "account's menu", is_menu_open=True)


async def is_moving(page: Page) -> bool:
    return bool(await page.evaluate(MOVES))


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_moves_for_those_who_asked_for_that(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[text 200000 rate=500]]")
    await expect(page.get_by_role("button", name="Interrupt")).to_be_visible()
    await page.emulate_media(reduced_motion="no-preference")
    await page.wait_for_function(f"{MOVES} > 0")  # something would move
    await page.emulate_media(reduced_motion="reduce")
    await page.wait_for_function(f"{MOVES} === 0")
    await page.get_by_role("button", name="Session actions").click()
    assert not await is_moving(page)
    menu = page.get_by_role("menu")
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await page.get_by_role("button", name="Interrupt").click()
    await steps.is_idle(page)
