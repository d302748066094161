"""What is asked in the page, by the real CLI: all of a tool's input and why, questions with their previews, plans."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Locator, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

COMMAND = {
    "command": "touch made",
    "description": "Make it",
    "timeout": 5000,
    "dangerouslyDisableSandbox": True,
}
QUESTION = {
    "question": "Which layout?",
    "header": "Layout",
    "multiSelect": False,
    "options": [
        {"label": "Rows", "description": "one below the other", "preview": "+--+\n|a |\n+--+"},
        {"label": "Columns", "description": "side by side", "preview": "+--+--+"},
    ],
}


async def row(asked: Locator, label: str, value: str) -> None:
    """Wait until a row with this label says this."""
    await expect(asked.locator("dt", has_text=label).locator("+ dd")).to_have_text(value)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_permission_shows_all_of_what_is_asked_and_why(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    asked = page.get_by_role("region", name="Waiting for you")
    allow = asked.get_by_role("button", name="Allow", exact=True)
    note, outside = product.work / "note.txt", product.home / "outside.txt"
    await steps.arrive(watched, product)
    note.write_text("one\none\n")
    await steps.start_session(watched, f"[[bash {json.dumps(COMMAND)}]] [[say Made.]]")
    await expect(asked.get_by_text("Make it")).to_have_count(1)
    await row(asked, "Outside the sandbox", "yes")
    await row(asked, "Time limit", "5.0 s")
    await row(asked, "About the path", str(product.work / "made"))
    await watched.audit("permission with all its circumstances")
    await allow.click()
    await expect(log.get_by_text("Made.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    edit = json.dumps({"file_path": str(note), "old_string": "one", "new_string": "two", "replace_all": True})
    await steps.send(page, f"[[read {note}]] [[edit {edit}]] [[write {outside} x]] [[say Written.]]")
    await row(asked, "Every occurrence", "yes")
    await expect(asked.get_by_text(str(note), exact=True)).to_be_visible()
    await allow.click()
    await row(asked, "Why you are asked", "Path is outside allowed working directories")
    await allow.click()
    await expect(log.get_by_text("Written.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    await steps.send(page, "[[agent <<bash touch below>> <<say sub done>>]] [[say Delegated.]]")
    await row(asked, "For the subagent", "scripted subagent")
    await allow.click()
    await steps.is_idle(page)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_question_shows_its_previews_and_then_its_answer_and_a_plan_reads_as_one(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    asked = page.get_by_role("region", name="Waiting for you")
    plan = r"[[planfile # Tidy up\n\n1. Read the notes]] [[plan -]]"
    await steps.arrive(watched, product)
    question = json.dumps({"questions": [QUESTION]})
    await steps.start_session(watched, f"[[ask {question}]] {plan} [[say Off I go.]]", permissions="Plan first")
    await expect(asked.get_by_text("Layout", exact=True)).to_be_visible()
    await expect(asked.get_by_role("group", name="Preview of Rows")).to_contain_text("|a |")
    await watched.audit("question with previews")
    await asked.get_by_role("radio", name="Columns").check()
    await asked.get_by_role("button", name="Answer", exact=True).click()
    await asked.get_by_role("button", name="Approve", exact=True).click()
    await expect(log.get_by_text("Off I go.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    await log.get_by_role("button", name="Ask Which layout?").click()
    await expect(log.locator("dt", has_text="Which layout?").locator("+ dd")).to_have_text("Columns")
    await log.get_by_role("button", name="Propose a plan").click()
    await expect(log.get_by_role("heading", name="Tidy up")).to_be_visible()
    await expect(log.get_by_role("listitem")).to_have_text("Read the notes")
    await watched.audit("answered question and plan")
