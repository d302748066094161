"""What the routes work with: the parts that app.py has put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from claudios.server.bus.topics import Bus
from claudios.server.config import Config
from claudios.server.credentials import Credentials
from claudios.server.keys import ServerKey
from claudios.server.limits import AtOnce, Limit, Turns
from claudios.server.passwords import Passwords
from claudios.server.store.engine import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """How often strangers may try things, by address or by account, and how much is done at once for a project."""

    sign_in_by_address: Limit
    sign_in_by_account: Limit
    register_by_address: Limit
    code_by_address: Limit
    answer_by_address: Limit
    told_by_person: Limit
    records_by_project: AtOnce
    records_by_person: AtOnce
    downloads_by_person: AtOnce
    searches_by_person: Turns
    pieces_by_address: Limit
    shared_by_address: AtOnce
    shared_by_link: AtOnce


@dataclass(frozen=True, slots=True)
class Parts:
    """The server's parts, as routes see them."""

    config: Config
    store: Store
    bus: Bus
    key: ServerKey
    credentials: Credentials
    passwords: Passwords
    limits: Limits
    now_ms: Callable[[], int]


def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts of the server that this connection came to."""
    parts: Parts = connection.app.state.parts
    return parts


async def _parts(connection: HTTPConnection) -> Parts:
    return parts_of(connection)  # a dependency that is not async would cost a thread


WithParts = Annotated[Parts, Depends(_parts)]


def url_of(connection: HTTPConnection, config: Config) -> str:
    """Return the server's address as this person reaches it, without a slash at the end."""
    if config.public_url is not None:
        return config.public_url
    return f"{'https' if config.is_secure else 'http'}://{connection.headers['host']}"
