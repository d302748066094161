"""What a person does, from the first account to a session found again, on a desk and on a phone."""

from __future__ import annotations

import os
import platform
import re

import pytest
from playwright.async_api import expect

from claudios import __version__
from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LAST_WORDS = "That is all of them."


def facts_of_the_machine() -> dict[str, str | re.Pattern[str]]:
    """What the card of an agent that runs on this machine says."""
    uname = platform.uname()
    return {
        "Machine": f"{uname.node} · {uname.system} {uname.release} {uname.machine}",
        "Claude": re.compile(r"^\d+\.\d+\.\d+"),
        "Agent": __version__,
        "Load": re.compile(rf"^\d+\.\d\d on {os.cpu_count()} cores?$"),
        "Memory": re.compile(r"^[\d.]+ \wB of [\d.]+ \wB$"),
        "Sessions": "0 of 5 running",
    }


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_person_gets_from_the_first_account_to_a_session_found_again(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)

    token = await steps.walk_in(watched, product)
    await watched.audit("agents")

    # The agent is shown with its machine, its versions, its load and its sessions, and as a demo.
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="laptop"))
    for name, value in facts_of_the_machine().items():
        await expect(steps.fact(card, name)).to_have_text(value)
    await expect(card.get_by_text("DEMO", exact=True)).to_be_visible()

    # It streams: the end is not there yet when the beginning is.
    elsewhere = product.home / "elsewhere"
    elsewhere.mkdir()
    await steps.start_session(watched, "count to 200", directory=str(elsewhere), model="haiku")
    await expect(page.get_by_role("main").locator("header").get_by_text("DEMO", exact=True)).to_be_visible()
    await expect(log.get_by_text(re.compile(r"\b7\b")).first).to_be_visible()
    assert LAST_WORDS not in await log.inner_text()
    await watched.audit("streaming")
    await expect(log.get_by_text(LAST_WORDS)).to_be_visible(timeout=60_000)
    await steps.is_idle(page)

    # A further command asks, and is allowed.
    await steps.send(page, "run touch allowed.txt")
    asked = page.get_by_role("region", name="Waiting for you")
    await expect(asked.get_by_text("touch allowed.txt").first).to_be_visible()
    await watched.audit("permission request")
    assert not (elsewhere / "allowed.txt").exists()
    await asked.get_by_role("button", name="Allow", exact=True).click()
    await expect(log.get_by_text("Allowed by ada")).to_be_visible()
    await steps.is_idle(page)
    assert (elsewhere / "allowed.txt").exists()

    # Another is denied.
    await steps.send(page, "run touch denied.txt")
    await asked.get_by_role("button", name="Deny", exact=True).click()
    await expect(log.get_by_text("Denied by ada")).to_be_visible()
    await steps.is_idle(page)
    assert not (elsewhere / "denied.txt").exists()

    # A long answer is interrupted.
    await steps.send(page, "tell a long story")
    await expect(log.get_by_text("Once upon a time")).to_be_visible()
    await page.get_by_role("button", name="Interrupt").click()
    await expect(log.get_by_text("Interrupted", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await watched.audit("session")
    await steps.has_details(watched, Directory=str(elsewhere), Model=re.compile("haiku"))
    told = await steps.whole_text(page)

    # It is all there after a reload...
    await page.reload()
    await expect(log.get_by_text("Interrupted", exact=True)).to_be_visible()
    await steps.reads(page, told)

    # ...after a restart of the server, to which the page comes back by itself...
    with watched.outage():
        product.stop("server")
        await expect(page.get_by_role("button", name="Connection: Live")).to_have_count(0)
        await product.start_server()
        await expect(page.get_by_role("button", name="Connection: Live").first).to_be_visible(timeout=60_000)
    await steps.send(page, "[[say Back after the server.]]")
    await expect(log.get_by_text("Back after the server.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    # ...after a restart of the agent, under which the session goes on...
    with watched.outage():  # the browser writes down what is asked of a machine that has just gone
        await product.restart_agent()
        await steps.send(page, "[[say Back after the restart.]]")
        await expect(log.get_by_text("Back after the restart.", exact=True)).to_be_visible()
        await steps.is_idle(page)

        # ...and after a crash of the agent, which finds its session again.
        product.kill("agent")
        await expect(page.get_by_text("laptop is offline.")).to_be_visible(timeout=60_000)
        product.start_agent(token)
        await steps.is_idle(page)
        await steps.send(page, "[[say Back after the agent.]]")
        await expect(log.get_by_text("Back after the agent.", exact=True)).to_be_visible()
        await steps.is_idle(page)
    assert (await steps.whole_text(page)).startswith(told.strip()[:2000])

    # It ends when it is told to, and is found in the list with everything that was said.
    await steps.terminate(page)
    await expect(page.get_by_text("It was terminated on request.")).to_be_visible(timeout=60_000)
    await watched.audit("ended session")
    await page.goto("/?state=ended")
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await watched.audit("list")
    found = page.get_by_role("region", name="Sessions").get_by_role("link", name=re.compile("laptop"))
    await expect(found.get_by_text("DEMO", exact=True)).to_be_visible()
    await found.click()
    await expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    at_last = await steps.whole_text(page)
    for said in (LAST_WORDS, "Allowed by ada", "Denied by ada", "Once upon a time", "Back after the agent."):
        assert said in at_last
