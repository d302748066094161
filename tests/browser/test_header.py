"""A session's name, and what can be done with it, in as much room as there is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LEAST_PX = 96
"""A dozen letters or so."""
ROOM = """header => {
    const title = header.querySelector("h1").getBoundingClientRect()
    const beyond = [...header.children].filter(child => child.getBoundingClientRect().right > innerWidth)
    return [Math.round(title.width), beyond.length, header.scrollWidth - header.clientWidth]
}"""


async def test_the_title_can_be_read_at_every_width_and_beside_an_open_panel(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Mended.]] Mend the fence behind the garden before the winter comes")
    await steps.is_idle(page)
    header = page.get_by_role("main").locator("header").first

    for is_open in (False, True):
        if is_open:
            await header.get_by_role("button", name="Raw", exact=True).click()
            await expect(page.get_by_role("region", name="Raw log")).to_be_visible()
        for across in (1440, 1280, 1024, 768, 390):
            await page.set_viewport_size({"width": across, "height": 900})
            if is_open and across == 390:
                break  # there the panel stands in the place of all
            width, beyond, excess = await header.evaluate(ROOM)
            assert (width >= LEAST_PX, beyond, excess) == (True, 0, 0), (across, is_open, width)
            await watched.audit(f"header at {across}, {'beside a panel' if is_open else 'alone'}")
        await page.set_viewport_size({"width": 1440, "height": 900})

    # What has no room for its words keeps its name; what has none at all is in the menu.
    await expect(header.get_by_role("button", name="Terminate", exact=True)).to_be_visible()
    await page.set_viewport_size({"width": 1024, "height": 900})
    await expect(header.get_by_role("button", name="Terminate", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Close the raw log").click()
    await expect(page.get_by_role("region", name="Raw log")).to_have_count(0)

    # A dialog that the menu opens has the focus, and keeps it once the menu has closed.
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Rename").click()
    title = page.get_by_role("dialog", name="Rename session").get_by_label("Title")
    await expect(title).to_be_focused()
    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(title).to_be_focused()
