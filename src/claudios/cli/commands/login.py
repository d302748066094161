"""`claudios login`, `logout` and `whoami`."""

from __future__ import annotations

import platform
import sys
import time
from getpass import getuser

import click

from claudios.cli import credentials
from claudios.cli.credentials import Login
from claudios.cli.help import Command
from claudios.cli.options import connected, json_option, server_option
from claudios.cli.progress import working
from claudios.cli.table import print_json
from claudios.cli.text import one_line
from claudios.client.address import Address
from claudios.client.api import Client
from claudios.protocol.errors import ClaudiosError, Conflict, Expired, NotSignedIn, TooMany
from claudios.protocol.ids import API_TOKEN, parse_token

LOCAL_SERVER = "http://127.0.0.1:3000"
ASK_EVERY_SECONDS = 1.0


@click.command(cls=Command)
@click.argument("url", required=False)
@click.option("--with-token", is_flag=True, help="Read an API token from standard input instead.")
@json_option
@server_option
def login(url: str | None, with_token: bool, as_json: bool, server: str | None) -> None:
    """Sign in to the server at URL (the default server, or the one on this machine).

    Prints a link and a code; sign in there with your browser, on any device, and approve the code. The token is kept in
    $XDG_CONFIG_HOME/claudios/credentials.json, readable by you alone.

    \b
      claudios login https://claudios.example.org
      claudios login --with-token < token.txt
    """
    known = credentials.load()
    address = credentials.read_address(url or server or known.default or LOCAL_SERVER)
    token = _token_from_stdin() if with_token else _token_by_device(address)
    with Client(address, token, waiting=lambda: working(f"Waiting for {address.url}")) as client:
        user = client.me()
    credentials.save(known.with_login(Login(address.url, token, user.username)))
    if as_json:
        print_json({"server": address.url, "username": user.username})
    else:
        click.echo(f"Signed in to {address.url} as {one_line(user.username)}.")


@click.command(cls=Command)
@json_option
@server_option
def logout(as_json: bool, server: str | None) -> None:
    """Sign out: the token is deleted here and made invalid at the server."""
    known = credentials.load()
    if not known.logins and server is None:
        raise NotSignedIn("You are not signed in to any server.")
    address, token = credentials.choose(server)
    try:
        with Client(address, token, timeout_seconds=10) as client:
            revoked = _revoke(client)
    except ClaudiosError as error:
        revoked = isinstance(error, NotSignedIn)  # it was invalid before
        if not revoked:
            click.echo(error.message, err=True)
    credentials.save(known.without(address.url))
    if not revoked:
        click.echo("The token stays valid at the server. Revoke it in the page, under API tokens.", err=True)
    if as_json:
        print_json({"server": address.url, "revoked": revoked})
    else:
        click.echo(f"Signed out of {address.url}.")


@click.command(cls=Command)
@connected
@json_option
def whoami(client: Client, as_json: bool) -> None:
    """Say who is signed in, and where."""
    user = client.me()
    if as_json:
        print_json({"server": client.address.url, "user": user})
    else:
        click.echo(f"{one_line(user.username)} at {client.address.url}" + (", owner of the server" * user.is_owner))


def _token_from_stdin() -> str:
    if sys.stdin.isatty():
        click.echo("Paste the token, then Enter: ", err=True, nl=False)
        from getpass import getpass

        return parse_token(getpass("").strip(), API_TOKEN).text
    return parse_token(sys.stdin.readline().strip(), API_TOKEN).text


def _token_by_device(address: Address) -> str:
    with Client(address) as client:
        device = client.begin_device_login()
        click.echo(f"Open    {click.style(f'{address.url}/device#{device.user_code}', underline=True)}", err=True)
        click.echo(f"approve {click.style(device.user_code, bold=True)}", err=True)
        click.echo(f"It will be listed as {getuser()} on {platform.node()}.", err=True)
        with working("Waiting for your approval"):
            while time.time_ns() // 1_000_000 < device.expires_ms:
                try:
                    return client.device_token(device.device_code)
                except Conflict:  # nobody has approved it yet
                    time.sleep(ASK_EVERY_SECONDS)
                except TooMany as busy:
                    time.sleep(busy.retry_after_seconds)
    raise Expired("Nobody approved the code in time. Run `claudios login` again.")


def _revoke(client: Client) -> bool:
    """Sign out at the server, and say whether the token has become invalid by it."""
    client.sign_out()
    try:
        client.me()
    except NotSignedIn:
        return True
    return False
