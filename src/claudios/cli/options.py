"""Options that many commands share, and the client that goes with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import click

from claudios.cli.credentials import choose
from claudios.cli.progress import working
from claudios.client.api import Client

P = ParamSpec("P")
R = TypeVar("R")

server_option = click.option(
    "--server", metavar="URL", help="The server, where you are signed in to several (or CLAUDIOS_SERVER)."
)
GO_ON = "Continue."
"""What a session says by itself once a usage limit has reset, where no other text is given."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def connected(function: Callable[Concatenate[Client, P], R]) -> Callable[..., R]:
    """Give a command the option --server, and the client of that server as its first argument."""

    @server_option
    @functools.wraps(function)
    def with_client(*arguments: P.args, **options: P.kwargs) -> R:
        with client(options.pop("server", None)) as chosen:  # type: ignore[arg-type]  # click passes text or None
            return function(chosen, *arguments, **options)

    return with_client


def client(named: str | None) -> Client:
    """Return the client of the server meant, which shows on stderr when an answer takes its time."""
    address, token = choose(named)
    return Client(address, token, waiting=lambda: working(f"Waiting for {address.url}"))
