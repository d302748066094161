"""Addresses that people type."""

from __future__ import annotations

import pytest

from claudios.client.address import parse_address
from claudios.protocol.errors import SettingInvalid


@pytest.mark.parametrize(
    ("typed", "url", "socket_url"),
    [
        ("https://c.example.org", "https://c.example.org", "wss://c.example.org"),
        ("https://c.example.org:443/", "https://c.example.org", "wss://c.example.org"),
        ("c.example.org:8443", "https://c.example.org:8443", "wss://c.example.org:8443"),
        ("https://example.org/claudios/", "https://example.org/claudios", "wss://example.org/claudios"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000", "ws://127.0.0.1:3000"),
        ("localhost:3000", "http://localhost:3000", "ws://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000", "ws://[::1]:3000"),
    ],
)
def test_an_address_is_read_as_it_is_meant(typed: str, url: str, socket_url: str) -> None:
    address = parse_address(typed)
    assert (address.url, address.socket_url) == (url, socket_url)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://host",
        "https://",
        "https://user:word@host",
        "https://host?x=1",
        "https://host#x",
        "https://host:99999",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(SettingInvalid, match="https://host:port"):
        parse_address(typed)


def test_a_token_is_not_sent_unencrypted_to_another_machine() -> None:
    with pytest.raises(SettingInvalid, match="unencrypted"):
        parse_address("http://c.example.org")
    assert parse_address("http://c.example.org", allow_insecure_http=True).scheme == "http"


def test_a_name_that_only_looks_like_the_loopback_is_not_it() -> None:
    with pytest.raises(SettingInvalid, match="unencrypted"):
        parse_address("http://127.0.0.1.example.org")
