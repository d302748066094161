"""Images: pasted, dropped and chosen, sent to the real CLI, and shown where Claude was given or has read one."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript
from tests.helpers.claude import claude_environment_for
from tests.helpers.images import images_sent, png
from tests.helpers.model import running_model

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SMALL = png(48, 32, seed=5)
GIVE = """(element, [encoded, how]) => {
    const bytes = Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0))
    const carried = new DataTransfer()
    carried.items.add(new File([bytes], "shot.png", {type: "image/png"}))
    const told = {bubbles: true, cancelable: true}
    element.dispatchEvent(how === "drop"
        ? new DragEvent("drop", {...told, dataTransfer: carried})
        : new ClipboardEvent("paste", {...told, clipboardData: carried}))
}"""
SIZE = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    """Where the scripted model keeps what it is sent."""
    return tmp_path / "bodies"


@pytest.fixture
def claude_environment(tmp_path: Path, bodies: Path) -> Iterator[dict[str, str]]:
    """Claude on a model of its own that keeps what it is sent."""
    with running_model("--bodies", str(bodies)) as model:
        yield claude_environment_for(model.url, tmp_path / "claude-home")


async def give(element: Locator, image: bytes, how: str) -> None:
    """Paste an image into a field, or drop it there."""
    await element.evaluate(GIVE, [b64encode(image).decode(), how])


async def opens(page: Page, image: Locator, name: str, size: tuple[int, int]) -> None:
    """Open an image, and close it again."""
    await image.get_by_role("button", name=name).click()
    dialog = page.get_by_role("dialog", name="Image")
    assert tuple(await dialog.get_by_role("img").evaluate(SIZE)) == size
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
async def test_images_are_given_to_claude_kept_with_the_draft_and_shown(
    product: Product, window: OpenWindow, bodies: Path, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await page.get_by_role("button", name="New session", exact=True).locator("visible=true").first.click()
    dialog = page.get_by_role("dialog", name="New session")
    await give(dialog.get_by_label("Prompt"), SMALL, "paste")
    await expect(dialog.get_by_role("list", name="Images to send").get_by_role("img")).to_have_count(1)
    await expect(dialog.get_by_role("button", name="Start session")).to_be_disabled()
    await dialog.get_by_label("Prompt").fill("é" * 300_000)
    await expect(dialog.get_by_role("alert")).to_contain_text("600,000 bytes long, and 500,000 is the most")
    await expect(dialog.get_by_role("button", name="Start session")).to_be_disabled()
    await dialog.get_by_label("Prompt").fill("[[say First.]]")
    await watched.audit("new session with an image")
    await dialog.get_by_role("button", name="Start session").click()
    await expect(log.get_by_text("First.", exact=True)).to_be_visible()
    assert images_sent(bodies) == [SMALL]
    await opens(page, log, "Open image 1 of 1", (48, 32))
    await steps.is_idle(page)

    field = page.get_by_role("textbox", name=re.compile("^Prompt for"))
    added = page.get_by_role("list", name="Images to send").get_by_role("img")
    await give(field, SMALL, "paste")
    await expect(added).to_have_count(1)
    await give(field, png(20, 20, seed=6), "drop")
    await expect(added).to_have_count(2)
    large = png(2000, 500, seed=7, is_plain=True)
    await page.locator("input[type=file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": large}
    )
    await expect(added).to_have_count(3)
    await field.fill("[[say Second.]]")
    await watched.audit("composer with images")
    await page.reload()  # a draft is not lost, nor what was added to it
    await expect(added).to_have_count(3)
    await expect(field).to_have_value("[[say Second.]]")
    await page.get_by_role("button", name="Remove image 2").click()
    await expect(added).to_have_count(2)
    await page.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no image"}
    )
    await expect(page.get_by_role("alert")).to_have_text("notes.txt is no image that this browser can read.")
    await page.get_by_role("button", name="Remove image 1").click()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await field.focus()
    await steps.submit(page)
    await expect(log.get_by_text("Second.", exact=True)).to_be_visible()
    await expect(added).to_have_count(0)
    assert images_sent(bodies)[-1] not in (SMALL, large)
    await opens(page, log.locator("[data-index]").filter(has_text="[[say Second.]]"), "Open image 1 of 1", (1568, 392))

    (product.work / "read.png").write_bytes(SMALL)
    await steps.is_idle(page)
    await steps.send(page, f"[[read {product.work / 'read.png'}]] [[say Third.]]")
    await expect(log.get_by_text("Third.", exact=True)).to_be_visible()
    await expect(log.get_by_text("context 1 %")).to_have_count(3)  # nothing more comes that moves what is clicked
    await log.get_by_role("button", name=re.compile("^Read")).click()
    card = log.locator("[data-index]").filter(has_text="Read")
    await expect(card.get_by_role("button", name="Open image 1 of 1")).to_be_visible()
    await watched.audit("an image that Claude has read")
    await opens(page, card, "Open image 1 of 1", (48, 32))


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_prompt_that_waits_keeps_its_images_over_reload_edit_and_undo(
    product: Product, window: OpenWindow, bodies: Path, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[text 200000 rate=2000]]")
    await expect(log.get_by_text("The quick brown fox").last).to_be_visible()
    field = page.get_by_role("textbox", name=re.compile("^Prompt for"))
    await give(field, SMALL, "paste")
    await expect(page.get_by_role("list", name="Images to send").get_by_role("img")).to_have_count(1)
    await steps.send(page, "[[say Waited.]]")
    waiting = page.get_by_role("region", name="Waiting prompts")
    picture = waiting.get_by_role("button", name="Open image 1 of 1")
    await expect(picture).to_be_visible()
    await watched.audit("queue with an image")
    await page.reload()
    await expect(picture).to_be_visible()
    await waiting.get_by_role("button", name="Edit").click()
    await waiting.get_by_role("textbox").fill("[[say Edited.]]")
    await waiting.get_by_role("button", name="Save").click()
    await waiting.get_by_role("button", name="Withdraw").click()
    await expect(waiting).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(picture).to_be_visible()
    await page.get_by_role("button", name="Interrupt").click()
    await expect(log.get_by_text("Edited.", exact=True)).to_be_visible()
    assert images_sent(bodies) == [SMALL]
    await expect(log.get_by_role("button", name="Open image 1 of 1")).to_be_visible()
