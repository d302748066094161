"""Everything at a glance, found again under its address, and gone to and begun by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_all_sessions_and_machines_are_seen_at_a_glance(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[bash touch asked.txt]] [[say Touched.]]")
    await page.goto("/")
    sessions = page.get_by_role("region", name="Sessions")
    row = sessions.get_by_role("link", name="laptop")

    # It waits, for what, and nothing else does; what is looked for stands in the address, and is there again.
    await expect(sessions.get_by_role("heading", name="Waiting for you 1")).to_be_visible()
    await expect(row.get_by_text("Run touch asked.txt")).to_be_visible()
    await expect(row.get_by_text("now")).to_be_visible()
    await steps.audit_each(watched, "overview")
    if not watched.is_phone:  # a row is a link as any: it may be opened beside
        async with page.context.expect_page() as beside:
            await row.click(modifiers=["ControlOrMeta"])
        await (await beside.value).wait_for_url("**/sessions/*")
        await (await beside.value).close()
        await expect(page).to_have_url(re.compile("/$"))
    await page.get_by_role("button", name="Idle", exact=True).click()
    await expect(page.get_by_text("No session matches")).to_be_visible()
    await page.get_by_role("button", name="Waiting 1", exact=True).click()
    await page.get_by_role("searchbox", name="Text in sessions and machines").fill("TOUCH")
    await page.wait_for_url(re.compile(r"state=waiting.*text=TOUCH"))
    await page.reload()
    await expect(row).to_be_visible()
    await page.get_by_role("searchbox").fill("nothing of that kind")
    await expect(row).to_have_count(0)
    await page.get_by_role("link", name="Show all sessions").click()
    await expect(row).to_be_visible()

    # Once it is answered elsewhere, it is seen here to be idle, and what it cost today.
    other = await watched.page.context.new_page()
    await other.goto("/inbox")
    await other.get_by_role("article").get_by_role("button", name="Allow", exact=True).click()
    await expect(sessions.get_by_role("heading", name="Idle 1")).to_be_visible()
    await expect(row.get_by_text("Touched.", exact=True)).to_be_visible()
    await expect(page.get_by_title("What all sessions cost since midnight")).to_have_text(
        re.compile(r"^\$[\d.]+ today$")
    )
    await other.close()

    # The machine says how it is; pressed, it shows its sessions alone.
    if watched.is_phone:
        await page.get_by_role("button", name="Machines 1/1 online").click()
    machines = page.get_by_role("complementary", name="Machines")
    for fact in ("1 of 5 running", "Load", "Memory", "Disk"):
        await expect(machines.get_by_text(fact)).to_be_visible()
    await expect(machines.get_by_text(re.compile(r"^Claude \d+\.\d+.* · agent \d+\.\d+"))).to_be_visible()
    await expect(machines.get_by_text("update available")).to_have_count(0)
    await watched.audit("machines")
    await machines.get_by_role("button", name="laptop", exact=True).click()
    await page.wait_for_url(re.compile("agent=agt_"))
    await expect(row).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_one_goes_anywhere_and_starts_a_session_from_the_palette(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Password")).to_be_visible()
    palette = page.get_by_role("dialog", name="Command palette")

    # Three strokes, wherever one is: the palette, its first entry, and the form as it stands.
    await page.keyboard.press("Control+k")
    await expect(palette.get_by_role("option", name="New session")).to_be_visible()
    await watched.audit("palette")
    await page.keyboard.press("Enter")
    prompt = page.get_by_role("dialog", name="New session").get_by_label("Prompt")
    await expect(prompt).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(transcript(page)).to_be_visible()
    begun = page.url

    # What is nothing's name is a prompt.
    if watched.is_phone:
        await page.goto("/inbox")
        await page.get_by_role("button", name="Go to …").locator("visible=true").click()
    else:
        await page.keyboard.press("Control+k")
    await page.keyboard.type("[[say Found by its words.]]")
    await expect(palette.get_by_role("option")).to_have_count(2)  # or it is looked for in transcripts
    await page.keyboard.press("Enter")
    await expect(prompt).to_have_value("[[say Found by its words.]]")
    await expect(prompt).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(transcript(page).get_by_text("Found by its words.", exact=True)).to_be_visible()
    assert page.url != begun

    # It may be what somebody said.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("found by")
    await palette.get_by_role("option", name="Search transcripts for found by").click()
    await page.wait_for_url(re.compile(r"/search\?q=found"))
    await expect(page.get_by_role("searchbox", name="Search for")).to_have_value("found by")

    # A session, a view and the theme are found by their words; Escape leaves all as it is.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("account")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/account")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("its words laptop")
    await expect(palette.get_by_role("option", name="Found by its words")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sessions/*")
    await expect(transcript(page).get_by_text("Found by its words.", exact=True)).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("dark")
    await page.keyboard.press("Enter")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(palette).to_have_count(0)
