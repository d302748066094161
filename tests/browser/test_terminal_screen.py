"""A terminal's screen in the page: scrolled back, searched, followed by the mouse, and asked for what leaves it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.terminals import begin, drag, keyboard, lines, point_at, point_at_link, read, shows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LINES = 200
NUMBERED = b"".join(b"line %03d\r\n" % number for number in range(LINES))
FOLLOWS_MOUSE = b"\x1b[?1000h\x1b[?1006h"
ALTERNATE = b"\x1b[?1049h\x1b[H"
LINK = b"\x1b]8;;https://example.invalid/there\aTHERE\x1b]8;;\a\r\n"
COPIES = b"\x1b]52;c;dGFrZW4=\a"


async def numbers(page: Page) -> list[int]:
    """Return the numbered lines that the screen shows."""
    return [int(line[5:8]) for line in await lines(page).all_text_contents() if line.startswith("line ")]


async def scroll(page: Page, is_phone: bool, pixels: float) -> None:
    """Scroll towards the beginning as one does there: with a finger, or with the mouse's wheel."""
    if is_phone:
        await drag(page, pixels)
    else:
        await page.locator(".xterm-screen").hover()
        await page.mouse.wheel(0, -pixels)


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_has_scrolled_away_is_seen_again(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await begin(product, watched, NUMBERED)
    newest = await numbers(page)
    assert newest == list(range(newest[0], LINES))

    await scroll(page, watched.is_phone, 300)
    await expect(lines(page).filter(has_text=f"line {newest[-1]}")).to_have_count(0)
    seen = await numbers(page)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert seen[0] < newest[0] <= seen[-1]  # the lines go with the finger, and do not leap

    while (await numbers(page))[0] > 0:
        await scroll(page, watched.is_phone, 300)
    await shows(page, "line 000")
    while (await numbers(page))[-1] < newest[-1]:
        await scroll(page, watched.is_phone, -300)
    await scroll(page, watched.is_phone, -300)  # to the line after the last that has a number
    await shows(page, "ready")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("asked", "up", "down"),
    [
        pytest.param(
            FOLLOWS_MOUSE, rb"\x1b\[<64;\d+;\d+M", rb"\x1b\[<65;\d+;\d+M", id="a program that follows the mouse"
        ),
        pytest.param(ALTERNATE, rb"\x1b\[A", rb"\x1b\[B", id="the alternate screen"),
    ],
)
async def test_a_program_that_scrolls_by_itself_is_told_how_far(
    product: Product, window: OpenWindow, width: str, asked: bytes, up: bytes, down: bytes
) -> None:
    watched = await window(width)
    page = watched.page
    await begin(product, watched, asked)
    for pixels, told, key in ((100, up, "."), (-100, down, ",")):
        await scroll(page, watched.is_phone, pixels)
        await keyboard(page).focus()
        await page.keyboard.press(key)
        await shows(page, f"{ord(key):02x}>")
        assert re.search(b"(" + told + b")+" + re.escape(key.encode()) + b"$", await read(page))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(FOLLOWS_MOUSE, rb"\x1b\[<0;(\d+;\d+)M\x1b\[<0;\1m", id="a program that follows the mouse"),
        pytest.param(b"", b"", id="one that does not"),
    ],
)
async def test_the_mouse_is_told_to_a_program_that_follows_it(
    product: Product, window: OpenWindow, asked: bytes, told: bytes
) -> None:
    watched = await window("wide")
    page = watched.page
    await begin(product, watched, asked)
    await point_at(page, "ready")
    await page.mouse.down()
    await page.mouse.up()
    await keyboard(page).focus()
    await page.keyboard.press(".")
    await shows(page, "2e>")
    assert re.fullmatch(told + rb"\.", await read(page))


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_allowed_to_be_copied_and_opened_is(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await begin(product, watched, LINK + COPIES)
    asked = page.get_by_role("region", name="Copy this?")
    await expect(asked.get_by_text("taken", exact=True)).to_be_visible()
    await asked.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_text("It is on the clipboard.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "taken"
    await expect(asked).to_have_count(0)

    await page.context.route("https://example.invalid/**", lambda route: route.fulfill(body="There."))
    await page.reload()  # what a late viewer is sent of the screen has its links
    await shows(page, "ready")
    await point_at_link(page, "THERE")
    await page.mouse.down()
    await page.mouse.up()
    opening = page.get_by_role("dialog", name="Open this link?")
    async with page.context.expect_page() as opened:
        await opening.get_by_role("button", name="Open", exact=True).click()
    there = await opened.value
    assert there.url == "https://example.invalid/there"
    assert await there.evaluate("window.opener") is None
    await expect(opening).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
async def test_search_finds_what_has_scrolled_away_and_marks_it(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await begin(product, watched, NUMBERED)
    await page.get_by_role("button", name="Search on the screen").click()
    field = page.get_by_role("searchbox")
    await field.fill("line 007")
    await field.press("Enter")
    await shows(page, "line 007")
    await keyboard(page).focus()
    await page.keyboard.press("Control+c")
    await page.wait_for_function("async () => await navigator.clipboard.readText() === 'line 007'")

    await field.fill("line 008")
    await page.get_by_role("button", name="Below").click()
    await keyboard(page).focus()
    await page.keyboard.press("Control+c")
    await page.wait_for_function("async () => await navigator.clipboard.readText() === 'line 008'")

    await field.fill("nowhere")
    await field.press("Enter")
    await expect(page.get_by_text("Not there")).to_be_visible()
