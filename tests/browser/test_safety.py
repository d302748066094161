"""What a model, a file or a title may say, and what must not come of it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ATTACK = (
    "<script>window.owned=1</script> <img src=x onerror='window.owned=1'> "
    "<svg onload='window.owned=1'></svg> ![pixel](https://tracker.invalid/p.png) "
    "<a href='javascript:window.owned=1'>press</a> the end of it"
)


@pytest.mark.fault("X16")
@pytest.mark.parametrize("width", WIDTHS)
async def test_script_in_what_a_model_says_does_not_run_and_fetches_nothing(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.register(watched)
    await steps.create_project(watched, "<b onmouseover=window.owned=1>Home</b>")
    await steps.create_agent(watched, product, "<img src=x onerror=window.owned=1>")
    await steps.start_session(watched, f"[[say {ATTACK}]]")
    await expect(transcript(page).get_by_text("the end of it").last).to_be_visible()
    await steps.is_idle(page)
    await steps.send(page, "run touch '<img src=x onerror=window.owned=1>' '<script>window.owned=1<script>'; ls")
    asked = page.get_by_role("region", name="Waiting for you")
    await asked.get_by_role("button", name="Allow", exact=True).click()
    await steps.is_idle(page)
    await transcript(page).get_by_role("button", name="Run").click()
    await expect(transcript(page).get_by_role("group", name="Result")).to_contain_text("onerror")
    assert await page.evaluate("window.owned") is None
    assert await transcript(page).locator("script, img, iframe").count() == 0


ESCAPES = (
    r"\033]52;c;b3duZWQ=\a\033]0;owned\a\033]8;;https://evil.invalid\apress\033]8;;\a"
    r"\033[31mred\033[0m \u202ecipot"
)
ASK_SCRIPT = (
    '[[ask {"questions":[{"question":"<img src=x onerror=window.owned=1>?","header":"<b>","multiSelect":false,'
    '"options":[{"label":"<script>window.owned=1</script>","description":"<svg onload=window.owned=1>"},'
    '{"label":"No","description":"-"}]}]}]] [[say Asked.]]'
)


@pytest.mark.fault("X15")
@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_asked_and_what_a_terminal_would_obey_is_only_shown(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    await page.evaluate("navigator.clipboard.writeText('mine')")
    await steps.start_session(watched, f"[[bash printf '{ESCAPES}'; touch x]] [[say Printed.]]")
    await page.goto("/inbox")
    asked = page.get_by_role("article")
    await asked.get_by_role("button", name="Allow", exact=True).click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await page.go_back()
    log = transcript(page)
    await expect(log.get_by_text("Printed.", exact=True)).to_be_visible()
    await log.get_by_role("button", name="Run").click()
    await expect(log.get_by_role("group", name="Result")).to_contain_text("pressred")
    assert await log.get_by_role("link").count() == 0
    assert (await page.title()).startswith("[[bash")
    assert await page.evaluate("navigator.clipboard.readText()") == "mine"

    await steps.is_idle(page)
    await steps.send(page, ASK_SCRIPT)
    await page.goto("/inbox")
    await expect(asked.get_by_text("<img src=x onerror=window.owned=1>?")).to_be_visible()
    await asked.get_by_role("radio", name="<script>window.owned=1</script>").check()
    await asked.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    assert await page.evaluate("window.owned") is None
