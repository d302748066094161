"""The server's settings, and where it may listen."""

from __future__ import annotations

from pathlib import Path

import pytest

from claudios.protocol.errors import SettingInvalid
from claudios.server.config import Config, Registration, load

HOME = {"HOME": "/home/ada"}


def test_the_defaults_are_loopback_and_the_users_own_state_directory() -> None:
    config = load({}, HOME)
    assert (config.host, config.port) == ("127.0.0.1", 3000)
    assert config.state_dir == Path("/home/ada/.local/state/claudios/server")
    assert config.database == "sqlite:////home/ada/.local/state/claudios/server/claudios.db"
    assert not config.is_secure


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environment = {**HOME, "PORT": "4000", "REGISTRATION": "open", "XDG_STATE_HOME": "/state"}
    config = load({"port": "5000"}, environment)
    assert (config.port, config.registration) == (5000, Registration.OPEN)
    assert config.state_dir == Path("/state/claudios/server")


@pytest.mark.parametrize(
    ("flags", "environment", "named"),
    [
        ({"port": "http"}, {}, "flag --port"),
        ({"port": "65536"}, {}, "flag --port"),
        ({"port": "-1"}, {}, "flag --port"),
        ({}, {"PORT": "٣"}, "variable PORT"),
        ({}, {"REGISTRATION": "everybody"}, "variable REGISTRATION"),
        ({"log_format": "xml"}, {}, "flag --log-format"),
        ({}, {"TLS_CERT": "/no/such/file"}, "variable TLS_CERT"),
        ({"behind_proxy": "maybe"}, {}, "flag --behind-proxy"),
    ],
)
def test_a_wrong_value_is_named_with_where_it_came_from(
    flags: dict[str, str], environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingInvalid, match=named):
        load(flags, {**HOME, **environment})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "claudios.example.org"])
def test_another_host_than_loopback_demands_tls_or_a_proxy(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="--behind-proxy"):
        Config(state_dir=tmp_path, host=host)
    assert Config(state_dir=tmp_path, host=host, behind_proxy=True).is_secure
    assert Config(state_dir=tmp_path, host=host, tls_cert=tmp_path, tls_key=tmp_path).is_secure


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_needs_neither(host: str, tmp_path: Path) -> None:
    assert Config(state_dir=tmp_path, host=host).is_loopback


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="--tls-key"):
        Config(state_dir=tmp_path, tls_cert=tmp_path)


@pytest.mark.parametrize("url", ["claudios.example.org", "ftp://x", "https://a b", "https://x/path", "https://x'y"])
def test_a_public_url_is_a_scheme_and_a_host(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="public URL"):
        Config(state_dir=tmp_path, public_url=url)


@pytest.mark.parametrize(
    ("settings", "host", "is_served"),
    [
        ({}, "127.0.0.1:3000", True),
        ({}, "localhost:3000", True),
        ({}, "localhost", True),
        ({}, "[::1]:3000", True),
        ({}, "rebound.example.org:3000", False),
        ({}, "127.0.0.1.example.org", False),
        ({}, "", False),
        ({"public_url": "https://claudios.example.org"}, "claudios.example.org", True),
        ({"public_url": "https://claudios.example.org"}, "Claudios.Example.org", True),
        ({"public_url": "https://claudios.example.org"}, "claudios.example.org:8443", False),
        ({"public_url": "https://claudios.example.org"}, "other.example.org", False),
        ({"host": "0.0.0.0", "behind_proxy": True}, "anything.example.org", True),
        ({"host": "0.0.0.0", "behind_proxy": True}, "any thing; script-src *", False),
    ],
)
def test_a_request_must_name_an_address_of_the_servers(
    settings: dict[str, object], host: str, is_served: bool, tmp_path: Path
) -> None:
    assert Config(state_dir=tmp_path, **settings).serves_host(host) is is_served  # type: ignore[arg-type]
