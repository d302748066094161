"""Requests to one server over one kept-open connection: JSON both ways, errors as the tree of protocol/errors.py."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    RemoteDisconnected,
)
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from claudios import __version__
from claudios.client.address import Address
from claudios.client.reading import parse
from claudios.protocol.errors import ClaudiosError, MessageInvalid, Refused, TooMany, Unreachable

API = "/api/v1"
PIECE_BYTES = 64 * 1024
_BY_STATUS = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 409: "conflict", 410: "expired"}
_BY_STATUS |= {422: "input_invalid", 429: "too_many"}

Query = Mapping[str, str | int | float | None]
Waiting = Callable[[], AbstractContextManager[None]]
"""What surrounds the wait for an answer, so that a program can show that it waits."""


class Http:
    """A connection to a server, made at the first request and once more where the server had closed it."""

    def __init__(
        self,
        address: Address,
        bearer: str | None = None,
        timeout_seconds: float = 30,
        waiting: Waiting = nullcontext,
        ca_file: Path | None = None,
    ) -> None:
        self.address = address
        self._bearer = bearer
        self._timeout = timeout_seconds
        self._waiting = waiting
        self._ca_file = ca_file
        self._connection: HTTPConnection | None = None
        self._prefix = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries: who asks, and with which token."""
        headers = {"User-Agent": f"claudios/{__version__}", "Accept": "application/json"}
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer}"
        return headers

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Query | None = None,
        timeout_seconds: float | None = None,
    ) -> object:
        """Send a request below /api/v1 and return the JSON of its answer, None for an empty one.

        Raises Unreachable, MessageInvalid, or the error that the server names.
        """
        raw = None if body is None else json.dumps(body).encode()
        with self._patience(timeout_seconds):
            told = self.exchange(method, f"{API}{path}{encoded(query)}", raw)
        return parse(told) if told else None

    def exchange(self, method: str, path: str, raw: bytes | None = None, kind: str = "application/json") -> bytes:
        """Send bytes to a path from the server's root and return those of the answer. Raises as `ask` does."""
        with self._waiting():
            return self._whole(self._send(method, path, raw, kind))

    def stream(self, path: str, query: Query | None = None) -> Iterator[bytes]:
        """Yield the body of a GET below /api/v1 in pieces, as they come. Raises as `ask` does."""
        answer = self._send("GET", f"{API}{path}{encoded(query)}", None)
        try:
            while piece := answer.read1(PIECE_BYTES):
                yield piece
            if answer.length:  # fewer bytes came than were announced
                raise IncompleteRead(b"", answer.length)
        except (OSError, HTTPException) as broken:
            raise Unreachable(f"{self.address.url} broke off in the middle of an answer. Try again.") from broken
        finally:
            if not answer.isclosed():
                self.close()

    def status_of(self, path: str) -> int:
        """Return the status with which the server answers a GET at its root, such as /readyz. Raises Unreachable."""
        answer = self._exchange("GET", path, None, "")
        self._whole(answer)
        return answer.status

    @contextmanager
    def _patience(self, seconds: float | None) -> Iterator[None]:
        """Wait longer, or less long, for what is asked meanwhile: on a connection of its own."""
        if seconds is None:
            yield
            return
        usual, self._timeout = self._timeout, seconds
        self.close()
        try:
            yield
        finally:
            self._timeout = usual
            self.close()

    def _send(self, method: str, path: str, raw: bytes | None, kind: str = "application/json") -> HTTPResponse:
        answer = self._exchange(method, path, raw, kind)
        if answer.status >= 300:
            raise refusal(self.address, answer.status, answer.getheader("Retry-After"), self._whole(answer))
        return answer

    def _whole(self, answer: HTTPResponse) -> bytes:
        try:
            return answer.read()
        except (OSError, HTTPException) as broken:
            self.close()
            raise Unreachable(f"{self.address.url} broke off in the middle of an answer. Try again.") from broken

    def _exchange(self, method: str, path: str, raw: bytes | None, kind: str) -> HTTPResponse:
        headers = self.headers | ({} if raw is None else {"Content-Type": kind})
        is_reused = self._connection is not None
        try:
            try:
                return self._roundtrip(method, path, raw, headers)
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if not is_reused:
                    raise
                return self._roundtrip(method, path, raw, headers)
        except (OSError, HTTPException) as failed:
            self.close()
            raise Unreachable(_why(self.address, failed)) from failed

    def _roundtrip(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> HTTPResponse:
        if self._connection is None:
            self._connection, self._prefix = connect(self.address, self._timeout, self._ca_file)
        self._connection.request(method, self._prefix + self.address.path + path, raw, dict(headers))
        return self._connection.getresponse()


def segment(text: str) -> str:
    """Return `text` as one segment of a path."""
    return quote(text, safe="")


def encoded(query: Query | None) -> str:
    """Return the query with its question mark; values of None are left out, and without any it is empty."""
    known = {key: value for key, value in (query or {}).items() if value is not None}
    return f"?{urlencode(known)}" if known else ""


def connect(address: Address, timeout: float, ca_file: Path | None = None) -> tuple[HTTPConnection, str]:
    """Return a connection, by the proxy that the environment names, and what goes before each path.

    That is the whole address where a proxy takes a plain request, else nothing.
    """
    proxy = _proxy(address)
    host, port = (address.host, address.port) if proxy is None else proxy
    if address.scheme == "http":
        return HTTPConnection(host, port, timeout=timeout), "" if proxy is None else f"http://{address.authority}"
    connection = HTTPSConnection(host, port, timeout=timeout, context=tls_context(ca_file))
    if proxy is not None:
        connection.set_tunnel(address.host, address.port)
    return connection, ""


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return what decides which certificates are trusted: the system's authorities, or those of a file."""
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))


