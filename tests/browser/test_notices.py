"""What stands between the messages: retries, thoughts, summaries, limits, how turns ended, and what nobody knows."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WRAPPER = """#!/bin/sh
case "$*" in *stream-json*) echo '{"type":"from_the_future","depth":{"of":3}}' ;; esac
exec "%s" "$@"
"""
FILLER = "The quick brown fox"


@pytest.fixture
def claude_cli(claude_cli: Path, tmp_path: Path) -> Path:
    """The real CLI, which says something first that nobody knows."""
    wrapper = tmp_path / "claude"
    wrapper.write_text(WRAPPER % claude_cli)
    wrapper.chmod(0o755)
    return wrapper


@pytest.fixture
def claude_environment(claude_environment: dict[str, str]) -> dict[str, str]:
    """Claude with a subscription, which alone has limits."""
    key = "ANTHROPIC_API_KEY"
    kept = {name: value for name, value in claude_environment.items() if name != key}
    return {**kept, "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-stub"}


async def command(page: Page, name: str) -> None:
    """Send a slash command; Enter alone would complete it."""
    await page.get_by_role("textbox", name=re.compile("^Prompt for")).fill(name)
    await page.get_by_role("button", name="Send", exact=True).click()


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_streamed_before_a_retry_is_replaced_and_the_notice_says_how_it_went(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = await steps.begin(watched, product, "[[eof after=300 times=1]] [[say Said again.]]", "Said again.")
    await expect(log.get_by_text("It answered try 1 of 10.")).to_be_visible()
    await expect(log.get_by_text("follows in")).to_have_count(0)
    await expect(log.get_by_text(FILLER)).to_have_count(0)

    await steps.say(page, "[[eof after=100 tool=Bash times=1]] [[bash echo again]] [[say Run again.]]", "Run again.")
    await expect(log.get_by_text("Running")).to_have_count(0)
    cards = log.get_by_role("button", name="Run")
    await expect(cards).to_have_text(["Runecho againDone"] * 2)  # the script counts answers: a broken one is none
    await watched.audit("after retries")


@pytest.mark.parametrize("width", WIDTHS)
async def test_thoughts_costs_and_the_reason_of_a_failure_are_readable(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = await steps.begin(
        watched, product, "[[think 200]]+[[usage in=1200 out=34]]+[[say Thought about.]]", "Thought about."
    )
    await expect(log.get_by_text("1.2K in · 34 out")).to_be_visible()
    await expect(log.get_by_text(re.compile(r"^\$0\.\d+$"))).to_be_visible()
    await expect(log.get_by_text(re.compile(r"^[\d.]+ m?s$"))).to_be_visible()
    await expect(log.get_by_text(FILLER)).to_have_count(0)
    thought = log.get_by_role("button", name="Thought", exact=True)
    await thought.click()
    await expect(log.get_by_text(FILLER)).to_be_visible()
    await watched.audit("thought")
    await thought.click()
    await expect(log.get_by_text(FILLER)).to_have_count(0)

    unknown = log.get_by_role("button", name="from_the_future")
    await unknown.click()
    await expect(log.get_by_text('"of": 3')).to_be_visible()
    await watched.audit("unknown message")

    await steps.send(page, "[[http 400 msg=the_model_is_on_holiday]]")
    failed = log.get_by_text("Failed:", exact=True).locator("xpath=..")
    await expect(failed).to_contain_text("API Error: 400 the model is on holiday")
    await watched.audit("failed turn")


@pytest.mark.parametrize("width", WIDTHS)
async def test_summaries_limits_and_a_cleared_conversation_are_told(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    resets = int(time.time()) + 7_200
    limit = (
        f"[[header anthropic-ratelimit-unified-status=allowed_warning anthropic-ratelimit-unified-reset={resets} "
        "anthropic-ratelimit-unified-representative-claim=five_hour anthropic-ratelimit-unified-5h-utilization=0.91 "
        f"anthropic-ratelimit-unified-5h-reset={resets} anthropic-ratelimit-unified-5h-surpassed-threshold=0.9]]"
    )
    log = await steps.begin(watched, product, f"{limit}+[[say Nearly.]]", "Nearly.")
    await expect(log.get_by_text("The five hour limit is nearly reached (91% used).")).to_contain_text(
        re.compile(r"It is reset at \d\d:\d\d, in \d+ (h|min)\.$")
    )
    await watched.audit("limit")

    await command(page, "/compact")
    await expect(log.get_by_text(re.compile("^The conversation was summed up"))).to_be_visible()
    await steps.is_idle(page)
    summary = log.get_by_role("button", name="Summary of the conversation so far")
    await expect(log.get_by_text("Scripted summary of the conversation.")).to_have_count(0)
    await summary.click()
    await expect(log.get_by_text("Scripted summary of the conversation.")).to_be_visible()
    await watched.audit("summary")

    await command(page, "/clear")
    await expect(log.get_by_text("The conversation was cleared.")).to_be_visible()
    await steps.is_idle(page)
    await steps.say(page, "[[say Anew.]]", "Anew.")
