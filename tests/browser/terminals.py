"""What people do at a terminal in the page, and what they see on its screen."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import Watched
from tests.browser.product import Product
from tests.helpers.fake_terminal import fake_terminal

READ = re.compile("<([0-9a-f]+)>")


async def start(watched: Watched, prompt: str = "") -> None:
    """Start a session in a terminal, and have its screen in the document, where a test can read it."""
    page = watched.page
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_role("combobox", name="Mode", exact=True).click()
    await page.get_by_role("option", name=re.compile("^Terminal")).click()
    await dialog.get_by_label("Prompt").fill(prompt)
    await dialog.get_by_role("button", name="Start session").click()
    await read_aloud(page)


async def read_aloud(page: Page) -> None:
    await page.get_by_role("button", name="Read the screen aloud", pressed=False).click()
    await expect(lines(page).first).to_be_attached()


def lines(page: Page) -> Locator:
    """The lines that the screen shows now."""
    return page.locator(".xterm-accessibility-tree").get_by_role("listitem")


def keyboard(page: Page) -> Locator:
    """What takes the keys for the screen."""
    return page.locator(".xterm-helper-textarea")


async def shows(page: Page, text: str) -> None:
    await expect(lines(page).filter(has_text=text).first).to_be_attached()


async def read(page: Page) -> bytes:
    """Return what the fake program says that it has read."""
    shown = "".join(await lines(page).all_text_contents())
    return bytes.fromhex("".join(READ.findall(shown)))


async def has_read(page: Page, expected: bytes) -> None:
    """Wait until the fake program has read the end of this, and see that it read all of it and nothing else."""
    await shows(page, f"{expected[-1:].hex()}>")
    assert await read(page) == expected


async def begin(product: Product, watched: Watched, shown: bytes = b"") -> None:
    """Come to a session in which the fake program shows something."""
    product.home.mkdir(exist_ok=True)
    product.claude = fake_terminal(product.home / "fake-terminal", shown + b"ready\r\n")
    await steps.arrive(watched, product)
    await watched.page.evaluate("navigator.clipboard.writeText('mine')")
    await start(watched)
    await shows(watched.page, "ready")


async def point_at(page: Page, word: str) -> None:
    """Put the mouse on the first letter of the last line of the screen that begins with a word."""
    shown = await lines(page).all_text_contents()
    row = max(number for number, line in enumerate(shown) if line.startswith(word))
    area = page.locator(".xterm-screen")
    box = await area.bounding_box()
    assert box is not None
    await area.hover(position={"x": 5, "y": (row + 0.5) * box["height"] / len(shown)})


async def point_at_link(page: Page, word: str) -> None:
    """Put the mouse on a link that begins a line; again where the screen was fitted to its window meanwhile."""
    async with asyncio.timeout(60):
        while True:
            await point_at(page, word)
            with suppress(AssertionError):
                await expect(page.locator(".xterm-cursor-pointer")).to_be_visible(timeout=2_000)
                return
            await page.mouse.move(0, 0)


async def drag(page: Page, down: float) -> None:
    """Draw a finger over the screen by so many pixels, and lift it."""
    box = await page.locator(".xterm").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - down / 2
    touch = await page.context.new_cdp_session(page)
    for step in range(11):
        point = {"x": x, "y": y + down * step / 10}
        kind = "touchMove" if step else "touchStart"
        await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await touch.detach()
