"""Which addresses the agent speaks to, and how: rule L-11."""

from __future__ import annotations

import ssl

import pytest

from claudios.agent.client.address import is_loopback, link_url, may_use_proxy, sync_url, tls_context


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    """L-11"""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["127.example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "::2", "", "0.0.0.0"]
)
def test_a_name_that_only_looks_like_this_machine_is_not(host: str) -> None:
    """L-11"""
    assert not is_loopback(host)


def test_each_carrier_has_its_address_below_the_servers() -> None:
    assert link_url("https://example.com/base") == "wss://example.com/base/agent/v1/link"
    assert link_url("http://127.0.0.1:3000") == "ws://127.0.0.1:3000/agent/v1/link"
    assert sync_url("http://127.0.0.1:3000") == "http://127.0.0.1:3000/agent/v1/sync"


def test_no_proxy_stands_between_the_agent_and_its_own_machine() -> None:
    assert may_use_proxy("https://example.com")
    assert not may_use_proxy("http://127.0.0.1:3000")
    assert not may_use_proxy("http://[::1]:3000")


def test_certificates_and_names_are_verified() -> None:
    """L-11"""
    context = tls_context("https://example.com", None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert tls_context("http://127.0.0.1", None).verify_mode is ssl.CERT_REQUIRED
