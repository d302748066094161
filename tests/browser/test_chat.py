"""What a session's transcript shows of commands, subagents and what runs in the background."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BACKGROUND = '[[bash {"command":"sleep 600","run_in_background":true}]] [[say It runs.]]'
FAILS = "[[bash echo out; echo wrong >&2; (exit 4)]] [[say It failed.]]"
DELEGATES = "[[agent <<bash echo from below>> <<say sub done>>]] [[say Delegated.]]"


@pytest.mark.parametrize("width", WIDTHS)
async def test_commands_subagents_and_background_tasks_say_what_happened(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, FAILS, permissions="Accept edits")
    waiting = page.get_by_role("region", name="Waiting for you")
    await waiting.get_by_role("button", name="Allow", exact=True).click()
    await expect(log.get_by_text("It failed.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await log.get_by_role("button", name="Run echo out").click()
    await expect(log.get_by_text("Output, exit code 4")).to_be_visible()
    await expect(log.get_by_text("context 1 %")).to_be_visible()
    await watched.audit("failed command")

    await steps.send(page, DELEGATES)
    agent = log.get_by_role("button", name="Delegate")
    await expect(log.get_by_text("In the background")).to_be_visible()
    await expect(agent.get_by_text("steps")).to_be_visible()
    await steps.is_idle(page)
    await agent.click()
    await expect(log.get_by_role("button", name="Run echo from below")).to_be_visible()
    await watched.audit("subagent")

    await steps.send(page, BACKGROUND)
    await expect(log.get_by_text("It runs.", exact=True)).to_be_visible()
    await log.get_by_role("button", name="Stop").click()
    await expect(log.get_by_role("button", name="Stop")).to_have_count(0)
    await expect(log.get_by_title("Stopped")).to_be_visible()
    await watched.audit("stopped task")
