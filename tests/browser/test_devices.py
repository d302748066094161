"""The devices one is signed in on: a phone comes in by a code on the screen, and is shown the door again."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_a_phone_signs_in_by_a_code_on_the_screen_and_is_signed_out_from_there(
    product: Product, window: OpenWindow
) -> None:
    desk = await window("wide")
    page = desk.page
    await steps.register(desk)
    await page.goto("/account")
    devices = page.get_by_role("listitem").filter(has_text="last used")
    await expect(devices).to_have_count(1)
    await expect(devices.get_by_text("this device")).to_be_visible()
    await desk.audit("account")
    await page.get_by_role("button", name="Sign in a phone").click()
    dialog = page.get_by_role("dialog", name="Sign in a phone")
    await expect(dialog.get_by_role("img", name="QR code of the sign-in link")).to_be_visible()
    await expect(dialog.get_by_text(re.compile(r"Good for \d+ more seconds"))).to_be_visible()
    await desk.audit("sign-in code")
    await dialog.get_by_role("button", name="Copy sign-in link").click()
    link: str = await page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{product.url}/sign-in#")

    phone = await window("phone")
    await phone.page.goto(link)
    await expect(phone.page.get_by_role("heading", name="Overview")).to_be_visible()
    assert "#" not in phone.page.url
    again = await window("phone")
    with again.outage():  # the browser notes every refusal
        await again.page.goto(link)
        await expect(again.page.get_by_role("alert")).to_contain_text("was used already")

    await page.keyboard.press("Escape")
    await expect(devices).to_have_count(2)
    await devices.get_by_role("button", name=re.compile("^Sign out")).click()
    with phone.outage():
        await page.get_by_role("alertdialog").get_by_role("button", name="Sign out", exact=True).click()
        await expect(devices).to_have_count(1)
        await expect(phone.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
