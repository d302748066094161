"""The repository in which a session works: its branch in the header, what differs, and a worktree of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.helpers.git import commit, git, repository

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_differs_in_a_repository_is_one_press_away(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    work = repository(product.work / "repository", a__txt="one\ntwo\n", gone__txt="gone\n")
    (work / "a.txt").write_text("one\n2\n")
    (work / "gone.txt").unlink()
    (work / "<img src=x onerror=window.owned=1>").write_text("<script>window.owned=1</script>\n")
    (work / "picture.bin").write_bytes(b"\0\1")
    await steps.start_session(watched, "[[say Ready.]]", directory=str(work))
    await steps.is_idle(page)
    chip = page.get_by_role("button", name=re.compile(r"Changes: main\s*,\s*4 changed"))
    await chip.click()
    panel = page.get_by_role("region", name="Machine")
    files = panel.get_by_role("list", name="Changed files")
    patch = files.get_by_role("group", name="Changes in a.txt")
    await expect(patch).to_contain_text("two")
    await expect(files.get_by_text("A binary file: its content is not shown.")).to_be_visible()
    await expect(files.get_by_text("<script>window.owned=1</script>")).to_be_visible()
    assert await page.evaluate("window.owned") is None
    await watched.audit("changes")

    commit(work, "Everything")
    await panel.get_by_role("button", name="Look again").click()
    await expect(panel.get_by_text("Nothing differs")).to_be_visible()
    await watched.audit("no changes")


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_session_in_a_worktree_is_merged_and_removed_from_the_page(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    work = repository(product.work / "repository", a__txt="one\n")
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await dialog.get_by_label("Directory").fill(str(work))
    await dialog.get_by_label("Prompt").fill("[[say Ready.]]")
    await dialog.get_by_label("Work in a new git worktree").check()
    await watched.audit("start in a worktree")
    await dialog.get_by_role("button", name="Start session").click()
    await expect(steps.transcript(page)).to_be_visible()
    await steps.is_idle(page)
    chip = page.get_by_role("button", name=re.compile("Changes: claudios"))
    await chip.click()
    panel = page.get_by_role("region", name="Machine")
    told = page.get_by_role("region", name="Notifications")
    await expect(panel.get_by_text("Worktree of its own")).to_be_visible()
    [top] = [Path(line.split(" ")[0]) for line in git(work, "worktree", "list").split("\n")[1:]]
    (top / "b.txt").write_text("new\n")
    commit(top, "Add b")
    (top / "loose.txt").touch()
    await panel.get_by_role("button", name="Look again").click()
    await expect(panel.get_by_role("list", name="Changed files")).to_contain_text("b.txt")
    await watched.audit("worktree")
    with watched.outage():  # the browser writes down what is refused
        await panel.get_by_role("button", name="Merge into main").click()
        await expect(
            told.get_by_text(re.compile("would not be merged, being not committed: loose.txt"))
        ).to_be_visible()
    (top / "loose.txt").unlink()
    await panel.get_by_role("button", name="Merge into main").click()
    await expect(told.get_by_text("Merged into main.")).to_be_visible()
    assert (work / "b.txt").read_text() == "new\n"

    (top / "late.txt").touch()
    await panel.get_by_role("button", name="Close files and changes").click()
    await steps.terminate(page)
    await chip.click()
    await panel.get_by_role("button", name="Remove", exact=True).click()
    asked = page.get_by_role("alertdialog")
    await expect(asked).to_contain_text("late.txt")
    await watched.audit("what would be lost")
    await asked.get_by_role("button", name="Remove and lose it").click()
    await expect(told.get_by_text("The worktree was removed, with its branch.")).to_be_visible()
    await panel.get_by_role("button", name="Close files and changes").click()
    await expect(page.get_by_text("Its worktree was removed, so it cannot be resumed.")).to_be_visible()
    assert not top.exists()
