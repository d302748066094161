"""Whom a limit on strangers counts as one."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from claudios.server.web.accounts import address_of


def seen(host: str) -> str:
    return address_of(Request({"type": "http", "headers": [], "client": (host, 1)}))


@pytest.mark.parametrize("host", ["2001:db8::a:b:c:d", "2001:db8::1", "2001:db8:0:0:ffff::9", "2001:db8::"])
def test_a_household_is_one_address_however_its_addresses_are_written(host: str) -> None:
    assert seen(host) == seen("2001:db8:0:0:1:2:3:4")


def test_other_networks_and_ipv4_addresses_are_told_apart() -> None:
    hosts = ("2001:db8:0:1::1", "2001:db8:1::1", "::1", "192.0.2.1", "192.0.2.2", "unknown")
    assert len({seen(host) for host in hosts}) == len(hosts)
    assert seen("::ffff:192.0.2.1") == seen("192.0.2.1")
