"""Being asked by the real CLI: every answer there is, who gave it, and requests that end without one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.helpers.patience import patience

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

REASON = "Not in this directory, please."


ANSWERED = re.compile(r"^(Allowed|Denied) by ada at \d{1,2}:\d{2}")


async def is_kept_by_claude(product: Product, words: str) -> None:
    """Wait until the words stand in the CLI's own transcripts, which it writes after it has spoken."""
    kept = Path(product.claude_environment["CLAUDE_CONFIG_DIR"]) / "projects"
    async with patience(f"{words!r} in the CLI's transcript"):
        while not any(words in file.read_text() for file in kept.rglob("*.jsonl")):  # noqa: ASYNC110 - as it suits the CLI
            await asyncio.sleep(0.02)


def asked_in(page: Page) -> Locator:
    """What the session that is shown asks."""
    return page.get_by_role("region", name="Waiting for you")


async def allow_always(page: Page, suggestion: str) -> list[str]:
    """Allow what is asked for good, in the way that begins so; return all the ways that are named."""
    await asked_in(page).get_by_role("button", name="Allow always").click()
    await expect(page.get_by_role("menuitem").first).to_be_visible()
    named = await page.get_by_role("menuitem").all_inner_texts()
    await page.get_by_role("menuitem", name=suggestion).click()
    return named


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_allowed_always_is_not_asked_again(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[bash touch one.txt]] [[say First.]]")
    named = await allow_always(page, "Allow Bash")
    assert named == [
        "Allow Bash(touch one.txt) in this directory, for me",
        f"Allow work in {product.work} for this session",
        "Accept edits for this session",
    ]
    await expect(log.get_by_text("First.", exact=True)).to_be_visible()
    await expect(log.get_by_text(ANSWERED)).to_contain_text(named[0])
    await steps.is_idle(page)
    await steps.send(page, "[[bash touch one.txt]] [[say Again.]]")
    await expect(log.get_by_text("Again.", exact=True)).to_be_visible()
    await expect(log.get_by_text(ANSWERED)).to_have_count(1)

    await steps.send(page, "[[bash touch two.txt]] [[say Second.]]")
    await allow_always(page, "Accept edits")
    await expect(log.get_by_text("Second.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Permissions: Accept edits")).to_be_visible()
    await steps.is_idle(page)
    await steps.send(page, "[[write new.txt words]] [[say Third.]]")
    await expect(log.get_by_text("Third.", exact=True)).to_be_visible()
    await expect(log.get_by_text(ANSWERED)).to_have_count(2)
    assert {file.name for file in product.work.iterdir()} >= {"one.txt", "two.txt"}


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_denial_tells_claude_why_or_stops_it(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[bash touch no.txt]] [[say Understood.]]")
    await asked_in(page).get_by_role("button", name="Deny with a reason").click()
    await asked_in(page).get_by_role("textbox").fill(REASON)
    await watched.audit("denying with a reason")
    await asked_in(page).get_by_role("button", name="Deny", exact=True).click()
    await expect(log.get_by_text("Understood.", exact=True)).to_be_visible()
    await expect(log.get_by_text(ANSWERED)).to_contain_text(REASON)
    await is_kept_by_claude(product, REASON)
    await steps.is_idle(page)

    await steps.send(page, "[[bash touch stop.txt]] [[say Never said.]]")
    await asked_in(page).get_by_role("button", name="Deny with a reason").click()
    await asked_in(page).get_by_role("textbox").fill("Enough.")
    await asked_in(page).get_by_role("button", name="Deny and stop").click()
    await expect(log.get_by_text("Interrupted", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await expect(log.get_by_text(ANSWERED)).to_have_count(2)
    assert "Never said." not in (await steps.whole_text(page)).replace("[[say Never said.]]", "")
    assert not list(product.work.iterdir())


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_request_outlives_the_server_and_closes_by_itself_when_it_is_withdrawn(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[bash touch kept.txt]] [[say Done.]]")
    await expect(asked_in(page)).to_be_visible()
    with watched.outage():
        product.stop("server")
        await expect(page.get_by_role("button", name="Connection: Live")).to_have_count(0)
        await product.start_server()
        await expect(page.get_by_role("button", name="Connection: Live").first).to_be_visible(timeout=60_000)
    await expect(page.get_by_role("main").locator("header").get_by_text("Waiting for you")).to_be_visible()
    await asked_in(page).get_by_role("button", name="Allow", exact=True).click()
    await expect(log.get_by_text("Done.", exact=True)).to_be_visible()
    await expect(log.get_by_text(ANSWERED)).to_have_count(1)
    assert (product.work / "kept.txt").exists()
    await steps.is_idle(page)

    other = await window(width)
    await other.page.goto("/inbox")
    await steps.sign_in(other)
    await steps.send(page, "[[bash touch withdrawn.txt]]")
    await expect(other.page.get_by_role("article")).to_be_visible()
    await page.get_by_role("button", name="Interrupt").click()
    await expect(asked_in(page)).to_have_count(0)
    await expect(log.get_by_text("The request for permission was withdrawn")).to_be_visible()
    await expect(other.page.get_by_text("Nothing waits for you")).to_be_visible()
    assert not (product.work / "withdrawn.txt").exists()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_inbox_holds_what_two_machines_ask_and_is_answered_by_keys(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await steps.create_agent(watched, product, "tower", "second-agent")
    for agent, name in (("laptop", "a"), ("tower", "b"), ("tower", "c")):
        await page.goto("/inbox")
        await steps.start_session(watched, f"[[bash touch {name}.txt]] [[say Done.]]", agent=agent)
        await expect(asked_in(page)).to_be_visible()
    await page.goto("/inbox")
    asked = page.get_by_role("article")
    await expect(asked).to_have_count(3)
    await expect(asked.filter(has_text="laptop")).to_have_count(1)
    await expect(asked.filter(has_text="tower")).to_have_count(2)
    await watched.audit("inbox of two machines")
    await expect(asked.first.get_by_role("button", name="Allow", exact=True)).to_be_enabled()
    await asked.first.focus()
    for key, focused in (("j", 1), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        await expect(asked.nth(focused)).to_be_focused()
    await page.keyboard.press("a")
    await expect(asked).to_have_count(2)
    await expect(asked.nth(1)).to_be_focused()  # one goes on with the next, a moment after it came here
    await expect(asked.nth(1).get_by_role("button", name="Allow", exact=True)).to_be_enabled()
    await page.keyboard.press("d")
    await expect(asked).to_have_count(1)
    await expect(asked.get_by_role("button", name="Allow", exact=True)).to_be_enabled()
    await page.keyboard.press("a")
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    for name in ("a", "b", "c"):
        await page.goto("/")
        await page.get_by_role("main").get_by_role("link", name=re.compile(rf"touch {name}\.txt")).click()
        await expect(transcript(page).get_by_text("Done.", exact=True)).to_be_visible()
    assert {file.name for file in product.work.iterdir()} == {"a.txt", "b.txt"}
