"""A line of 100 MB, and one that is nested 10,000 deep: the page shows the session all the same, and keeps small."""

from __future__ import annotations

import sys

import pytest
from playwright.async_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.faults.case import MIB, Case
from tests.helpers import fake_cli
from tests.helpers.programs import write_program

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CLAUDE = """#!/bin/sh
case "$1" in
    --version) echo "0.0.0 (fake)"; exit 0;;
    auth) echo '{{"loggedIn":true}}'; exit 0;;
esac
exec {python} -S -E {fake} --initialize --wait-lines 1 --nested 10000 --huge {huge} --echo heard:
"""
PAGE_BYTES = 64 * MIB
SHOWN_CHARACTERS = MIB
IS_STORED = """async bytes => {
    const [session] = await (await fetch("/api/v1/sessions")).json()
    return session.log_bytes > bytes
}"""


async def heap_bytes(page: Page) -> int:
    """Return how much memory the page's script holds once what it does not need is gone."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used: int = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return used


@pytest.mark.fault("P4")
async def test_a_session_with_endless_and_deep_lines_stays_readable(
    case: Case, product: Product, window: OpenWindow
) -> None:
    script = CLAUDE.format(python=sys.executable, fake=fake_cli.__file__, huge=100 * MIB)
    product.claude = write_program(product.home / "claude", script)
    watched = await window("wide")
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "Print without end")
    await expect(log.get_by_text("[[[[[[").last).to_be_visible()
    await page.wait_for_function(IS_STORED, arg=100 * MIB, timeout=120_000)
    await steps.send(page, "Are you there?")
    await page.get_by_role("button", name="Send now").click()  # that program never says that it is done
    await is_readable(case, page)
    await page.reload()
    await is_readable(case, page)
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Raw log").click()
    raw = page.get_by_role("region", name="Raw log")
    await expect(raw.get_by_text("Live", exact=True)).to_be_visible()
    await expect(raw.get_by_role("group", name="Frames").get_by_text("yyyy").last).to_be_visible()
    await is_readable(case, page)


async def is_readable(case: Case, page: Page) -> None:
    """Demand that the newest prompt is shown, and that neither the page's text nor its memory grew with the log."""
    await expect(transcript(page).get_by_text("Are you there?").first).to_be_visible()
    assert len(await page.locator("body").inner_text()) < SHOWN_CHARACTERS
    case.memory("page", await heap_bytes(page), PAGE_BYTES)
