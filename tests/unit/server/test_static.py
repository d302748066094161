"""The page's files, as a browser asks for them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from claudios.server.web.static import Page

SCRIPT = b"console.log('hello');\n" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>first</title>")
    (tmp_path / "assets" / "index-abc123.js").write_bytes(SCRIPT)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


def get(page: Page, path: str, method: str = "GET", **headers: str) -> Response:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": pairs}
    return page.answer(Request(scope))


def test_an_address_without_an_extension_is_the_page(folder: Path) -> None:
    page = Page(folder)
    for path in ("/", "/sign-in", "/sessions/1f/x", "/index.html"):
        answer = get(page, path)
        assert (answer.status_code, b"first" in bytes(answer.body)) == (200, True)
        assert answer.headers["cache-control"] == "no-cache"


def test_a_hashed_file_is_kept_for_ever_and_the_page_is_asked_for_again(folder: Path) -> None:
    answer = get(Page(folder), "/assets/index-abc123.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert bytes(answer.body) == SCRIPT


def test_a_browser_that_has_a_file_is_told_so(folder: Path) -> None:
    page = Page(folder)
    etag = get(page, "/").headers["etag"]
    assert get(page, "/", if_none_match=etag).status_code == 304
    assert get(page, "/", if_none_match='"other"').status_code == 200


def test_a_file_is_compressed_for_browsers_that_can_read_that(folder: Path) -> None:
    page = Page(folder)
    answer = get(page, "/assets/index-abc123.js", accept_encoding="br, gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(answer.body)) == SCRIPT
    assert int(answer.headers["content-length"]) == len(bytes(answer.body)) < len(SCRIPT)
    assert "content-encoding" not in get(page, "/assets/index-abc123.js").headers


def test_a_head_request_has_no_body(folder: Path) -> None:
    answer = get(Page(folder), "/assets/index-abc123.js", method="HEAD")
    assert bytes(answer.body) == b""
    assert answer.headers["content-length"] == str(len(SCRIPT))


@pytest.mark.parametrize("path", ["/missing.js", "/assets/../index.htm.x", "/../secret.txt", "/%2e%2e/secret.txt"])
def test_what_is_not_a_file_of_the_page_is_not_served(folder: Path, path: str) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    assert get(Page(folder), path).status_code == 404


def test_a_rebuilt_page_is_served_without_a_restart(folder: Path) -> None:
    page = Page(folder)
    get(page, "/")
    (folder / "index.html").write_text("<!doctype html><title>second</title>")
    os.utime(folder / "index.html", ns=(1, 1))
    assert b"second" in bytes(get(page, "/").body)


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    answer = get(Page(tmp_path / "none"), "/")
    assert answer.status_code == 503
    assert b"make up" in bytes(answer.body)
