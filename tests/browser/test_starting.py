"""Starting a session: a directory looked for, one used before, and templates from wherever one is."""

from __future__ import annotations

import os
import re

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS, Watched
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def picture(watched: Watched, name: str) -> None:
    if "PICTURES" in os.environ:
        width = "phone" if watched.is_phone else "wide"
        await watched.page.screenshot(path=f"{os.environ['PICTURES']}/{name}-{width}.png")


async def open_form(watched: Watched) -> None:
    await watched.page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_directory_is_looked_for_on_the_machine_and_offered_the_next_time(
    product: Product, window: OpenWindow, width: str
) -> None:
    (product.work / "app/web").mkdir(parents=True)
    (product.work / "app/readme.txt").touch()
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)

    await open_form(watched)
    form = page.get_by_role("dialog", name="New session")
    await form.get_by_role("button", name="Browse directories").click()
    browser = page.get_by_role("dialog", name="Directories on laptop")
    await expect(browser.get_by_role("status")).to_have_text(str(product.work))
    await browser.get_by_role("button", name="app", exact=True).click()
    await expect(browser.get_by_role("status")).to_have_text(f"{product.work}/app")
    await expect(browser.get_by_role("list", name="Directories").get_by_role("button")).to_have_text("web")
    await watched.audit("directories")
    await picture(watched, "directories")
    await browser.get_by_role("button", name="web", exact=True).click()
    await expect(browser.get_by_text("No directory in it.")).to_be_visible()
    await browser.get_by_role("button", name="Up").click()
    await expect(browser.get_by_role("status")).to_have_text(f"{product.work}/app")
    await browser.get_by_role("button", name="Use this directory").click()
    await expect(browser).to_have_count(0)
    await expect(form.get_by_label("Directory")).to_have_value(f"{product.work}/app")
    await form.get_by_label("Prompt").fill("[[say There.]]")
    await form.get_by_role("button", name="Start session").click()
    await expect(transcript(page).get_by_text("There.", exact=True)).to_be_visible()
    await steps.has_details(watched, Directory=f"{product.work}/app")

    # Where it was used is offered; to choose it with the keyboard starts nothing.
    if watched.is_phone:
        await page.goto("/")
    await open_form(watched)
    directory = form.get_by_label("Directory")
    await directory.fill("")
    await directory.click()
    offered = page.get_by_role("listbox", name="Directories")
    await expect(offered.get_by_role("option").first).to_have_text(f"{product.work}/app")
    await watched.audit("directories offered", is_menu_open=True)
    await picture(watched, "directory")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(directory).to_have_value(f"{product.work}/app")
    await expect(offered).to_have_count(0)
    await expect(form).to_be_visible()

    # A machine that is away says so, and one can still type.
    product.stop("agent")
    await expect(form.get_by_role("combobox", name="Agent")).to_be_visible()
    with watched.outage():
        await form.get_by_role("button", name="Browse directories").click()
        await expect(browser.get_by_role("alert")).to_contain_text("You can type the directory as well.")
    await watched.audit("directories of a machine that is away")
    await picture(watched, "directories-away")
    await browser.get_by_role("button", name="Cancel").click()
    await directory.fill("/srv/elsewhere")
    await expect(directory).to_have_value("/srv/elsewhere")


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_template_is_saved_from_the_form_and_started_by_its_name(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    project = page.url.partition("?")[0]

    await open_form(watched)
    form = page.get_by_role("dialog", name="New session")
    await expect(form.get_by_role("combobox", name="Template")).to_have_count(0)
    await form.get_by_label("Prompt").fill("[[say {greeting}, {{name}}.]]")
    await form.get_by_label("Model").fill("haiku")
    await form.get_by_role("button", name="Save as template").click()
    making = page.get_by_role("dialog", name="New template")
    await expect(making.get_by_label("Prompt")).to_have_value("[[say {greeting}, {{name}}.]]")
    await expect(making.get_by_label("Model")).to_have_value("haiku")
    await making.get_by_label("Name").fill("Greet")
    await watched.audit("new template")
    await picture(watched, "template")
    await making.get_by_role("button", name="Save template").click()
    await expect(making).to_have_count(0)
    await expect(form.get_by_role("combobox", name="Template")).to_be_visible()
    await form.get_by_role("button", name="Cancel").click()

    # From anywhere by its name; what is to be filled in has the focus, and is not left out.
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Password")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("start: greet")
    entry = page.get_by_role("dialog", name="Command palette").get_by_role("option", name=re.compile("^Start: Greet"))
    await expect(entry).to_be_visible()
    await page.keyboard.press("Enter")
    place = form.get_by_label("greeting")
    await expect(place).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(form.get_by_text("Fill this in.")).to_be_visible()
    await expect(place).to_be_focused()
    await watched.audit("start from a template")
    await picture(watched, "filling")
    await page.keyboard.type("Good day")
    await page.keyboard.press("Control+Enter")
    await expect(transcript(page).get_by_text("Good day, {name}.", exact=True)).to_be_visible()

    # In the form it is chosen, and left again, without what was written being lost.
    if watched.is_phone:
        await page.goto("/")
    await open_form(watched)
    await form.get_by_label("Prompt").fill("mine")
    await form.get_by_role("combobox", name="Template").click()
    await page.get_by_role("option", name=re.compile("^Greet")).click()
    await expect(form.get_by_label("Prompt")).to_have_value("[[say {greeting}, {{name}}.]]")
    if not watched.is_phone:
        await expect(place).to_be_focused()
    await form.get_by_role("combobox", name="Template").click()
    await page.get_by_role("option", name="None", exact=True).click()
    await expect(form.get_by_label("Prompt")).to_have_value("mine")
    await expect(place).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)

    # The project's settings change it and take it away.
    await page.goto(f"{project}?tab=settings")
    kept = page.get_by_role("region", name="Templates")
    await kept.get_by_role("button", name="Edit Greet").click()
    changing = page.get_by_role("dialog", name="Edit template")
    await changing.get_by_label("Name").fill("Welcome")
    await changing.get_by_role("button", name="Save template").click()
    await expect(kept.get_by_text("Welcome", exact=True)).to_be_visible()
    await watched.audit("templates")
    await picture(watched, "templates")
    await kept.get_by_role("button", name="Remove Welcome").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove template").click()
    await expect(kept.get_by_text("Welcome", exact=True)).to_have_count(0)

    # Three strokes still start a session from anywhere, with what was written before until it is started.
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option", name="New session")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(form.get_by_label("Prompt")).to_be_focused()
    await expect(form.get_by_label("Prompt")).to_have_value("mine")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(re.compile("/sessions/"))
    await expect(transcript(page).get_by_text("mine", exact=True)).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option", name="New session")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(form.get_by_label("Prompt")).to_be_focused()
    await expect(form.get_by_label("Prompt")).to_have_value("")
