"""What a model, a file or a title may say, and what must not come of it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import steps
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
async def test_script_in_what_a_model_says_does_not_run_and_fetches_nothing(
    product: Product, window: OpenWindow
) -> None:
    watched = await window("wide")
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
