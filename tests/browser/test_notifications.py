"""Notifications in the page: what one is told, where that leads, and the webhooks of a project."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.helpers.receiver import receiving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_one_chooses_what_to_be_told_and_a_notification_leads_to_its_request(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    with receiving() as receiver:
        await steps.arrive(watched, product)
        await page.goto("/account")
        told = page.get_by_role("region", name="How you are told")
        await told.get_by_role("button", name="Add ntfy topic").click()
        dialog = page.get_by_role("dialog", name="Add ntfy topic")
        with watched.outage():  # the browser itself tells the console of a refusal
            await dialog.get_by_label("Address").fill(f"{receiver.url}/no!topic")
            await dialog.get_by_role("button", name="Add topic").click()
            await expect(dialog.get_by_text("Write server and topic")).to_be_visible()
        await dialog.get_by_label("Address").fill(f"{receiver.url}/mine")
        await watched.audit("ntfy")
        await dialog.get_by_role("button", name="Add topic").click()
        row = told.get_by_role("listitem").filter(has_text="mine on 127.0.0.1")
        await row.get_by_role("button", name="Test").click()
        assert json.loads((await receiver.next()).body)["title"] == "ClaudiOS"
        await told.get_by_label("Wait first, seconds").fill("0")
        await told.get_by_label("Claude has finished").uncheck()
        await told.get_by_label("Quiet hours").check()
        await expect(told.get_by_label("From")).to_have_value("22:00")
        await told.get_by_label("Quiet hours").uncheck()
        await steps.audit_each(watched, "notifications")
        await told.get_by_role("button", name="Save what I am told").click()
        await expect(told.get_by_role("button", name="Save what I am told")).to_be_disabled()
        await told.get_by_text("What was sent lately").click()
        await expect(told.get_by_text("answered 200")).to_be_visible()
        await page.reload()
        await expect(told.get_by_label("Wait first, seconds")).to_have_value("0")
        await expect(told.get_by_label("Claude has finished")).not_to_be_checked()

        await steps.start_session(watched, "[[bash touch one]] [[say Done.]]")
        asked = page.get_by_role("region", name="Waiting for you")
        await expect(asked.get_by_text("touch one")).to_be_visible()
        await page.goto("/account")  # nobody looks any more
        posted = json.loads((await receiver.next()).body)
        assert "touch one" in posted["message"]
        await page.goto(posted["click"].removeprefix(product.url))
        await expect(asked.get_by_text("touch one")).to_be_visible()
        await asked.get_by_role("button", name="Allow", exact=True).click()
        await expect(transcript(page).get_by_text("Done.", exact=True)).to_be_visible()

        await page.goto("/projects")
        await page.get_by_role("main").get_by_role("link", name="Home").click()
        await page.get_by_role("tab", name="Settings").click()
        await add_webhook(watched, f"{receiver.url}/hook")
        hooks = page.get_by_role("region", name="Webhooks")
        await hooks.get_by_role("button", name="Test ci").click()
        assert (await receiver.next()).headers["webhook-id"].startswith("ntf_")
        await expect(hooks.get_by_text("answered 200")).to_be_visible()
        await hooks.get_by_role("button", name="Redeliver").click()
        assert (await receiver.next()).path == "/hook"
        await steps.audit_each(watched, "webhooks")


async def add_webhook(watched: Watched, address: str) -> None:
    page = watched.page
    await page.get_by_role("button", name="New webhook").click()
    dialog = page.get_by_role("dialog", name="New webhook")
    await dialog.get_by_label("Name").fill("ci")
    await dialog.get_by_label("Address").fill(address)
    await dialog.get_by_role("button", name="Add webhook").click()
    shown = page.get_by_role("dialog", name="The webhook's secret")
    await expect(shown.get_by_text(re.compile("^whsec_"))).to_be_visible()
    await watched.audit("webhook secret")
    await shown.get_by_role("button", name="Done").click()
