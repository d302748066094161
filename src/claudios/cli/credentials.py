"""Who is signed in where: `$XDG_CONFIG_HOME/claudios/credentials.json`, readable by its owner alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from claudios.client.address import Address, parse_address
from claudios.protocol.errors import NotFound, NotSignedIn, SettingInvalid

SERVER_VARIABLE = "CLAUDIOS_SERVER"
TOKEN_VARIABLE = "CLAUDIOS_TOKEN"
INSECURE_VARIABLE = "CLAUDIOS_ALLOW_INSECURE_HTTP"


@dataclass(frozen=True, slots=True)
class Login:
    """A server, and the API token with which its user signed in there."""

    url: str
    token: str = field(repr=False)
    username: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """All logins of this user by the server's URL, and which server is meant when none is named."""

    logins: Mapping[str, Login] = field(default_factory=dict)
    default: str | None = None

    def with_login(self, login: Login) -> Credentials:
        """Return these credentials with one login more, which becomes the default."""
        return Credentials({**self.logins, login.url: login}, login.url)

    def without(self, url: str) -> Credentials:
        """Return these credentials without the login of one server."""
        left = {key: login for key, login in self.logins.items() if key != url}
        return replace(self, logins=left, default=self.default if self.default in left else None)


def path() -> Path:
    """Return where the credentials are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "claudios" / "credentials.json"


def load() -> Credentials:
    """Read the credentials; there are none where the file is absent. Raises SettingInvalid when it is damaged."""
    try:
        told = json.loads(path().read_bytes())
        logins = {url: Login(url, str(one["token"]), str(one["username"])) for url, one in told["servers"].items()}
        default = told.get("default")
    except FileNotFoundError:
        return Credentials()
    except (ValueError, KeyError, TypeError, AttributeError) as damaged:
        raise SettingInvalid(f"{path()} is damaged. Delete it and run `claudios login`.") from damaged
    return Credentials(logins, default if default in logins else None)


def save(credentials: Credentials) -> None:
    """Replace the file whole, with mode 0600."""
    target = path()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    servers = {login.url: {"token": login.token, "username": login.username} for login in credentials.logins.values()}
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".credentials-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({"default": credentials.default, "servers": servers}, file, indent=2)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_address(text: str) -> Address:
    """Read the address of a server, allowing unencrypted http only where the environment does."""
    return parse_address(text, allow_insecure_http=os.environ.get(INSECURE_VARIABLE, "") in ("1", "true"))


def choose(named: str | None) -> tuple[Address, str]:
    """Return the server meant and the token for it: the one named, of CLAUDIOS_SERVER, or the default.

    Without any of these it is the only one there is. A name is a URL, or a part of the URL of exactly one login.
    CLAUDIOS_TOKEN goes before a stored token.
    Raises NotSignedIn, NotFound, SettingInvalid.
    """
    known = load()
    wanted = named or os.environ.get(SERVER_VARIABLE) or known.default
    if wanted is None and len(known.logins) == 1:
        (wanted,) = known.logins
    if wanted is None and known.logins:
        raise NotFound(f"Which server? Add --server: {', '.join(known.logins)}.")
    if wanted is None:
        raise NotSignedIn(
            "You are not signed in to any server. Run `claudios login URL`, or `claudios up` for one here."
        )
    login = _login(known, wanted)
    token = os.environ.get(TOKEN_VARIABLE) or (login.token if login else None)
    address = read_address(login.url if login else wanted)
    if token is None:
        raise NotSignedIn(f"You are not signed in to {address.url}. Run `claudios login {address.url}`.")
    return address, token


def _login(known: Credentials, wanted: str) -> Login | None:
    if wanted in known.logins:
        return known.logins[wanted]
    if "://" in wanted:
        return known.logins.get(read_address(wanted).url)
    matches = [login for url, login in known.logins.items() if wanted in url]
    if len(matches) > 1:
        raise NotFound(f"{wanted!r} matches {', '.join(login.url for login in matches)}. Name one of them.")
    return matches[0] if matches else None
