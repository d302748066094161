"""What holds for every request, before any route and after: whose address it names, which page it comes from, what
its body may be, the security headers of the answer, and the count of it. Plain ASGI: it costs microseconds.

Rules (docs/security.md):
 1. The Host is the server's own; another name may be a rebound one, and is refused.
 2. An Origin, where there is one, is the server's own, for everything that changes something and for every upgrade.
    A request with the login cookie and an unsafe method or an upgrade must have one.
 3. The API takes bodies of JSON only, so no form of another site can post to it.
 4. A body announces its length, and is not larger than the API, or the link, takes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudios.protocol.codec import MAX_MESSAGE_BYTES
from claudios.protocol.errors import ClaudiosError, Forbidden
from claudios.server.config import Config
from claudios.server.web.auth import cookie_name
from claudios.server.web.errors import error_response, http_response
from claudios.server.web.metrics import Metrics

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"
MAX_BODY_BYTES = 1024 * 1024
"""The largest body that the API takes. A body must announce its length, so that no route has to count."""
PROMPTED = ("/sessions", "/commands", "/prompts", "/resume")
"""Ends of the paths that take a prompt with images: as large as what an agent is sent."""

_HeaderList = Sequence[tuple[bytes, bytes]]


class Frame:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, config: Config, metrics: Metrics) -> None:
        self._app = app
        self._config = config
        self._metrics = metrics
        self._cookie = f"{cookie_name(config)}="
        self._scheme = "https" if config.is_secure else "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._config.behind_proxy:
            scope["client"] = (_nearest_hop(headers) or _peer(scope), 0)
        outgoing = _Outgoing(send, _answer_headers(scope, headers, self._scheme))
        begun = time.perf_counter()
        try:
            self._check(scope, headers)
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, outgoing)
        else:
            status = _unwanted_body(scope, headers) if scope["type"] == "http" else None
            await (self._app if status is None else http_response(status))(scope, receive, outgoing)
        if scope["type"] == "http":
            self._metrics.count(scope, outgoing.status, time.perf_counter() - begun)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._config.serves_host(host):
            raise Forbidden(f"This server is not reached as {host[:100]!r}. Use its own address, or set --public-url.")
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return
        origin = headers.get("origin")
        if origin is None:
            if self._cookie in headers.get("cookie", "") and "authorization" not in headers:
                raise Forbidden("A signed-in browser must say which page it asks for. Use the server's own page.")
        elif origin != f"{self._scheme}://{host}" and origin != self._config.public_url:
            raise Forbidden("Another site may not use this server in your name. Use the server's own page.")


class _Outgoing:
    """Adds the headers that every answer has, and remembers its status."""

    __slots__ = ("_headers", "_send", "status")

    def __init__(self, send: Send, headers: _HeaderList) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [header for header in self._headers if header[0] not in present]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)


_EVERYWHERE: _HeaderList = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_NO_STORE: tuple[bytes, bytes] = (b"cache-control", b"no-store")
_HSTS: tuple[bytes, bytes] = (b"strict-transport-security", b"max-age=31536000")
_API_POLICY: tuple[bytes, bytes] = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


def _answer_headers(scope: Scope, headers: Headers, scheme: str) -> _HeaderList:
    secure = [_HSTS] if scheme == "https" else []
    if _is_page(scope):
        return [*_EVERYWHERE, *secure, (b"content-security-policy", _page_policy(headers.get("host", ""), scheme))]
    return [*_EVERYWHERE, *secure, _NO_STORE, _API_POLICY]


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return not path.startswith((API, "/agent/")) and path not in ("/healthz", "/readyz", "/metrics", "/openapi.json")


def _page_policy(host: str, scheme: str) -> bytes:
    """Return the page's policy. Styles may be inline: the page's parts place and size themselves with them."""
    sockets = f"{'wss' if scheme == 'https' else 'ws'}://{host}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self'; connect-src 'self' {sockets}; manifest-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ).encode("latin-1", "replace")


def _unwanted_body(scope: Scope, headers: Headers) -> int | None:
    """Return the status that refuses a body: one of unknown or too great a length, or not JSON for the API."""
    if scope["method"] in SAFE_METHODS:
        return None
    if "transfer-encoding" in headers:
        return 411
    is_api = scope["path"].startswith(API)
    length = headers.get("content-length", "0")
    is_small = is_api and not scope["path"].endswith(PROMPTED)
    if not length.isdigit() or int(length) > (MAX_BODY_BYTES if is_small else MAX_MESSAGE_BYTES):
        return 413
    kind = headers.get("content-type")
    if not is_api or (kind is None and length == "0"):
        return None
    return None if kind is not None and kind.partition(";")[0].strip().lower() == "application/json" else 415


def _nearest_hop(headers: Headers) -> str | None:
    """Return who the proxy in front says it talks to: the last entry, the only one that the client cannot write."""
    hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
    return hops[-1] if hops and hops[-1] else None


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
