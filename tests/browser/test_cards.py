"""What the cards of tools show when they are unfolded, of calls that the real CLI has carried out."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.browsing import WIDTHS
from tests.browser.conftest import OpenWindow
from tests.browser.product import Product
from tests.browser.steps import transcript

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "c1",
            "metadata": {},
            "source": ["print(1)"],
            "outputs": [],
            "execution_count": None,
        }
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
# A server of the Model Context Protocol with one tool, over standard input and output.
CALCULATOR = """
import json, sys
ADD = {"name": "add", "description": "Add", "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}}}
REPLIES = {
    "initialize": {
        "protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "calc", "version": "1"}
    },
    "tools/list": {"tools": [ADD]},
    "tools/call": {"content": [{"type": "text", "text": "the sum is 5"}]},
}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": REPLIES.get(asked["method"], {})}), flush=True)
"""


@pytest.fixture
def claude_environment(claude_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Claude with the tools for lists, which newer models have only when asked for, and with a server of tools."""
    server = tmp_path / "calculator.py"
    server.write_text(CALCULATOR)
    servers = {"calc": {"type": "stdio", "command": sys.executable, "args": [str(server)]}}
    configuration = Path(claude_environment["CLAUDE_CONFIG_DIR"]) / ".claude.json"
    configuration.write_text(json.dumps({"mcpServers": servers}))
    return {**claude_environment, "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1"}


async def play(page: Page, script: str, answer: str) -> None:
    """Send a script that ends with an answer, and wait until it has been played."""
    await steps.send(page, f"{script} [[say {answer}]]")
    await expect(transcript(page).get_by_text(answer, exact=True)).to_be_visible()
    await steps.is_idle(page)


async def lines(log: Locator, label: str) -> list[str]:
    """The lines of a change, each with its number and its sign."""
    shown = log.get_by_role("group", name=label)
    await expect(shown).to_have_count(1)
    told: list[str] = await shown.locator("div > div").evaluate_all(
        "rows => rows.map(row => [...row.childNodes].map(part => part.textContent.trim()).join(' ').trim())"
    )
    return told


@pytest.mark.parametrize("width", WIDTHS)
async def test_files_that_were_read_and_changed_show_what_changed_and_where(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    note, notebook = product.work / "note.py", product.work / "book.ipynb"
    note.write_text("".join(f"line_{n} = {n}\n" for n in range(1, 13)))
    notebook.write_text(json.dumps(NOTEBOOK))
    edit = json.dumps({"file_path": str(note), "old_string": "line_9 = 9", "new_string": "line_9 = 0"})
    await steps.start_session(watched, f"[[read {note}]] [[edit {edit}]] [[say Changed.]]", permissions="Accept edits")
    await expect(log.get_by_text("Changed.", exact=True)).to_be_visible()
    await steps.is_idle(page)

    read = log.get_by_role("button", name=re.compile("^Read"))
    await read.click()
    await expect(log.get_by_role("group", name="Result")).to_contain_text("line_12 = 12")
    await read.click()
    edited = log.get_by_role("button", name=re.compile("^Edit"))
    await edited.click()
    assert await lines(log, "Change") == [
        "⋯ 5 unchanged",
        *(f"{n}  line_{n} = {n}" for n in (6, 7, 8)),
        "9 - line_9 = 9",
        "9 + line_9 = 0",
        *(f"{n}  line_{n} = {n}" for n in (10, 11, 12)),
    ]
    await watched.audit("change with line numbers")
    await edited.click()

    before = "".join(f"line_{n} = {n if n != 9 else 0}\\n" for n in range(1, 12))
    await play(page, f"[[write {note} {before}]] [[write {product.work / 'new.txt'} a\\nb\\n]]", "Written.")
    written = log.get_by_role("button", name=re.compile("^Write"))
    await written.first.click()
    assert (await lines(log, "Change"))[-1] == "12 - line_12 = 12"
    await written.first.click()
    await written.last.click()
    assert await lines(log, "Content written") == ["1 + a", "2 + b"]
    await written.last.click()

    cell = json.dumps({"notebook_path": str(notebook), "cell_id": "c1", "new_source": "print(2)"})
    await play(page, f"[[read {notebook}]] [[tool NotebookEdit {cell}]]", "Computed.")
    await edited.last.click()
    assert await lines(log, "Change") == ["- print(1)", "+ print(2)"]
    await watched.audit("changed notebook")


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_claude_means_to_do_is_a_checklist(product: Product, window: OpenWindow, width: str) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    await steps.arrive(watched, product)
    create = '[[tool TaskCreate {"subject":"Read the notes","description":"-","activeForm":"Reading the notes"}]]'
    other = '[[tool TaskCreate {"subject":"Write less","description":"-"}]]'
    begin = '[[tool TaskUpdate {"taskId":"1","status":"in_progress"}]]'
    await steps.start_session(watched, f"{create} {other} {begin} [[say Begun.]]")
    await expect(log.get_by_text("Begun.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    checklist = log.get_by_role("list", name="Checklist")
    await expect(checklist).to_have_count(1)
    await expect(checklist.get_by_role("listitem")).to_have_text(
        ["in progress: Reading the notes", "pending: Write less"]
    )
    await watched.audit("checklist")

    await play(page, '[[tool TaskUpdate {"taskId":"1","status":"completed"}]]', "Done.")
    await expect(checklist).to_have_count(2)
    await expect(checklist.last.get_by_role("listitem")).to_have_text(
        ["completed: Read the notes", "pending: Write less"]
    )
    await expect(log.get_by_text("1 of 2 done")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_web_and_tools_that_nobody_knows_are_readable(
    product: Product, window: OpenWindow, width: str
) -> None:
    watched = await window(width)
    page = watched.page
    log = transcript(page)
    asked = page.get_by_role("region", name="Waiting for you")
    allow = asked.get_by_role("button", name="Allow", exact=True)
    await steps.arrive(watched, product)
    fetch = json.dumps({"url": "http://127.0.0.1:9/notes", "prompt": "What is new?"})
    search = json.dumps({"query": "show markdown"})
    await steps.start_session(watched, f"[[tool WebFetch {fetch}]] [[tool WebSearch {search}]] [[say Looked.]]")
    await expect(asked.locator("dt", has_text="Address").locator("+ dd")).to_have_text("http://127.0.0.1:9/notes")
    await allow.click()
    await expect(asked.locator("dt", has_text="Search for").locator("+ dd")).to_have_text("show markdown")
    await allow.click()
    await expect(log.get_by_text("Looked.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    fetched, searched = log.get_by_role("button", name="Fetch"), log.get_by_role("button", name="Search the web")
    await fetched.click()
    await expect(log.locator("dd", has_text="What is new?")).to_be_visible()
    await expect(log.get_by_role("group", name="Result")).to_contain_text("Unable to verify if domain 127.0.0.1")
    await watched.audit("page that was not fetched")
    await fetched.click()
    await searched.click()
    await expect(log.get_by_role("heading", name="What a transcript can show")).to_be_visible()
    await watched.audit("search in the web")
    await searched.click()

    await steps.send(page, '[[tool mcp__calc__add {"a":2}]] [[say Added.]]')
    await expect(asked.get_by_text("mcp__calc__add")).to_be_visible()
    await allow.click()
    await expect(log.get_by_text("Added.", exact=True)).to_be_visible()
    await steps.is_idle(page)
    await log.get_by_role("button", name="calc · add").click()
    await expect(log.get_by_role("group", name="Input")).to_have_text('{\n  "a": 2\n}')
    await expect(log.get_by_role("group", name="Result")).to_have_text("the sum is 5")
    await watched.audit("tool of a server")
