"""A plan's limits: on the machine, in a session's details, and a session that one has stopped, which goes on or not."""

from __future__ import annotations

import os
import re
import time

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TWO_HOURS = 7_200


@pytest.fixture
def claude_environment(claude_environment: dict[str, str]) -> dict[str, str]:
    """Claude with a subscription, which alone has limits."""
    kept = {name: value for name, value in claude_environment.items() if name != "ANTHROPIC_API_KEY"}
    return {**kept, "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-stub"}


def header(status: str, used: float, resets: int) -> str:
    name = "anthropic-ratelimit-unified"
    return (
        f"[[header {name}-status={status} {name}-reset={resets} {name}-representative-claim=five_hour "
        f"{name}-5h-utilization={used} {name}-5h-reset={resets} "
        f"{name}-7d-utilization=0.15 {name}-7d-reset={resets + 9}]]"
    )


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_session_that_a_limit_stopped_says_when_it_goes_on_and_can_be_held(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    resets = int(time.time()) + TWO_HOURS
    await steps.arrive(watched, product)

    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_label("Prompt").fill(f"{header('rejected', 1, resets)}+[[http 429]]")
    await dialog.get_by_label("Go on when a usage limit resets").check()
    await dialog.get_by_label("What is said then").fill("Carry on.")
    await watched.audit("new session that goes on")
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/limits-start-{width}.png")
    await dialog.get_by_role("button", name="Start session").click()

    notice = page.get_by_role("status").filter(has_text="The 5-hour limit is reached")
    await expect(notice).to_contain_text(re.compile(r"it resets at \d\d:\d\d\. Goes on at \d\d:\d\d\."))
    await watched.audit("stopped by a limit")
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/limits-stopped-{width}.png")
    product.kill("server")
    with watched.outage():
        await product.start_server()
        await expect(notice).to_contain_text("Goes on at")
        await page.reload()
        await expect(notice).to_contain_text("Goes on at")

    details = page.get_by_role("complementary", name="Details")
    if watched.is_phone:
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Details").click()
        details = page.get_by_role("dialog", name="Details")
    await expect(details.get_by_text("5-hour limit:")).to_contain_text(re.compile(r"100 % used, resets .*\(in 2 h\)"))
    await expect(details.get_by_text("“Carry on.”")).to_be_visible()
    choice = details.get_by_label("Go on when it resets")
    await choice.click()
    await expect(choice).not_to_be_checked()
    await watched.audit("details with limits")
    if watched.is_phone:
        await page.keyboard.press("Escape")
    await expect(notice).not_to_contain_text("Goes on")
    await notice.get_by_role("button", name="Go on then").click()
    await expect(notice).to_contain_text("Goes on at")
    await notice.get_by_role("button", name="Cancel").click()
    await expect(notice).not_to_contain_text("Goes on")
    await expect(notice).to_contain_text("it resets")

    await steps.send(page, f"{header('allowed', 0.82, resets)}+[[say All the same.]]")
    await expect(transcript(page).get_by_text("All the same.", exact=True)).to_be_visible()
    await expect(notice).to_have_count(0)

    await page.goto("/")
    if watched.is_phone:
        await page.get_by_role("button", name="Machines 1/1 online").click()
    machines = page.get_by_role("complementary", name="Machines")
    await expect(machines.get_by_text(re.compile(r"^5-hour 82 %, resets at \d\d:\d\d$"))).to_be_visible()
    await expect(machines.get_by_text("Weekly 15 %")).to_be_visible()
    await watched.audit("machine with limits")
    if "PICTURES" in os.environ:
        await page.screenshot(path=f"{os.environ['PICTURES']}/limits-machine-{width}.png")
