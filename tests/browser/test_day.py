"""A day with three machines: who waits is seen, told of once, answered from anywhere, found again and paid for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.browsing import Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.helpers.receiver import Receiver, receiving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MACHINES = ("laptop", "tower", "rack")


async def test_three_machines_are_lived_with_for_a_day(product: Product, window: OpenWindow) -> None:
    desk, phone = await window("wide"), await window("phone")
    page = desk.page
    with receiving() as receiver:
        await steps.arrive(desk, product)
        for machine in MACHINES[1:]:
            await steps.create_agent(desk, product, machine, machine)
        await be_told(desk, receiver)

        # What was done earlier has ended, and is put away.
        await steps.start_session(desk, "[[say The zebra crossing is painted.]]", agent="rack")
        await steps.is_idle(page)
        earlier = page.url
        await steps.terminate(page)
        await expect(page.get_by_text("It was terminated on request")).to_be_visible()
        await page.get_by_role("button", name="Session actions").click()
        await page.get_by_role("menuitem", name="Archive").click()

        # Each machine is given work, and each asks; the overview says which, and for what.
        for machine in MACHINES:
            await page.goto("/")
            await steps.start_session(
                desk, f"[[bash touch {machine}.txt]] [[say {machine} has touched it.]]", agent=machine
            )
        await page.goto("/")
        sessions = page.get_by_role("region", name="Sessions")
        await expect(sessions.get_by_role("heading", name="Waiting for you 3")).to_be_visible()
        for machine in MACHINES:
            row = sessions.get_by_role("link", name=machine)
            await expect(row.get_by_text(f"Run touch {machine}.txt")).to_be_visible()

        # Each question came once, whichever order they came in.
        told = {posted["message"]: posted for posted in [await pushed(receiver) for _ in MACHINES]}
        assert set(told) == {f"Bash:\ntouch {machine}.txt" for machine in MACHINES}

        # One is answered from the lock screen, one where its notification leads, one from the inbox.
        await press(told["Bash:\ntouch laptop.txt"]["actions"][0])
        await phone.page.goto("/inbox")
        await steps.sign_in(phone)
        await expect(phone.page.get_by_role("article")).to_have_count(2)
        await phone.page.goto(told["Bash:\ntouch tower.txt"]["click"].removeprefix(product.url))
        await allow(phone.page)
        await expect(steps.transcript(phone.page).get_by_text("tower has touched it.", exact=True)).to_be_visible()
        await page.goto("/inbox")
        await expect(page.get_by_role("article")).to_have_count(1)
        await expect(page.get_by_role("article").get_by_role("button", name="Allow", exact=True)).to_be_enabled()
        await page.get_by_role("article").focus()
        await page.keyboard.press("a")
        await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
        await page.get_by_role("link", name="Overview").click()
        await expect(sessions.get_by_role("heading", name="Idle 3")).to_be_visible()
        assert all((product.work / f"{machine}.txt").exists() for machine in MACHINES)

        # Nothing was told of twice: what comes next is what is asked for next.
        await page.goto("/account")
        await page.get_by_role("button", name=re.compile("^Test mine on")).click()
        assert (await pushed(receiver))["title"] == "ClaudiOS"

    # What was done earlier is found by a word of it, on the phone.
    await phone.page.goto("/search?q=zebra")
    hit = phone.page.get_by_role("list", name="Found").get_by_role("link").filter(has=phone.page.get_by_text("Claude"))
    while not await hit.count():  # the index is a few seconds behind
        await phone.page.reload()
        await expect(phone.page.get_by_text(re.compile("place|Nothing was found")).first).to_be_visible()
    await hit.first.click()
    await phone.page.wait_for_url(re.compile(re.escape(earlier.removeprefix(product.url))))
    said = steps.transcript(phone.page).get_by_text("The zebra crossing is painted.", exact=True)
    await expect(said).to_be_in_viewport()

    # What the day cost stands in the overview, and is the sum of what each machine cost.
    await page.goto("/")
    today = page.get_by_title("What all sessions cost since midnight")
    await expect(today).to_have_text(re.compile(r"^\$[\d.]+ today$"))
    day = float((await today.inner_text()).removeprefix("$").removesuffix(" today"))
    await page.goto("/usage")
    await page.get_by_role("button", name="By machine as a table").click()
    rows = page.get_by_role("region", name="By machine").get_by_role("row")
    await expect(rows).to_have_count(1 + len(MACHINES))
    costs = [re.search(r"\$([\d.]+)", await row.inner_text()) for row in await rows.all()]
    assert sum(float(cost[1]) for cost in costs if cost) == pytest.approx(day, abs=0.001)


async def be_told(watched: Watched, receiver: Receiver) -> None:
    """Have what waits, and nothing else, be told at once to an ntfy topic."""
    page = watched.page
    await page.goto("/account")
    told = page.get_by_role("region", name="How you are told")
    await told.get_by_role("button", name="Add ntfy topic").click()
    dialog = page.get_by_role("dialog", name="Add ntfy topic")
    await dialog.get_by_label("Address").fill(f"{receiver.url}/mine")
    await dialog.get_by_role("button", name="Add topic").click()
    await told.get_by_label("Wait first, seconds").fill("0")
    await told.get_by_label("Claude has finished").uncheck()
    await told.get_by_role("button", name="Save what I am told").click()
    await expect(told.get_by_role("button", name="Save what I am told")).to_be_disabled()


async def pushed(receiver: Receiver) -> dict[str, Any]:
    """Return what the topic is sent next."""
    posted: dict[str, Any] = json.loads((await receiver.next()).body)
    return posted


async def press(button: Mapping[str, Any]) -> None:
    """Press a button of a notification, as the ntfy app does."""
    async with httpx2.AsyncClient(timeout=60) as app:
        answer = await app.request(button["method"], button["url"], headers=button["headers"], content=button["body"])
    assert answer.is_success, answer.text


async def allow(page: Page) -> None:
    """Allow what the session that is shown asks."""
    asked = page.get_by_role("region", name="Waiting for you")
    await asked.get_by_role("button", name="Allow", exact=True).click()
