"""What a browser must load before it shows anything."""

from __future__ import annotations

from tests.helpers.built_page import assets, entry, gzip_bytes

MOST_BYTES = 200_000
LAZY = {"xterm": b"xterm-helper-textarea", "shiki": b"ShikiError", "toasts": b"data-toasts"}
"""Strings of their own that stay in them when they are made small."""


def test_the_page_begins_with_no_more_than_200_kb_and_without_terminal_highlighting_and_toasts() -> None:
    files = entry()
    assert any(file.suffix == ".css" for file in files)
    assert sum(map(gzip_bytes, files)) <= MOST_BYTES
    for name, mark in LAZY.items():
        assert [file.name for file in assets() if file.suffix == ".js" and mark in file.read_bytes()], name
        assert [file.name for file in files if mark in file.read_bytes()] == [], name
