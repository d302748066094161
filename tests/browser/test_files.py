"""The files of a session's machine, beside the chat."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT = "<img src=x onerror=window.owned=1>"


def picture() -> bytes:
    """Return a PNG of 2 by 2 red dots."""
    rows = (b"\0" + b"\xff\0\0" * 2) * 2
    parts = (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    chunks = (
        struct.pack(">I", len(raw)) + kind + raw + struct.pack(">I", zlib.crc32(kind + raw)) for kind, raw in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def fill(work: Path) -> None:
    (work / "src").mkdir(parents=True)
    (work / "src/main.py").write_text("def main() -> None:\n    print('hello from a file')\n")
    (work / "red.png").write_bytes(picture())
    (work / "program.bin").write_bytes(b"\x7fELF\0\0")
    (work / "drawing.svg").write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg'><script>window.owned=1</script>{SCRIPT}</svg>"
    )
    (work / SCRIPT).write_text(SCRIPT)
    (work / "turned\u202etxt.exe").write_text("turned")


async def open_files(page: Page) -> None:
    await page.get_by_role("button", name="Session actions").click()
    await page.get_by_role("menuitem", name="Files", exact=True).click()


@pytest.mark.fault("X16")
@pytest.mark.parametrize("width", WIDTHS)
async def test_files_are_browsed_read_taken_and_put(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    await steps.arrive(watched, product)
    work = product.work / "files"
    fill(work)
    await steps.start_session(watched, "[[say Ready.]]", directory=str(work))
    await steps.is_idle(page)
    await open_files(page)
    panel = page.get_by_role("region", name="Machine")
    tree = panel.get_by_role("list", name="Files")
    await expect(panel.get_by_role("tab", name="Files")).to_be_visible()
    await expect(tree.get_by_text("turned⟨U+202E⟩txt.exe")).to_be_visible()
    await watched.audit("files")

    await tree.get_by_role("button", name="src", exact=True).click()
    await tree.get_by_role("button", name="main.py").click()
    content = panel.get_by_role("group", name="Content of main.py")
    await expect(content).to_contain_text("hello from a file")
    await expect(content.locator("span[style]").first).to_be_visible()  # coloured
    await watched.audit("a file")
    async with page.expect_download() as downloading:
        await panel.get_by_role("link", name="Download").click()
    download = await downloading.value
    assert download.suggested_filename == "main.py"
    assert (await download.path()).read_bytes() == (work / "src/main.py").read_bytes()
    back = panel.get_by_role("button", name="Back to the files")
    await back.click()
    await expect(tree.get_by_role("button", name="main.py")).to_be_focused()

    await tree.get_by_role("button", name="red.png").click()
    image = panel.get_by_role("img", name="red.png")
    await expect(image).to_be_visible()
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 2
    await back.click()
    await tree.get_by_role("button", name="program.bin").click()
    await expect(panel.get_by_text("This file is not text")).to_be_visible()
    await back.click()
    for name in ("drawing.svg", SCRIPT):
        await tree.get_by_role("button", name=name).click()
        await expect(panel.get_by_role("group", name=f"Content of {name}")).to_contain_text(SCRIPT)
        await back.click()
    assert await page.evaluate("window.owned") is None

    await page.get_by_label("Files to upload").set_input_files({"name": "up.txt", "mimeType": "", "buffer": b"first"})
    await expect(page.get_by_text("up.txt is uploaded.")).to_be_visible()
    assert (work / "src/up.txt").read_bytes() == b"first"  # where one pressed last
    asked = page.get_by_role("alertdialog", name="Replace up.txt?")
    with watched.outage():  # the browser writes down what is refused
        again: FilePayload = {"name": "up.txt", "mimeType": "", "buffer": b"second"}
        await page.get_by_label("Files to upload").set_input_files(again)
        await expect(asked).to_be_visible()
    await watched.audit("replace")
    assert (work / "src/up.txt").read_bytes() == b"first"
    await asked.get_by_role("button", name="Replace").click()
    await expect(asked).to_have_count(0)
    await tree.get_by_role("button", name="up.txt").click()
    await expect(panel.get_by_role("group", name="Content of up.txt")).to_have_text("second")
    await back.click()

    await page.evaluate(
        """name => {
            const dropped = new DataTransfer()
            dropped.items.add(new File(["dropped"], name))
            const list = document.querySelector('[aria-label="Files"]')
            for (const type of ["dragover", "drop"])
                list.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: dropped}))
        }""",
        "dropped.txt",
    )
    await expect(tree.get_by_role("button", name="dropped.txt")).to_be_visible()
    assert (work / "dropped.txt").read_bytes() == b"dropped"

    await panel.get_by_role("button", name="Close files and changes").click()
    await expect(panel).to_have_count(0)


async def test_a_machine_that_is_away_is_said_to_be(product: Product, window: OpenWindow) -> None:
    watched = await window("phone")
    page = watched.page
    await steps.arrive(watched, product)
    await steps.start_session(watched, "[[say Ready.]]")
    await steps.is_idle(page)
    product.stop("agent")
    with watched.outage():
        await open_files(page)
        await expect(page.get_by_text("The machine is offline")).to_be_visible()
    await watched.audit("files of a machine that is away")
