"""The server's address: which are allowed, and what each carrier makes of it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

LINK_PATH = "/agent/v1/link"
SYNC_PATH = "/agent/v1/sync"
CHECK_PATH = "/agent/v1/check"


def is_loopback(host: str) -> bool:
    """Say whether a host name or address cannot leave this machine. `127.example.com` can."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    for family, first in ((socket.AF_INET, b"\x7f"), (socket.AF_INET6, bytes(15) + b"\x01")):
        try:
            if socket.inet_pton(family, host).startswith(first):
                return True
        except OSError:
            continue
    return False


def link_url(server_url: str) -> str:
    """Return the WebSocket URL of a server at `http(s)://…`."""
    return "ws" + server_url.removeprefix("http") + LINK_PATH


def sync_url(server_url: str) -> str:
    """Return the URL that the poll carrier posts to."""
    return server_url + SYNC_PATH


def check_url(server_url: str) -> str:
    """Return the URL that tells whose a token is."""
    return server_url + CHECK_PATH


def may_use_proxy(server_url: str) -> bool:
    """Say whether the proxies of the environment apply: never to this machine itself."""
    return not is_loopback(urlsplit(server_url).hostname or "")


def tls_context(server_url: str, ca_file: Path | None) -> ssl.SSLContext:
    """Return the context that verifies the server, by the system's authorities or those in `ca_file`.

    For http, where nothing is encrypted, it trusts nobody: reading the authorities would cost memory for nothing.
    """
    if not server_url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
