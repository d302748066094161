"""The person's login at a server."""

from __future__ import annotations

import stat

from claudios.cli import credentials
from claudios.cli.doctor.finding import Finding, fail, ok, warn
from claudios.client.address import Address
from claudios.client.api import Client
from claudios.protocol.errors import ClaudiosError, NotSignedIn


def check_login(address: Address, token: str) -> Finding:
    """Say whether the API token is valid."""
    try:
        with Client(address, token, timeout_seconds=10) as client:
            user = client.me()
    except NotSignedIn:
        return fail(
            "login", f"the login at {address.url} is not valid any more", f"Sign in again: claudios login {address.url}"
        )
    except ClaudiosError as error:
        return fail("login", error.message, "Run `claudios doctor` again in a moment.")
    return ok("login", f"signed in as {user.username}")


def check_credentials_file() -> Finding | None:
    """Say whether others can read the credentials; None where there are none."""
    path = credentials.path()
    if not path.exists():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return warn("credentials", f"{path} can be read by other users (mode {mode:03o})", f"Run: chmod 600 {path}")
    return ok("credentials", f"{path} is readable by you alone")
