"""A terminal session in several windows, on a phone, over lost connections, and with a program that means ill."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import audit_each
from tests.browser.terminals import begin, has_read, keyboard, lines, point_at, read_aloud, shows, start

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

QUESTIONS = (
    b"\x05\x1b[c\x1b[>c\x1b[=c\x1b[5n\x1b[6n\x1b[?6n\x1b[?996n\x1b[14t\x1b[16t\x1b[18t\x1b[20t\x1b[21t\x1b[>q\x1b[?u"
    b"\x1b[x\x1b[?2026$p\x1b[4$p\x1bP$qm\x1b\\\x1bP+q544e\x1b\\\x1b_Gi=31,s=1,v=1,a=q;AAAA\x1b\\\x1bZ"
    b"\x1b]4;1;?\a\x1b]10;?\a\x1b]11;?\a\x1b]12;?\a\x1b]52;c;?\a\x1b]52;p;?\x1b\\\x1b[?1004h"
)
COMMANDS = (
    b"\x1b]0;" + b"owned " * 5000 + b"\a\x1b]2;owned\a\x1b[8;900;900t\x1b[3;1;1t\x1b[9;1t\x1b]9;owned\a"
    b"\x1b]777;notify;owned;owned\a\x1b]1337;File=inline=1:aW1n\a"
)
COPIES = b"".join(
    b"\x1b]52;c;%s\a" % b64encode(text.encode()) for text in ("", "owned\N{RIGHT-TO-LEFT OVERRIDE}", "later", "")
)
LINKS = (
    b"\x1b]8;;javascript:window.owned=1\aPRESS\x1b]8;;\a\r\n\x1b]8;;data:text/html,owned\aPRINT\x1b]8;;\a\r\n"
    b"\x1b]8;;https://b\xc3\xa1nk.invalid/\aBANK\x1b]8;;\a\r\n"
)
COLOURS = b"".join(b"\x1b[38;2;%d;%d;%dm#" % (n % 256, n * 7 % 256, n * 31 % 256) for n in range(1000))
APPLICATION_CURSOR = b"\x1b[?1h"


@pytest.mark.fault("X15")
async def test_what_a_program_asks_and_commands_is_not_done_by_itself(product: Product, window: OpenWindow) -> None:
    watched = await window("wide")
    page = watched.page
    await begin(product, watched, QUESTIONS + COLOURS + b"\x1b[m\r\n" + LINKS + COMMANDS + COPIES)
    await keyboard(page).focus()  # the program wanted to be told of that
    await page.keyboard.press("!")
    await has_read(page, b"!")
    asked = page.get_by_role("region", name="Copy this?")
    await expect(asked.get_by_text("owned⟨U+202E⟩", exact=True)).to_be_visible()  # the first, and all that is in it
    await watched.audit("asked for the clipboard")
    assert await page.evaluate("navigator.clipboard.readText()") == "mine"
    await asked.get_by_role("button", name="Do not").click()
    await expect(asked).to_have_count(0)
    assert await page.evaluate("navigator.clipboard.readText()") == "mine"
    assert "owned" not in await page.title()

    await keyboard(page).blur()
    await keyboard(page).focus()
    await page.keyboard.press("k")
    await has_read(page, b"!k")

    for word in ("PRESS", "PRINT", "BANK"):
        await point_at(page, word)
        if word == "BANK":  # the one that is a link
            await expect(page.locator(".xterm-cursor-pointer")).to_be_visible()
        await page.mouse.down()
        await page.mouse.up()
    opening = page.get_by_role("dialog", name="Open this link?")
    await expect(opening.get_by_text("https://xn--bnk-ela.invalid/", exact=True)).to_be_visible()
    await watched.audit("asked to open a link")
    await opening.get_by_role("button", name="Do not").click()
    assert await page.evaluate("window.owned") is None
    assert len(page.context.pages) == 1


@dataclass
class Wires:
    """A page's connections to a terminal, as a bad network carries them."""

    loses_typed: bool = False
    loses_shown: bool = False
    lost: int = 0
    _newest: list[WebSocketRoute] = field(default_factory=list)

    async def carry(self, page: Page) -> None:
        """Stand between a page and its terminals from now on."""
        await page.route_web_socket(re.compile(r"/terminal(\?.*)?$"), self._opened)

    async def cut(self) -> None:
        """End the connection, as a network does."""
        ours, theirs = self._newest
        await theirs.close()
        await ours.close(code=1012)

    def _opened(self, ours: WebSocketRoute) -> None:
        theirs = ours.connect_to_server()
        self._newest = [ours, theirs]

        def send(message: str | bytes) -> None:
            if self.loses_typed and '"keys"' in str(message):
                self.lost += 1
            else:
                theirs.send(message)

        def show(message: str | bytes) -> None:
            if self.loses_shown and isinstance(message, bytes):
                self.lost += 1
            else:
                ours.send(message)

        ours.on_message(send)
        theirs.on_message(show)


