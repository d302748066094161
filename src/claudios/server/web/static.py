"""The page: built files from memory, compressed once; every address without an extension is the page's own."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import NotFound
from claudios.server.web.errors import error_response, http_response

PAGE = Path(__file__).parent / "page"
LEAST_COMPRESSED_BYTES = 1024
_YEAR = 365 * 24 * 60 * 60
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ClaudiOS</title>
<h1>The page is not built</h1>
<p>The server runs, and its API answers. To get the page, run <code>make up</code>, or <code>npm ci &amp;&amp; npm run
build</code> in the folder <code>web</code>, and reload.</p>
</html>"""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    compressed: bytes | None
    kind: str
    etag: str
    is_immutable: bool


class Page:
    """Serves the built page. It is read again when its index changes, so that a rebuild needs no restart."""

    def __init__(self, folder: Path = PAGE) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._read_at: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no other route took; refuse an upgrade, since the page has no socket of its own."""
        answer = self.answer(Request(scope, receive)) if scope["type"] == "http" else error_response(NotFound())
        await answer(scope, receive, send)

    def answer(self, request: Request) -> Response:
        path = request.url.path
        if path.startswith(("/api/", "/agent/")):
            return error_response(NotFound())
        if request.method not in ("GET", "HEAD"):
            return http_response(405, {"allow": "GET, HEAD"})
        self._refresh()
        file = self._files.get(path)
        if file is None and "." not in path.rpartition("/")[2]:
            file = self._files.get("/index.html")
            if file is None:
                return Response(_NOT_BUILT, 503, {"cache-control": "no-store"}, "text/html; charset=utf-8")
        if file is None:
            return error_response(NotFound())
        return _response(request, file)

    def _refresh(self) -> None:
        index = self._folder / "index.html"
        changed = index.stat().st_mtime_ns if index.is_file() else None
        if changed != self._read_at:
            found = [path for path in self._folder.rglob("*") if path.is_file()] if changed else []
            self._files = {f"/{path.relative_to(self._folder).as_posix()}": _read(path) for path in found}
            self._read_at = changed


def _read(path: Path) -> _File:
    content = path.read_bytes()
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or kind.partition(";")[0] in _TEXTUAL
    compressed = gzip.compress(content, 6) if is_text and len(content) >= LEAST_COMPRESSED_BYTES else None
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return _File(content, compressed, kind, etag, path.parent.name == "assets")


def _response(request: Request, file: _File) -> Response:
    headers = {
        "etag": file.etag,
        "vary": "accept-encoding",
        "cache-control": f"public, max-age={_YEAR}, immutable" if file.is_immutable else "no-cache",
    }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["content-encoding"] = file.compressed, "gzip"
    headers["content-length"] = str(len(content))
    return Response(b"" if request.method == "HEAD" else content, 200, headers, file.kind)


_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_TEXTUAL = frozenset({"application/json", "application/manifest+json", "image/svg+xml"})
