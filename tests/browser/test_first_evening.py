"""A new user with a phone in the hand: all that one does in a first evening, by thumb, from the words on the screen."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

QUESTION = (
    '[[ask {"questions":[{"question":"Which colour?","header":"Colour","multiSelect":false,'
    '"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}]}]]'
)
PLAN = r"[[planfile # Paint it\n\n1. Take the brush]] [[plan -]]"
ERRAND = f"{QUESTION} {PLAN} [[bash touch painted.txt]] [[say It is painted.]]"


async def test_a_new_user_on_a_phone_does_it_all_without_a_hint(product: Product, window: OpenWindow) -> None:
    phone = await window("phone")
    page = phone.page
    log = transcript(page)
    await steps.arrive(phone, product)

    # A session is started; what it asks is answered from the inbox: a question, a plan and a permission.
    await begin(page, ERRAND, mode="Plan first")
    asked = await open_inbox(page)
    await asked.get_by_role("radio", name="Blue").tap()
    await asked.get_by_role("button", name="Answer", exact=True).tap()
    await expect(asked.get_by_role("heading", name="Paint it")).to_be_visible()
    await phone.audit("a plan in the inbox")
    await asked.get_by_role("button", name="Approve", exact=True).tap()
    await expect(asked.get_by_text("touch painted.txt").first).to_be_visible()
    assert not (product.work / "painted.txt").exists()
    await asked.get_by_role("button", name="Allow", exact=True).tap()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await page.get_by_role("link", name="Overview").locator("visible=true").tap()
    await page.get_by_role("region", name="Sessions").get_by_role("link", name=re.compile("laptop")).tap()
    await expect(log.get_by_text("It is painted.", exact=True)).to_be_visible()
    assert (product.work / "painted.txt").exists()

    # What Claude changed is read as a diff: before it is allowed, and afterwards.
    notes = product.work / "notes.md"
    notes.write_text("# Notes\n\nThe wall is red.\n")
    edit = f'{{"file_path":"{notes}","old_string":"wall is red","new_string":"wall is blue"}}'
    await say(page, f"[[read {notes}]] [[edit {edit}]] [[say Written down.]]")
    dock = page.get_by_role("region", name="Waiting for you")
    await reads_as_diff(dock)
    await dock.get_by_role("button", name="Allow", exact=True).tap()
    await expect(log.get_by_text("Written down.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    assert "wall is blue" in notes.read_text()
    await log.get_by_role("button", name=re.compile("Edit.*notes.md")).last.tap()
    await reads_as_diff(log)
    await phone.audit("a diff")

    # A prompt that waits is edited before Claude gets it.
    await say(page, "[[text 200000 rate=2000]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    await say(page, "[[say Frist.]]")
    waiting = page.get_by_role("region", name="Waiting prompts")
    await waiting.get_by_role("button", name="Edit").tap()
    await waiting.get_by_role("textbox").fill("[[say First.]]")
    await waiting.get_by_role("button", name="Save").tap()
    await page.get_by_role("button", name="Interrupt").tap()
    await expect(log.get_by_text("First.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    assert "Frist" not in await steps.whole_text(page)

    # The model is another one, and the turn says what it cost.
    await page.get_by_role("button", name="Model: Opus").tap()
    await page.get_by_role("menuitem", name=re.compile("^Haiku")).tap()
    await expect(page.get_by_role("button", name="Model: Haiku")).to_be_visible()
    await say(page, "[[say From the small one.]]")
    await expect(log.get_by_text("From the small one.", exact=True)).to_be_visible()
    await expect(log.get_by_text(re.compile(r"^\$0\.\d+$")).last).to_be_visible()
    await phone.audit("what a turn cost")

    # Claude's own screen on the phone, and on the desk at the same time.
    await page.get_by_role("link", name="Back to the sessions").tap()
    await begin(page, "", mode="Ask", is_terminal=True)
    await reads_aloud(page)
    desk = await window("wide")
    await desk.page.goto(page.url)
    await steps.sign_in(desk)
    await reads_aloud(desk.page)
    await page.get_by_role("textbox", name="Terminal input").focus()
    await page.keyboard.type("[[say Seen on both.]]")
    await page.keyboard.press("Enter")
    for watching in (page, desk.page):
        await expect(screen(watching)).to_contain_text("● Seen on both.")
    await phone.audit("a terminal on the phone")
    await desk.audit("the same terminal on the desk")


def screen(page: Page) -> Locator:
    """What the terminal shows, as it is read aloud: what is drawn is a picture."""
    return page.locator(".xterm-accessibility-tree")


async def reads_aloud(page: Page) -> None:
    """Wait for Claude's prompt on the screen."""
    await page.get_by_role("button", name="Read the screen aloud").click()
    await expect(screen(page)).to_contain_text("❯", timeout=60_000)


async def begin(page: Page, prompt: str, mode: str, *, is_terminal: bool = False) -> None:
    """Start a session from the bar at the bottom."""
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.tap()
    dialog = page.get_by_role("dialog", name="New session")
    if is_terminal:
        await dialog.get_by_role("combobox", name="Mode", exact=True).tap()
        await page.get_by_role("option", name=re.compile("^Terminal")).tap()
    else:
        await dialog.get_by_label("Prompt").fill(prompt)
    if mode != "Ask":
        await dialog.get_by_role("combobox", name="Permissions").tap()
        await page.get_by_role("option", name=mode).tap()
    await dialog.get_by_role("button", name="Start session").tap()
    await expect(page.get_by_role("link", name="Back to the sessions")).to_be_visible()


async def open_inbox(page: Page) -> Locator:
    """Go to the inbox by the bar at the bottom, and return what waits there."""
    await page.get_by_role("link", name="Back to the sessions").tap()
    bar = page.get_by_role("navigation", name="Main, at the bottom")
    await expect(bar.get_by_role("link", name=re.compile("1 waiting for you"))).to_be_visible()
    await bar.get_by_role("link", name=re.compile("Inbox")).tap()
    return page.get_by_role("article")


async def say(page: Page, prompt: str) -> None:
    """Send a prompt with the composer's own button."""
    await page.get_by_role("textbox", name=re.compile("^Prompt for")).fill(prompt)
    await page.get_by_role("button", name="Send", exact=True).tap()


async def reads_as_diff(place: Locator) -> None:
    """See the line that goes and the one that comes."""
    change = place.get_by_role("group", name="Change")
    await expect(change.get_by_text("wall is red")).to_be_visible()
    await expect(change.get_by_text("wall is blue")).to_be_visible()
