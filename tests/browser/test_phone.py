"""On phones of several sizes: what notch and home indicator leave free, and what a finger does without a button."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from playwright.async_api import CDPSession, Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SIZES = ((360, 800), (390, 844), (430, 932))
TOP, BOTTOM = 47, 34
CONTROLS = "a:visible, button:visible, input:visible, textarea:visible, [role=combobox]:visible"
OUTSIDE = """(controls, {top, bottom}) => controls
    .filter(control => !control.closest(".sr-only") && getComputedStyle(control).pointerEvents !== "none")
    .map(control => [control.getBoundingClientRect(), control])
    .filter(([box]) => box.width > 1 && box.height > 1)
    .filter(([box]) => box.top < top || box.bottom > innerHeight - bottom || box.left < 0 || box.right > innerWidth)
    .map(([box, control]) => `${control.outerHTML.slice(0, 120)} ${box.top}-${box.bottom}`)"""
SMALL_LETTERS = """fields => fields.filter(field => parseFloat(getComputedStyle(field).fontSize) < 16)
    .map(({outerHTML}) => outerHTML.slice(0, 120))"""


async def is_inside(region: Locator) -> None:
    """Look whether all that one presses there is clear of the notch, the home indicator and the screen's sides."""
    outside = await region.locator(CONTROLS).evaluate_all(OUTSIDE, {"top": TOP, "bottom": BOTTOM})
    assert outside == []


async def is_readable(page: Page) -> None:
    """Look whether no field has letters so small that a phone would zoom into it."""
    assert await page.locator("input, textarea, select").evaluate_all(SMALL_LETTERS) == []


class Finger:
    """One finger on the screen."""

    def __init__(self, cdp: CDPSession) -> None:
        self._cdp = cdp

    async def drag(self, points: Iterable[tuple[float, float]]) -> None:
        """Put it down at the first point, move it through the others, and lift it."""
        kind = "touchStart"
        for x, y in points:
            await self._touch(kind, [{"x": x, "y": y}])
            kind = "touchMove"
        await self._touch("touchEnd", [])

    async def _touch(self, kind: str, points: list[dict[str, float]]) -> None:
        await self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def along(y: float, *xs: float) -> list[tuple[float, float]]:
    return [(x, y) for x in xs]


async def of_phone(watched: Watched) -> CDPSession:
    """Give the window's screen a notch and a home indicator."""
    cdp = await watched.page.context.new_cdp_session(watched.page)
    insets = {"top": TOP, "topMax": TOP, "bottom": BOTTOM, "bottomMax": BOTTOM, "left": 0, "right": 0}
    await cdp.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    return cdp


async def test_every_bar_and_dialog_is_clear_of_the_notch_and_the_home_indicator(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("phone")
    page = watched.page
    await of_phone(watched)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[bash touch one]] [[say Done.]]")
    address = page.url
    await expect(page.get_by_role("region", name="Waiting for you")).to_be_visible()
    bars = page.locator("main > header, main header:has(h1)")
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto("/")
        await expect(page.get_by_role("link", name="laptop").first).to_be_visible()
        await is_inside(bars)
        await is_inside(page.get_by_role("navigation", name="Main, at the bottom"))
        await watched.audit(f"the overview at {width} x {height}")
        await page.get_by_role("button", name="Open the menu").click()
        menu = page.get_by_role("dialog", name="Menu")
        await expect(menu.get_by_role("button", name="Account and theme")).to_be_visible()
        await is_inside(menu)
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
        dialog = page.get_by_role("dialog", name="New session")
        await expect(dialog.get_by_role("button", name="Start session")).to_be_visible()
        await is_inside(dialog.locator("header"))
        await is_inside(dialog.locator("footer"))
        await is_readable(page)
        await page.keyboard.press("Escape")

        await page.goto(address)
        asked = page.get_by_role("region", name="Waiting for you")
        await expect(asked.get_by_role("button", name="Allow", exact=True)).to_be_visible()
        await is_inside(bars)
        await is_inside(asked)
        prompt = page.get_by_role("textbox", name=re.compile("^Prompt for"))
        await is_inside(page.locator("div.shrink-0", has=prompt).last)
        await is_readable(page)
        await watched.audit(f"a session at {width} x {height}")
        for path, name in (("/inbox", "Inbox"), ("/account", "Account"), ("/search", "Search")):
            await page.goto(path)
            await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
            await is_inside(bars)
            await is_readable(page)


async def test_a_finger_from_the_left_edge_opens_the_menu_or_goes_back_and_one_on_a_row_archives_it(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("phone")
    page = watched.page
    finger = Finger(await of_phone(watched))
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Hello.]]")
    await expect(transcript(page).get_by_text("Hello.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await steps.terminate(page)
    await expect(page.get_by_text("It was terminated on request.")).to_be_visible()

    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Files", exact=True).click()
    panel = page.get_by_role("region", name="Machine")
    await expect(panel.get_by_role("tab", name="Files")).to_be_visible()
    await finger.drag(along(400, 4, 40, 90, 160))
    await expect(panel).to_have_count(0)
    await expect(transcript(page).get_by_text("Hello.", exact=True)).to_be_visible()
    await finger.drag(along(400, 4, 40, 90, 160))
    await expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    await finger.drag(along(400, 4, 40, 90, 160))
    menu = page.get_by_role("dialog", name="Menu")
    await expect(menu).to_be_visible()
    await finger.drag(along(400, 250, 200, 120, 60))
    await expect(menu).to_have_count(0)

    row = page.get_by_role("region", name="Sessions").get_by_role("link", name=re.compile("laptop"))
    box = await row.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await finger.drag([(200, middle), (198, middle - 20), (60, middle - 60)])  # scrolls
    await finger.drag(along(middle, 300, 280, 260))  # too short, and no press either
    await expect(row).to_be_visible()
    await expect(page.get_by_text("Archived.")).to_have_count(0)
    await finger.drag(along(middle, 300, 250, 200, 150))
    await expect(page.get_by_text("Archived.")).to_be_visible()
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(row).to_be_visible()
    await expect(page).to_have_url(re.compile("/$"))


async def test_back_closes_what_is_open_over_a_view_and_only_then_leaves_it(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("phone")
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Hello.]]")
    hello = transcript(page).get_by_text("Hello.", exact=True)
    await expect(hello).to_be_visible()
    address = page.url

    panel = page.get_by_role("region", name="Machine")
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Files", exact=True).click()
    await expect(panel.get_by_role("tab", name="Files")).to_be_visible()
    await page.go_back()
    await expect(panel).to_have_count(0)
    await expect(hello).to_be_visible()
    await expect(page).to_have_url(address)
    await page.go_back()
    await expect(page).not_to_have_url(address)

    await page.goto("/")
    await page.get_by_role("link", name="Inbox").locator("visible=true").click()
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    form = page.get_by_role("dialog", name="New session")
    browser = page.get_by_role("dialog", name="Directories on laptop")
    await form.get_by_role("button", name="Browse directories").click()
    await expect(browser.get_by_role("status")).to_be_visible()
    await page.go_back()  # of two, the one above
    await expect(browser).to_have_count(0)
    await expect(form).to_be_visible()
    await page.go_back()
    await expect(form).to_have_count(0)
    await expect(page).to_have_url(re.compile("/inbox$"))
    await page.go_back()
    await expect(page).to_have_url(re.compile("/$"))