async def test_what_is_typed_is_neither_lost_nor_doubled_where_a_connection_breaks(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
    page = watched.page
    wires = Wires()
    await wires.carry(page)
    await begin(product, watched)
    await keyboard(page).focus()
    await page.keyboard.type("ab")
    await has_read(page, b"ab")

    wires.loses_typed = True
    await page.keyboard.type("cde")
    await expect(page.get_by_text("3 keys on their way")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="on their way")).to_have_count(0)  # not said key by key
    wires.loses_typed = False
    await wires.cut()
    await has_read(page, b"abcde")
    await expect(page.get_by_text("on their way")).to_have_count(0)

    wires.loses_shown, wires.lost = True, 0
    await page.keyboard.type("f")
    await expect(page.get_by_text("1 key on its way")).to_be_visible()
    await page.wait_for_function("() => true")
    wires.loses_shown = False
    await wires.cut()
    await page.keyboard.type("g")
    await has_read(page, b"abcdefg")
    await expect(page.get_by_text("on its way")).to_have_count(0)


async def test_two_windows_have_one_size(product: Product, window: OpenWindow) -> None:
    desk = await window("wide")
    await begin(product, desk)
    await expect(desk.page.get_by_text("It has the size of this window.")).to_be_visible()
    tall = await lines(desk.page).count()

    phone = await window("phone")
    await phone.page.goto(desk.page.url)
    await steps.sign_in(phone)
    await read_aloud(phone.page)
    await expect(phone.page.get_by_text("It has the size of another window (ada).")).to_be_visible()
    await expect(lines(phone.page)).to_have_count(tall)
    await keyboard(phone.page).focus()
    await phone.page.keyboard.press("p")
    await has_read(desk.page, b"p")
    await has_read(phone.page, b"p")

    await phone.page.get_by_role("button", name="Take over the size").click()
    await expect(phone.page.get_by_text("It has the size of this window.")).to_be_visible()
    await expect(desk.page.get_by_role("button", name="Take over the size")).to_be_visible()
    await expect(lines(phone.page)).not_to_have_count(tall)
    await expect(lines(desk.page)).to_have_count(await lines(phone.page).count())
    await phone.page.goto("/")
    await expect(desk.page.get_by_text("It has the size of this window.")).to_be_visible()
    await expect(lines(desk.page)).to_have_count(tall)


async def test_a_phone_has_the_keys_that_its_keyboard_lacks(product: Product, window: OpenWindow) -> None:
    watched = await window("phone")
    page = watched.page
    await begin(product, watched, APPLICATION_CURSOR)
    keys = page.get_by_role("toolbar", name="Keys")
    expected = b""
    for name, meaning in (
        ("Esc", b"\x1b"),
        ("Tab", b"\t"),
        ("Shift+Tab", b"\x1b[Z"),
        ("Up", b"\x1bOA"),
        ("Left", b"\x1bOD"),
        ("Enter", b"\r"),
    ):
        await keys.get_by_role("button", name=name, exact=True).click()
        expected += meaning
        await has_read(page, expected)
    await keys.get_by_role("button", name="Ctrl").click()
    await expect(keys.get_by_role("button", name="Ctrl", pressed=True)).to_be_visible()
    await watched.audit("a phone's keys")
    await keyboard(page).focus()
    await page.keyboard.type("cc")  # Ctrl is for the first alone
    await has_read(page, expected + b"\x03c")
    await expect(keys.get_by_role("button", name="Ctrl", pressed=False)).to_be_visible()
    await keys.get_by_role("button", name="Paste").click()
    await has_read(page, expected + b"\x03cmine")

    for box in [await key.bounding_box() for key in await keys.get_by_role("button").all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert min(box["width"], box["height"]) >= 24

    await page.set_viewport_size({"width": 390, "height": 480})  # as where the keyboard is shown
    await expect(lines(page).filter(has_text="6d696e65>")).to_be_in_viewport()
    await expect(keys).to_be_in_viewport()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_screen_keeps_to_the_rules_in_both_schemes_and_lets_go_of_the_keyboard(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await start(watched)
    await shows(page, "❯")
    await page.get_by_role("button", name="Search on the screen").click()
    await page.get_by_role("searchbox").fill("Claude")
    await page.keyboard.press("Enter")
    await audit_each(watched, "terminal")
    await page.get_by_role("searchbox").press("Escape")
    await expect(keyboard(page)).to_be_focused()
    for leaving in ("Control+]", "Control+Shift+Enter"):
        await keyboard(page).focus()
        await page.keyboard.press(leaving)
        await expect(page.get_by_role("button", name="Search on the screen")).to_be_focused()

    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Terminate").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Terminate").click()
    await expect(page.get_by_role("button", name="Resume in a terminal")).to_be_visible()
    await shows(page, "Claude")
    await audit_each(watched, "an ended terminal")


async def test_a_screen_that_is_hidden_gives_nobody_a_size(product: Product, window: OpenWindow) -> None:
    watched = await window("phone")
    page = watched.page
    told: list[dict[str, Any]] = []
    page.on("websocket", lambda opened: opened.on("framesent", lambda sent: told.append(orjson.loads(sent))))
    await begin(product, watched)
    tall = await lines(page).count()
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Raw log").click()
    await expect(page.get_by_role("region", name="Raw log").get_by_text("Live", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Close the raw log").click()
    await keyboard(page).focus()
    await page.keyboard.press("k")
    await has_read(page, b"k")
    assert len({message["columns"] for message in told if message["type"] == "size"}) == 1
    await expect(lines(page)).to_have_count(tall)
