"""The server's settings: flags over environment over defaults, and the rule of where it may listen.

DATABASE_URL has no flag: it may hold a password, and arguments are seen by everybody on the machine.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from claudios.protocol.errors import SettingInvalid

_PUBLIC_URL = re.compile(r"^(?P<scheme>https?)://(?P<host>[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?P<port>:\d{1,5})?/?$")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Registration(StrEnum):
    """Who may make an account after the first: people with an invitation, or anybody."""

    INVITATION = "invitation"
    OPEN = "open"


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that is settled before the server starts. Port 0 takes any free one."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 3000
    database_url: str | None = None
    public_url: str | None = None
    behind_proxy: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    registration: Registration = Registration.INVITATION
    log_format: LogFormat = LogFormat.CONSOLE
    drain_seconds: float = 0.0
    audit_days: int | None = None
    notify_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingInvalid("TLS needs both a certificate and its key. Give --tls-cert and --tls-key.")
        if not self.is_loopback and self.tls_cert is None and not self.behind_proxy:
            raise SettingInvalid(
                f"Listening on {self.host} without TLS would send passwords in the clear. Give --tls-cert and "
                "--tls-key, or --behind-proxy when a proxy in front does TLS, or listen on 127.0.0.1."
            )
        if self.public_url is not None and _PUBLIC_URL.match(self.public_url) is None:
            raise SettingInvalid(f"The public URL {self.public_url!r} must be like https://claudios.example.org.")

    @property
    def database(self) -> str:
        """The URL of the database: DATABASE_URL, or the SQLite file in the state directory."""
        return self.database_url or f"sqlite:///{self.state_dir / 'claudios.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_secure(self) -> bool:
        """Whether people reach the server over https: by its own TLS, or by that of the proxy in front."""
        if self.public_url is not None:
            return self.public_url.startswith("https://")
        return self.tls_cert is not None or self.behind_proxy

    def serves_host(self, host: str) -> bool:
        """Say whether `host` (a Host header) is this server: a page of another name may not talk to it."""
        name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        if self.public_url is not None:
            return host.lower() == self.public_url.split("/")[2].lower() or name in LOOPBACK_NAMES
        if self.is_loopback and not self.behind_proxy:
            return name in LOOPBACK_NAMES or name == self.host
        return re.match(r"^[a-zA-Z0-9.-]+$|^\[[0-9a-fA-F:]+\]$", name) is not None


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """Return where the server keeps its state when nothing else is said."""
    base = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".local/state")
    return Path(base, "claudios", "server")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting; what is not given stays out of the result."""
    parser.argument_default = argparse.SUPPRESS
    parser.add_argument("--host", help="address to listen on (HOST, 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (PORT, 3000)")
    parser.add_argument("--state-dir", help="where database and key live ($XDG_STATE_HOME/claudios/server)")
    parser.add_argument("--public-url", help="where people reach the server, such as https://claudios.example.org")
    parser.add_argument("--behind-proxy", action="store_const", const="true", help="a proxy in front does TLS")
    parser.add_argument("--tls-cert", help="certificate chain, PEM")
    parser.add_argument("--tls-key", help="the certificate's key, PEM")
    parser.add_argument("--registration", help="who may make an account: invitation or open (invitation)")
    parser.add_argument("--log-format", help="console or json (console)")
    parser.add_argument("--drain-seconds", help="how long /readyz fails before connections close (0)")
    parser.add_argument("--audit-days", help="how long lines of the audit log are kept (0: for ever)")
    parser.add_argument("--notify-networks", help="private networks that notifications may go to, such as 10.0.0.0/8")


def load(flags: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Config:
    """Return the settings. Raises SettingInvalid naming the setting, where it was given, and the remedy."""
    given = _Given(flags, environment)
    return Config(
        state_dir=Path(given.text("state_dir", "CLAUDIOS_SERVER_STATE_DIR") or default_state_dir(environment)),
        host=given.text("host", "HOST") or "127.0.0.1",
        port=given.integer("port", "PORT", 3000, 0, 65_535),
        database_url=environment.get("DATABASE_URL") or None,
        public_url=(given.text("public_url", "PUBLIC_URL") or "").rstrip("/") or None,
        behind_proxy=given.choice("behind_proxy", "BEHIND_PROXY", "false", ("true", "false", "1", "0"))
        in ("true", "1"),
        tls_cert=given.path("tls_cert", "TLS_CERT"),
        tls_key=given.path("tls_key", "TLS_KEY"),
        registration=Registration(given.choice("registration", "REGISTRATION", "invitation", tuple(Registration))),
        log_format=LogFormat(given.choice("log_format", "LOG_FORMAT", "console", tuple(LogFormat))),
        drain_seconds=float(given.integer("drain_seconds", "DRAIN_SECONDS", 0, 0, 600)),
        audit_days=given.integer("audit_days", "AUDIT_DAYS", 0, 0, 36_500) or None,
        notify_networks=given.networks("notify_networks", "NOTIFY_NETWORKS"),
    )


class _Given:
    """What flags and environment say of each setting, and which of them said it."""

    def __init__(self, flags: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._flags = flags
        self._environment = environment

    def text(self, name: str, variable: str) -> str | None:
        return self._flags.get(name) or self._environment.get(variable) or None

    def integer(self, name: str, variable: str, default: int, least: int, most: int) -> int:
        text = self.text(name, variable)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise SettingInvalid(f"{self._source(name, variable)} is {text!r}; give a number from {least} to {most}.")
        return int(text)

    def choice(self, name: str, variable: str, default: str, choices: Sequence[str]) -> str:
        text = self.text(name, variable) or default
        if text not in choices:
            raise SettingInvalid(f"{self._source(name, variable)} is {text!r}; give one of {', '.join(choices)}.")
        return text

    def networks(self, name: str, variable: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        text = self.text(name, variable) or ""
        try:
            return tuple(ipaddress.ip_network(each) for each in text.replace(",", " ").split())
        except ValueError as wrong:
            raise SettingInvalid(
                f"{self._source(name, variable)} is {text!r}; give networks such as 10.0.0.0/8, parted by commas."
            ) from wrong

    def path(self, name: str, variable: str) -> Path | None:
        text = self.text(name, variable)
        if text is not None and not Path(text).is_file():
            raise SettingInvalid(f"{self._source(name, variable)} names {text}, which is no file. Correct the path.")
        return None if text is None else Path(text)

    def _source(self, name: str, variable: str) -> str:
        flag = f"--{name.replace('_', '-')}"
        return f"The flag {flag}" if self._flags.get(name) else f"The environment variable {variable}"
