"""Accounts on the page: signing in and out, links that work once, invitations, command lines, devices that look on."""

from __future__ import annotations

import httpx2
import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def sign_out(watched: Watched) -> None:
    await watched.page.goto("/account")
    await watched.page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    await expect(watched.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


async def test_one_returns_to_where_one_was_going_after_signing_in(product: Product, window: OpenWindow) -> None:
    watched = await window("wide", "dark")
    page = watched.page
    await steps.register(watched)
    await watched.audit("empty list, dark")
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Account")).to_be_visible()
    await page.get_by_role("button", name="New token", exact=True).click()
    await page.get_by_label("What is it for?").fill("a script")
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_role("dialog", name="Your new token").get_by_text("clp_")).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await watched.audit("account, dark")
    await sign_out(watched)
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await watched.audit("sign in, dark")
    await page.goto("/projects")
    await steps.sign_in(watched)
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    assert page.url == f"{product.url}/projects"


@pytest.mark.parametrize("width", ["wide", "phone"])
async def test_who_signs_out_in_one_window_is_asked_to_sign_in_in_the_other_and_comes_back_to_where_one_was(
    product: Product, window: OpenWindow, width: str
) -> None:
    """The other window went to sign in over and over, each time with the address of the time before, until it broke."""
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    address = page.url
    other = await page.context.new_page()
    await other.goto("/account")
    with watched.outage():  # what the first window asks as nobody is refused, which the browser writes down
        await other.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    await other.reload()
    await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    await steps.sign_in(watched)
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert page.url == address
    await other.reload()
    await expect(other.get_by_role("heading", name="Overview")).to_be_visible()


async def test_a_wrong_password_says_so(product: Product, window: OpenWindow) -> None:
    watched = await window("phone")
    page = watched.page
    await steps.register(watched)
    await sign_out(watched)
    await page.get_by_label("Username").fill(steps.USERNAME)
    await page.get_by_label("Password").fill("not this one")
    with watched.outage():  # the browser writes every refusal to the console
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("alert")).to_be_visible()
    await watched.audit("refused")


async def test_an_invitation_brings_somebody_into_the_project_and_leaves_the_address_clean(
    product: Product, window: OpenWindow
) -> None:
    owner = await window("wide")
    await steps.register(owner)
    await steps.create_project(owner, "Home")
    await owner.page.get_by_role("tab", name="People").click()
    invite = owner.page.get_by_role("button", name="Invite")
    await expect(invite).to_be_visible()
    await owner.audit("people")
    await invite.click()
    await expect(owner.page.get_by_role("dialog", name="Invite to Home")).to_be_visible()
    await owner.audit("invite")
    await owner.page.get_by_role("button", name="Create link").click()
    await owner.page.get_by_role("button", name="Copy invitation link").click()
    await expect(owner.page.get_by_text("Copied")).to_be_visible()
    link = await owner.page.evaluate("navigator.clipboard.readText()")

    guest = await window("phone")
    await guest.page.goto(link)
    await expect(guest.page.get_by_role("heading", name="You are invited")).to_be_visible()
    assert "#" not in guest.page.url
    await guest.audit("invitation")
    await guest.page.get_by_label("Username").fill("grace")
    await guest.page.get_by_label("Password").fill(steps.PASSWORD)
    await guest.page.get_by_role("button", name="Create account and join").click()
    await guest.page.get_by_role("link", name="Projects").last.click()
    await expect(guest.page.get_by_role("main").get_by_role("link", name="Home")).to_be_visible()


async def test_a_command_line_is_let_in_by_the_code_it_shows(product: Product, window: OpenWindow) -> None:
    watched = await window("wide")
    page = watched.page
    await steps.register(watched)
    async with httpx2.AsyncClient(base_url=f"{product.url}/api/v1", timeout=60) as program:
        started = (await program.post("/auth/device", json={})).json()
        await page.goto("/device")
        await page.get_by_label("Code").fill("abcd-efgh")
        await watched.audit("device without a code")
        with watched.outage():  # the console names what it was refused
            await page.get_by_role("button", name="Go on").click()
            await expect(page.get_by_role("heading", name="This code does not work")).to_be_visible()
        await page.goto(f"/device#{started['user_code']}")
        await expect(page.get_by_text(started["user_code"])).to_be_visible()
        assert page.url == f"{product.url}/device"
        await watched.audit("device")
        await page.get_by_role("button", name="Approve", exact=True).click()
        await expect(page.get_by_role("heading", name="The command line is signed in")).to_be_visible()
        answer = await program.post("/auth/device/token", json={"device_code": started["device_code"]})
        assert answer.json()["token"].startswith("clp_")


async def test_a_request_answered_on_one_device_closes_on_the_other(product: Product, window: OpenWindow) -> None:
    desk = await window("wide")
    await steps.register(desk)
    await steps.create_project(desk, "Home")
    await steps.create_agent(desk, product, "laptop")
    await steps.start_session(desk, "run touch once.txt")
    waiting = desk.page.get_by_role("region", name="Waiting for you")
    await expect(waiting).to_be_visible()

    phone = await window("phone", "dark")
    await phone.page.goto("/sign-in")
    await steps.sign_in(phone)
    await phone.page.get_by_role("button", name="Waiting 1", exact=True).click()
    row = phone.page.get_by_role("region", name="Sessions").get_by_role("link", name="laptop")
    await expect(row).to_be_visible()
    await phone.audit("list, dark")
    await row.click()
    await expect(phone.page.get_by_role("region", name="Waiting for you")).to_be_visible()
    await phone.audit("permission request, dark")
    await phone.page.get_by_role("button", name="Allow", exact=True).click()

    await expect(waiting).to_have_count(0)
    await expect(transcript(desk.page).get_by_text("Allowed by ada")).to_be_visible()


async def test_a_question_is_answered_and_a_draft_survives_a_reload(product: Product, window: OpenWindow) -> None:
    watched = await window("phone")
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "ask me a question")
    asked = page.get_by_role("region", name="Waiting for you")
    await asked.get_by_role("radio", name="Blue").check()
    await watched.audit("question")
    await asked.get_by_role("button", name="Answer", exact=True).click()
    await expect(transcript(page).get_by_text("Answered by ada")).to_be_visible()
    field = page.get_by_role("textbox", name="Prompt for")
    await field.fill("half a thought")
    await page.reload()
    await expect(field).to_have_value("half a thought")
