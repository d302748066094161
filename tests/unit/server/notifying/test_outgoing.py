"""Which addresses the server speaks to: public ones, and those that its operator allows."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

import pytest

from claudios.protocol.errors import AddressForbidden, InputInvalid, Unreachable
from claudios.server.notifying.outgoing import Outgoing, is_public
from tests.helpers.receiver import LOOPBACK, receiving

ALLOWED = [ipaddress.ip_network(LOOPBACK)]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:3f57:fefe",
        "2001:db8::1",
    ],
)
def test_what_only_this_machine_or_its_network_reaches_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_what_anybody_reaches_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://[::1]/x", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest"]
)
def test_a_private_address_is_refused_when_it_is_named(url: str) -> None:
    with pytest.raises(InputInvalid):
        Outgoing([]).check(url)


@pytest.mark.parametrize("url", ["", "ftp://example.org/", "https://", "https://a:b@example.org/", "https://x:y/", "x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputInvalid):
        Outgoing([]).check(url)


async def test_a_name_that_leads_to_a_private_address_is_not_connected_to() -> None:
    with receiving() as receiver:
        for url in (f"https://localhost:{receiver.port}/", f"http://localhost:{receiver.port}/", receiver.url):
            with pytest.raises(AddressForbidden):
                await Outgoing([]).post(url, b"{}", {})
        await Outgoing(ALLOWED).post(receiver.url, b"last", {})
        assert (await receiver.next()).body == b"last"


async def test_a_name_is_asked_for_once_and_what_was_judged_is_what_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name may lead to a public address when it is judged, and to a private one a moment later."""
    asked: list[str] = []
    with receiving() as receiver:
        loop = asyncio.get_running_loop()
        whole = loop.getaddrinfo

        async def rebinding(host: str, port: int, **wanted: Any) -> Any:
            if host == "rebinds.example.org":
                asked.append(host)
                address = "127.0.0.1" if len(asked) == 1 else "127.0.0.66"
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
            return await whole(host, port, **wanted)

        monkeypatch.setattr(loop, "getaddrinfo", rebinding)
        only_first = Outgoing([ipaddress.ip_network("127.0.0.1/32")])
        answer = await only_first.post(f"http://rebinds.example.org:{receiver.port}/x?y=1", b"{}", {})
        assert answer.status == 200
        posted = await receiver.next()
        assert (posted.path, posted.headers["host"]) == ("/x?y=1", f"rebinds.example.org:{receiver.port}")
        assert asked == ["rebinds.example.org"]
        with pytest.raises(AddressForbidden):
            await only_first.post(f"http://rebinds.example.org:{receiver.port}/", b"{}", {})
    assert receiver.posted.empty()


async def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(_host: str, port: int, **_wanted: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(AddressForbidden):
        await Outgoing([]).post("https://both.example.org/", b"", {})


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiving() as receiver, receiving() as elsewhere:
        receiver.answers.append((307, {"location": elsewhere.url}))
        answer = await Outgoing(ALLOWED).post(receiver.url, b"{}", {})
        assert answer.status == 307
        assert elsewhere.posted.empty()


async def test_the_other_side_says_when_to_come_back_and_who_is_away_is_told_of() -> None:
    with receiving() as receiver:
        receiver.answers.append((503, {"retry-after": "120"}))
        answer = await Outgoing(ALLOWED).post(receiver.url, b"{}", {})
        assert (answer.status, answer.retry_after_seconds) == (503, 120)
    with pytest.raises(Unreachable, match="cannot be reached"):
        await Outgoing(ALLOWED).post(receiver.url, b"{}", {})


async def test_a_name_that_nobody_knows_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_given: Any, **_wanted: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="not known"):
        await Outgoing([]).post("https://no.such.name.invalid/", b"{}", {})
