"""Being asked: what waits in any session is answered from one place, in every way there is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ASK_COLOUR = (
    '[[ask {"questions":[{"question":"Which colours?","header":"Colour","multiSelect":true,'
    '"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}]}]] [[say Painted.]]'
)
PLAN = r"[[planfile # Tidy up\n\n1. Read the notes]] [[plan -]] [[bash touch planned.txt]] [[say Off I go.]]"


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_waits_in_any_session_is_answered_from_the_inbox(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await page.goto("/inbox")
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await watched.audit("empty inbox")

    for number in (1, 2):
        await page.goto("/inbox")
        await steps.start_session(watched, f"[[bash touch same.txt]] [[say Done {number}.]]")
    await page.goto("/inbox")
    both = page.get_by_role("article")
    await expect(both.get_by_text("2 sessions ask the same")).to_be_visible()
    await watched.audit("inbox")
    await both.get_by_role("button", name="Allow all 2").click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()

    await steps.start_session(watched, "[[bash touch asked.txt]] [[say Changed.]]")
    await page.goto("/inbox")
    asked = page.get_by_role("article")
    await asked.get_by_role("button", name="Change", exact=True).click()
    await asked.get_by_role("textbox", name="Command").fill("touch given.txt")
    await watched.audit("changing the input")
    await asked.get_by_role("button", name="Allow this").click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await page.go_back()
    await expect(transcript(page).get_by_text("touch given.txt", exact=True)).to_be_visible()
    await page.goto("/inbox")

    await steps.start_session(watched, ASK_COLOUR)
    await page.goto("/inbox")
    await asked.get_by_role("checkbox", name="Red").check()
    await asked.get_by_role("checkbox", name="Blue").check()
    await asked.get_by_role("textbox").fill("Green")
    await watched.audit("question")
    await asked.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    assert {file.name for file in product.work.iterdir()} == {"same.txt", "given.txt"}

    await steps.start_session(watched, "[[bash touch never.txt]] [[say Understood.]]")
    await page.goto("/inbox")
    await expect(asked.get_by_role("button", name="Deny", exact=True)).to_be_enabled()
    await asked.focus()
    await page.keyboard.press("d")  # by keyboard alone
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await page.go_back()
    await expect(transcript(page).get_by_text("Understood.", exact=True)).to_be_visible()
    assert not (product.work / "never.txt").exists()


async def test_who_writes_a_reason_answers_nothing_else_when_its_request_goes(
    product: Product, window: OpenWindow
) -> None:
    """The focus went on to the next request, which the next A allowed."""
    watched = await window("wide")
    page = watched.page
    await steps.arrive(watched, product)
    for name in ("first", "second"):
        await steps.start_session(watched, f"[[bash touch {name}.txt]] [[say Done.]]")
        await expect(page.get_by_role("region", name="Waiting for you")).to_be_visible()
    await page.goto("/inbox")
    asked = page.get_by_role("article")
    await expect(asked).to_have_count(2)
    await asked.first.get_by_role("button", name="Deny with a reason").click()
    await page.keyboard.type("No, ple")
    other = await page.context.new_page()
    await other.goto("/inbox")
    await other.get_by_role("article").first.get_by_role("button", name="Deny", exact=True).click()
    await expect(asked).to_have_count(1)
    await expect(asked.get_by_role("button", name="Allow", exact=True)).to_be_enabled()
    await page.keyboard.type("ase do not, at least not today, and")
    await expect(asked.get_by_role("button", name="Allow", exact=True)).to_be_enabled()
    assert not list(product.work.iterdir())


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_plan_is_edited_and_approved_in_a_mode_of_ones_choice(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, PLAN, permissions="Plan first")
    log = transcript(page)
    waiting = page.get_by_role("region", name="Waiting for you")
    await waiting.get_by_role("button", name="Edit").click()
    await waiting.get_by_role("textbox").fill("# Tidy up\n\n1. Read the notes twice")
    await watched.audit("editing a plan")
    await waiting.get_by_role("button", name="Approve in mode").click()
    await page.get_by_role("menuitem", name="Accept edits").click()
    await expect(log.get_by_text("Plan approved by ada")).to_contain_text("with another input")
    await expect(log.get_by_text("Off I go.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    assert (product.work / "planned.txt").exists()  # in this mode it was not asked for