def _proxy(address: Address) -> tuple[str, int] | None:
    """Return the proxy that the environment names for this address; the loopback never has one."""
    if address.is_loopback or not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if named is None or proxy_bypass(address.host):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return (parts.hostname, parts.port or 80) if parts.hostname else None


def refusal(address: Address, status: int, retry_after: str | None, raw: bytes) -> ClaudiosError:
    """Return the error that an answer with this status and body stands for."""
    if 300 <= status < 400:
        return Unreachable(f"{address.url} answered with a redirection ({status}). Use the address it leads to.")
    try:
        told = parse(raw)
    except MessageInvalid:
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    if not isinstance(error, dict):
        return Unreachable(
            f"{address.url} answered with status {status}, and not as a ClaudiOS server does. "
            "Check the address, a proxy before it, and the server's log."
        )
    message = str(error.get("message"))
    if status >= 500:
        return Unreachable(f"{address.url} cannot answer now: {message}")
    kind = class_of(str(error.get("code")), _BY_STATUS.get(status, Refused.code))
    if issubclass(kind, TooMany):
        return kind(message, int(retry_after) if retry_after and retry_after.isdecimal() else 1)
    return kind(message)


def class_of(code: str, otherwise: str = Refused.code) -> type[ClaudiosError]:
    """Return the class of the error tree with this code; for one this version does not know, that of `otherwise`."""
    waiting: list[type[ClaudiosError]] = [ClaudiosError]
    while waiting:
        found = waiting.pop()
        if found.code == code:
            return found
        waiting += found.__subclasses__()
    return Refused if code == otherwise else class_of(otherwise)


def _why(address: Address, failed: OSError | HTTPException) -> str:
    url = address.url
    if isinstance(failed, ssl.SSLCertVerificationError):
        return f"{url} shows a certificate that is not trusted: {failed.verify_message}. Put its CA in SSL_CERT_FILE."
    if isinstance(failed, socket.gaierror):
        return f"The name {address.host} cannot be resolved. Check the address and the network."
    if isinstance(failed, ConnectionRefusedError):
        return f"Nothing listens at {url}. Start the server, or check the address."
    if isinstance(failed, TimeoutError):
        return f"{url} did not answer in time. Check the network, a firewall, and that the server is running."
    return f"{url} cannot be reached: {str(failed) or type(failed).__name__}. Check the address and the network."
