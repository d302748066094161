"""What is written while the server is away: kept in the browser, counted everywhere, sent once when it is back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Network
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.helpers.images import png

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def pill(page: Page) -> Locator:
    """What says, in every view, how the page stands with its server."""
    return page.get_by_role("button", name=re.compile("^Connection: ")).locator("visible=true")


async def come_back(page: Page, product: Product, address: str) -> None:
    """Open the page anew, after its server was away."""
    await page.goto("about:blank")
    await product.start_server()
    await page.goto(address)


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_prompt_written_while_the_server_is_away_is_sent_once_it_is_back(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    network = await Network.of(page)
    log = await steps.begin(watched, product, "[[say Hello.]]", "Hello.")
    address = page.url

    with watched.outage():
        product.stop("server")
        await expect(pill(page)).not_to_contain_text("Live")
        for word in ("First", "Second"):
            await steps.send(page, f"[[say {word}.]]")
        await expect(log.get_by_text("Not sent. The server cannot be reached.")).to_have_count(2)
        await expect(pill(page)).to_contain_text("2 unsent")
        await watched.audit("unsent prompts")
        await log.get_by_role("button", name="Dismiss").last.click()
        await expect(pill(page)).to_contain_text("1 unsent")
        await page.get_by_role("button", name="Undo").click()
        await (
            page.get_by_role("link", name=re.compile("^(Back to the sessions|Overview)$"))
            .locator("visible=true")
            .click()
        )
        await expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
        await expect(pill(page)).to_contain_text("2 unsent")
        await expect(page.get_by_text("2 prompts are unsent: they are kept in this browser")).to_be_visible()
        await page.go_back()
        await product.start_server()
        await expect(pill(page)).to_have_text("Connection: Live", timeout=60_000)
    for word in ("First", "Second"):
        await expect(log.get_by_text(f"{word}.", exact=True)).to_have_count(1)
    await steps.is_idle(page)

    async def lose_the_answer(route: Route) -> None:
        network.is_deaf = True
        await route.fetch()
        product.stop("server")
        await route.abort()

    with watched.outage():
        await page.route("**/commands", lose_the_answer, times=1)
        await steps.send(page, "[[say Third.]]")
        await expect(log.get_by_text("Not sent. The server cannot be reached.")).to_be_visible()
        await steps.send(page, "[[say Fourth.]]")
        await expect(pill(page)).to_contain_text("2 unsent")
        network.is_deaf = False
        await come_back(page, product, address)
    for word in ("Third", "Fourth"):
        await expect(log.get_by_text(f"{word}.", exact=True)).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")
    await steps.is_idle(page)
    told = await steps.whole_text(page)
    for word in ("First", "Second", "Third", "Fourth"):
        assert told.count(f"[[say {word}.]]") == 1
    await page.reload()
    await expect(log.get_by_text("Fourth.", exact=True)).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_prompt_that_is_to_wait_keeps_its_image_until_the_server_is_back(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[text 200000 rate=500]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    address = page.url
    waiting = page.get_by_role("region", name="Waiting prompts")
    with watched.outage():
        product.stop("server")
        await expect(pill(page)).not_to_contain_text("Live")
        await page.locator("input[type=file]").set_input_files(
            {"name": "shot.png", "mimeType": "image/png", "buffer": png(20, 20, seed=6)}
        )
        await expect(page.get_by_role("list", name="Images to send").get_by_role("img")).to_have_count(1)
        await steps.send(page, "[[say Waited.]]")
        await expect(waiting.get_by_text("Not sent. The server cannot be reached.")).to_be_visible()
        await expect(waiting.get_by_role("button", name="Open image 1 of 1")).to_be_visible()
        await watched.audit("an unsent prompt that is to wait")
        await come_back(page, product, address)
    await expect(waiting.get_by_role("button", name="Withdraw")).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")
    await page.get_by_role("button", name="Interrupt").click()
    await expect(log.get_by_text("Waited.", exact=True)).to_be_visible()
    await expect(log.get_by_role("button", name="Open image 1 of 1")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_the_server_refused_stays_until_somebody_says_what_becomes_of_it(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = await steps.begin(watched, product, "[[say Hello.]]", "Hello.")
    other = await window("wide")
    await other.page.goto("/sign-in")
    await steps.sign_in(other)
    await other.page.get_by_role("region", name="Sessions").get_by_role("link", name="laptop").click()

    async def end_first(route: Route) -> None:
        await steps.terminate(other.page)
        await expect(other.page.get_by_text("It was terminated on request.")).to_be_visible()
        await route.continue_()

    with watched.outage():  # the browser writes every refusal to the console
        await page.route("**/commands", end_first, times=1)
        await steps.send(page, "[[say All the same.]]")
        await expect(log.get_by_text("Not sent. ")).to_be_visible()
        await expect(pill(page)).to_have_text("Connection: Live · 1 unsent")
        await page.reload()
        await expect(pill(page)).to_have_text("Connection: Live · 1 unsent")
        await log.get_by_role("button", name="Send again").click()
        await expect(log.get_by_text("All the same.", exact=True)).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")


@pytest.mark.parametrize("width", WIDTHS)
async def test_two_prompts_that_follow_each_other_into_an_ended_session_both_reach_what_is_resumed(
    product: Product, window: OpenWindow, width: str
) -> None:
    """The second resumed the session too, which was resumed already: it was refused."""
    watched = await window(width)
    page = watched.page
    log = await steps.begin(watched, product, "[[say Hello.]]", "Hello.")
    await steps.end(page)

    async def write_another(route: Route) -> None:
        await steps.send(page, "[[say Second.]]", "Resume")
        await expect(log.get_by_text("Sending…")).to_have_count(2)
        await route.continue_()

    await page.route("**/resume", write_another, times=1)
    await steps.send(page, "[[say First.]]", "Resume")
    for word in ("First", "Second"):
        await expect(log.get_by_text(f"{word}.", exact=True)).to_be_visible()
    await expect(pill(page)).to_have_text("Connection: Live")
    await steps.is_idle(page)
    told = await steps.whole_text(page)
    assert [told.count(f"[[say {word}.]]") for word in ("First", "Second")] == [1, 1]


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_unsent_is_seen_and_dismissed_also_once_its_session_was_deleted(
    product: Product, window: OpenWindow, width: str
) -> None:
    """It was counted for good, and nobody could reach it."""
    watched = await window(width)
    page = watched.page
    log = await steps.begin(watched, product, "[[say Hello.]]", "Hello.")
    await steps.end(page)
    other = await window("wide")
    await other.page.goto("/sign-in")
    await steps.sign_in(other)
    await other.page.get_by_role("region", name="Sessions").get_by_role("link", name="laptop").click()
    with watched.outage():  # the browser writes every failure to the console
        await page.route("**/resume", lambda route: route.abort())
        await steps.send(page, "Words that I want back.", "Resume")
        await expect(log.get_by_text("Not sent. The server cannot be reached.")).to_be_visible()
        await other.page.get_by_role("button", name="Session actions").click()
        await other.page.get_by_role("menuitem", name="Delete").click()
        await other.page.get_by_role("alertdialog").get_by_role("button", name="Delete session").click()
        await expect(page.get_by_role("heading", name="There is no such session")).to_be_visible()
        await expect(pill(page)).to_have_text("Connection: Live · 1 unsent")
        await pill(page).click()
        unsent = page.get_by_role("dialog", name="Unsent prompts")
        await expect(unsent.get_by_text("Not sent. Its session was deleted")).to_be_visible()  # nor tried any more
    await watched.audit("the list of what is unsent")
    await unsent.get_by_role("button", name="Copy prompt").click()
    await expect(unsent.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "Words that I want back."
    await unsent.get_by_role("button", name="Dismiss").click()
    await expect(unsent.get_by_text("Everything is sent.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(pill(page)).to_have_text("Connection: Live")
