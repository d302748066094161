"""The address of a server: reading what a person typed, and refusing to send secrets in the clear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from claudios.protocol.errors import SettingInvalid

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is. `path` is "" or starts with a slash and has none at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.scheme == "https" else 80)
        return host if is_usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def socket_url(self) -> str:
        """The same place for a WebSocket."""
        return f"{'wss' if self.scheme == 'https' else 'ws'}://{self.authority}{self.path}"


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine; a name that merely begins like its address is not."""
    return _LOOPBACK.fullmatch(host) is not None


def parse_address(text: str, *, allow_insecure_http: bool = False) -> Address:
    """Read `https://host[:port][/path]`; a bare host means https, or http where it is this machine.

    Raises SettingInvalid for anything else, and for http to another machine unless that is allowed.
    """
    typed = text.strip()
    if "://" not in typed:
        host = typed.split("/")[0].rsplit(":", 1)[0].strip("[]")
        typed = f"{'http' if is_loopback(host) else 'https'}://{typed}"
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError as invalid:
        raise SettingInvalid(f"{text!r} is no address of a server: {invalid}. Write https://host:port.") from invalid
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingInvalid(f"{text!r} is no address of a server. Write https://host:port.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingInvalid("The address of a server holds no password, query or fragment. Write https://host:port.")
    address = Address(
        parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), parts.path.rstrip("/")
    )
    if address.scheme == "http" and not address.is_loopback and not allow_insecure_http:
        raise SettingInvalid(
            f"{address.url} would send your token unencrypted. Use https://, "
            "or set CLAUDIOS_ALLOW_INSECURE_HTTP=1 on a network you trust."
        )
    return address
