"""Writing to Claude: commands it reports, what it works with, and what one wrote before."""

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


WORK = "[[text 4000 rate=400]]"


@pytest.mark.parametrize("width", WIDTHS)
async def test_model_mode_and_effort_are_switched_and_commands_completed(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say First.]]")
    await steps.is_idle(page)

    await page.get_by_role("button", name="Model: Opus").click()
    await page.get_by_role("menuitem", name=re.compile("^Haiku")).click()
    await expect(page.get_by_role("button", name="Model: Haiku")).to_be_visible()
    await page.get_by_role("button", name="Effort: Effort").click()
    await page.get_by_role("menuitem", name="Low").click()
    await expect(page.get_by_role("button", name="Effort: Low")).to_be_visible()
    await page.get_by_role("button", name="Permissions: Ask").click()
    await page.get_by_role("menuitem", name=re.compile("^Accept edits")).click()
    await expect(page.get_by_role("button", name="Permissions: Accept edits")).to_be_visible()
    await steps.send(page, "[[bash touch unasked.txt]] [[say Second.]]")
    await expect(log.get_by_text("Second.", exact=True)).to_be_visible()
    assert (product.work / "unasked.txt").exists()

    field = page.get_by_role("textbox", name=re.compile("^Prompt for"))
    await steps.is_idle(page)
    await field.fill("/contex")
    await expect(page.get_by_role("option", name="/context")).to_be_visible()
    await watched.audit("slash commands")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("/context ")
    await steps.submit(page)
    await expect(log.get_by_text("Context Usage")).to_be_visible()
    await steps.is_idle(page)

    await field.focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(field).to_have_value("[[bash touch unasked.txt]] [[say Second.]]")
    await page.reload()
    await expect(field).to_have_value("[[bash touch unasked.txt]] [[say Second.]]")
    await expect(page.get_by_role("button", name="Model: Haiku")).to_be_visible()  # it is no page's memory
    await expect(page.get_by_role("button", name="Effort: Low")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_paths_are_completed_from_the_machine(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    token = await steps.arrive(watched, product)
    (product.work / "src/deep").mkdir(parents=True)
    (product.work / "src/deep/parser.py").touch()
    (product.work / "notes <b>.md").touch()
    (product.work / ".gitignore").write_text("build/\n")
    (product.work / "build").mkdir()
    await steps.start_session(watched, "[[say First.]]")
    await steps.is_idle(page)
    field = page.get_by_role("textbox", name=re.compile("^Prompt for"))
    options = page.get_by_role("listbox", name="Paths").get_by_role("option")
    await field.click()
    await page.keyboard.type("look at @")
    await expect(options).to_have_text([".gitignore", "notes <b>.md", "src/"])
    await watched.audit("paths")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("look at @src/")
    await expect(options).to_have_text(["src/deep/"])
    await page.keyboard.type("pars")
    await options.filter(has_text="src/deep/parser.py").click()
    await expect(field).to_have_value("look at @src/deep/parser.py ")
    await expect(options).to_have_count(0)
    await page.keyboard.type("or @../")
    await expect(page.get_by_text("No such path here.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("No such path here.")).to_have_count(0)
    product.kill("agent")
    await expect(page.get_by_text("laptop is offline")).to_be_visible()
    await page.keyboard.type(" @n")
    await expect(page.get_by_text("The machine is offline, so its paths are not known.")).to_be_visible()
    await watched.audit("paths of a machine that is away")
    product.start_agent(token)
    await steps.is_idle(page)


@pytest.mark.parametrize("width", WIDTHS)
async def test_prompts_wait_while_claude_works_and_are_changed_until_they_are_sent(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[text 200000 rate=2000]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    waiting = page.get_by_role("region", name="Waiting prompts")
    hint = "What you send waits until it is done" if watched.is_phone else "Enter lets a prompt wait until it is done"
    await expect(page.get_by_text(hint)).to_be_visible()
    for word in ("First", "Second", "Third"):
        await steps.send(page, f"[[say {word}.]]")
        await expect(waiting.get_by_text(f"[[say {word}.]]")).to_be_visible()
    await watched.audit("queue")

    second = waiting.get_by_role("listitem").nth(1)
    await second.get_by_role("button", name="Edit").click()
    await waiting.get_by_role("textbox").fill("[[say Edited.]]")
    await waiting.get_by_role("button", name="Save").click()
    await second.get_by_role("button", name="Order").click()
    await page.get_by_role("menuitem", name="Earlier").click()
    await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Edited.]]", "[[say First.]]", "[[say Third.]]"])
    await second.get_by_role("button", name="Withdraw").click()
    await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Edited.]]", "[[say Third.]]"])
    await page.get_by_role("button", name="Undo").click()
    await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Edited.]]", "[[say First.]]", "[[say Third.]]"])
    await waiting.get_by_role("listitem").nth(2).get_by_role("button", name="Withdraw").click()

    await page.reload()  # it is the server that keeps them
    await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Edited.]]", "[[say First.]]"])
    await page.get_by_role("button", name="Interrupt").click()
    await expect(log.get_by_text("Edited.", exact=True)).to_be_visible()
    await expect(log.get_by_text("First.", exact=True)).to_be_visible()
    await expect(waiting).to_have_count(0)
    await steps.is_idle(page)
    assert "Third" not in await steps.whole_text(page)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_prompt_of_several_lines_is_sent_and_one_that_is_urgent_does_not_wait(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say First.]]")
    await steps.is_idle(page)
    field = page.get_by_role("textbox", name=re.compile("^Prompt for"))
    await field.click()
    before = await field.bounding_box()
    await page.keyboard.type("[[say Several")
    await page.keyboard.press("Enter" if watched.is_phone else "Shift+Enter")
    await page.keyboard.type("lines.]]")
    await expect(field).to_have_value("[[say Several\nlines.]]")
    grown = await field.bounding_box()
    assert before is not None
    assert grown is not None
    assert grown["height"] > before["height"]
    await steps.submit(page)
    await expect(log.get_by_text(re.compile("^Several\\s+lines.$"))).to_be_visible()
    await steps.is_idle(page)

    waiting = page.get_by_role("region", name="Waiting prompts")
    await steps.send(page, WORK)
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    for word in ("Urgent", "Patient"):
        await steps.send(page, f"[[say {word}.]]")
        await expect(waiting.get_by_text(f"[[say {word}.]]")).to_be_visible()
    await waiting.get_by_role("listitem").first.get_by_role("button", name="Send now").click()
    await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Patient.]]"])
    await expect(log.get_by_text("[[say Urgent.]]")).to_be_visible()  # while Claude still works
    await expect(page.get_by_role("button", name="Interrupt")).to_be_visible()
    if not watched.is_phone:
        await field.fill("[[say At once.]]")
        await page.keyboard.press("Control+Enter")
        await expect(log.get_by_text("[[say At once.]]")).to_be_visible()
        await expect(waiting.get_by_role("listitem")).to_have_text(["[[say Patient.]]"])
    await expect(log.get_by_text("Patient.", exact=True)).to_be_visible(timeout=60_000)
    await steps.is_idle(page)
    told = await steps.whole_text(page)
    assert told.index("[[say Urgent.]]") < told.index("[[say Patient.]]")
