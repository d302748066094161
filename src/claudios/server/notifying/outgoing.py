"""Requests to addresses that people name: never to what only this server can reach.

A name is resolved once, every address it has is judged, and the connection is made to an address that was judged, so
that a name which says something else a moment later gains nothing. Redirects are not followed, proxies of the
environment not used, and no connection is kept: one that was made for another name is never used again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from claudios.protocol.errors import AddressForbidden, InputInvalid, Unreachable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SECONDS = 15.0
"""How long one request may take in all."""
MAX_ANSWER_BYTES = 2_000
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, from its beginning."""

    status: int
    text: str
    retry_after_seconds: int | None


class Outgoing:
    """Posts to addresses that are public, or in one of the networks that are allowed."""

    def __init__(self, networks: Sequence[Network], tls: ssl.SSLContext | None = None) -> None:
        self._networks = tuple(networks)
        self._client = httpx2.AsyncClient(
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=SECONDS,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def check(self, url: str) -> None:
        """Raise InputInvalid for an address that could never be spoken to, without asking for its name."""
        host = _host(url)
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            return
        if not self._is_allowed(literal):
            raise InputInvalid(str(AddressForbidden.__doc__))

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Return what the other side says. Raises Unreachable, AddressForbidden, InputInvalid for no address at all."""
        host = _host(url)
        try:
            async with asyncio.timeout(SECONDS):
                addresses = await self._judged(url, host)
                for last, address in enumerate(addresses, 1):
                    try:
                        return await self._post_to(address, url, host, content, headers)
                    except httpx2.ConnectError:
                        if last == len(addresses):
                            raise
        except TimeoutError as slow:
            raise Unreachable(f"{host} did not answer within {SECONDS:.0f} seconds.") from slow
        except httpx2.HTTPError as failed:
            raise Unreachable(f"{host} cannot be reached: {type(failed).__name__}.") from failed
        raise AssertionError("the loop above returns or raises")

    async def close(self) -> None:
        """Let go of what is open."""
        await self._client.aclose()

    async def _judged(self, url: str, host: str) -> list[Address]:
        """Return the addresses of a host, all of them allowed."""
        port = urlsplit(url).port or 443
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as unknown:
            raise Unreachable(f"The name {host} is not known. Correct it.") from unknown
        addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
        for address in addresses:
            if not self._is_allowed(address):
                raise AddressForbidden
            if not url.startswith("https:") and not self._is_listed(address):
                raise AddressForbidden(f"{host} is spoken to over https only. Write https://.")
        return addresses

    async def _post_to(
        self, address: Address, url: str, host: str, content: bytes, headers: Mapping[str, str]
    ) -> Answer:
        where = httpx2.URL(url)
        request = self._client.build_request(
            "POST",
            where.copy_with(host=str(address)),
            content=content,
            headers={"user-agent": "claudios", **headers, "host": where.netloc.decode()},
            extensions={"sni_hostname": host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            read = b""
            async for piece in answer.aiter_raw():
                read += piece
                if len(read) >= MAX_ANSWER_BYTES:
                    break
        finally:
            await answer.aclose()
        after = answer.headers.get("retry-after", "")
        return Answer(
            answer.status_code,
            read[:MAX_ANSWER_BYTES].decode(errors="replace"),
            min(int(after), 86_400) if after.isascii() and after.isdigit() else None,
        )

    def _is_allowed(self, address: Address) -> bool:
        return self._is_listed(address) or is_public(address)

    def _is_listed(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def is_public(address: Address) -> bool:
    """Say whether an address is anybody's to reach, also where it carries another one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _NAT64_LOCAL or (inner is not None and not is_public(inner)):
            return False
        if inner is not None:
            return True
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _host(url: str) -> str:
    """Return the host of a URL. Raises InputInvalid for what is none that is posted to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as wrong:
        raise InputInvalid("This is no address. Write one like https://example.org/path.") from wrong
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.password is not None:
        raise InputInvalid("The address must be like https://example.org/path, without a name or password in it.")
    return host
