"""`python -m claudios.server [serve | setup | sign-in-link | backup | restore | openapi]`."""

# ruff: noqa: T201  # what a command says goes to standard output

from __future__ import annotations

import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # no scan of all installed packages at start

import argparse
import asyncio
import gc
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from claudios import __version__
from claudios.protocol.errors import ClaudiosError, InputInvalid
from claudios.server import config as configuration
from claudios.server.config import Config

SERVE, SETUP, LINK, OPENAPI = "serve", "setup", "sign-in-link", "openapi"
BACKUP, RESTORE = "backup", "restore"
SWITCH_SECONDS = 0.001
"""How long a thread of the store waits for one that computes: the answer to somebody comes before work for nobody."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an error is one line with its remedy, or of JSON."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        flags = vars(_parser().parse_args(given))
        command = flags.pop("command", SERVE)
        if command == OPENAPI:
            return _openapi()
        settings = configuration.load(flags)
        if command == SETUP:
            return _setup(settings, flags)
        if command == LINK:
            return _sign_in_link(settings, flags)
        if command in (BACKUP, RESTORE):
            return _keep(settings, flags, is_restore=command == RESTORE)
        return _serve(settings)
    except ClaudiosError as error:
        told = {"error": {"code": error.code, "message": error.message}}
        print(json.dumps(told) if "--json" in given else f"error: {error.message}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """A parser whose faults are errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise InputInvalid(f"{message}. See `{self.prog} --help`.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="claudios server", description="The ClaudiOS server.", allow_abbrev=False)
    configuration.add_arguments(parser)
    parser.add_argument("--version", action="version", version=f"claudios {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(SERVE, help="run the server (the default)")
    setup = commands.add_parser(SETUP, help="make sure of an owner, a project and this machine's agent")
    setup.add_argument("--agent-config", required=True, help="where the agent's config.json goes if it has none")
    link = commands.add_parser(LINK, help="print a fresh single-use link that signs the server's owner in")
    backup = commands.add_parser(BACKUP, help="write the store and its key into one file, while the server runs")
    restore = commands.add_parser(RESTORE, help="put a back-up in the place of the store, while no server runs")
    restore.add_argument("--force", action="store_true", help="move a store that is there aside")
    for command in (backup, restore):
        command.add_argument("file", metavar="FILE", help="the back-up")
        command.add_argument("--state-dir", default=argparse.SUPPRESS, help="where database and key live")
        command.add_argument("--json", action="store_true", help="print JSON")
    for command in (setup, link):
        command.add_argument("--state-dir", default=argparse.SUPPRESS, help="where database and key live")
        command.add_argument("--server-url", help="the server's address (http://127.0.0.1:PORT)")
        command.add_argument("--json", action="store_true", help="print JSON")
    commands.add_parser(OPENAPI, help="print the API's description")
    return parser


def _serve(settings: Config) -> int:
    gc.disable()  # nearly all that is made until the server listens lives as long as it: looking through takes a fifth

    import uvloop

    from claudios.server import logs, serving

    logs.configure(settings.log_format)

    def started(running: serving.Serving) -> None:
        gc.collect()
        gc.freeze()  # what lives as long as the server is not looked through again and again: a tenth of a second each
        gc.enable()
        serving.log.info(f"Server listening on {running.url}", version=__version__)

    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving.serve(settings, started))
    return 0


def _setup(settings: Config, flags: dict[str, str]) -> int:
    from claudios.server import setup

    prepared = asyncio.run(setup.prepare(settings, _url(settings, flags), Path(flags["agent_config"])))
    if flags.get("json"):
        print(json.dumps(asdict(prepared)))
    else:
        did = "wrote" if prepared.created_agent else "kept"
        print(f"Owner {prepared.username}; {did} the agent's settings in {prepared.agent_config}")
    return 0


def _sign_in_link(settings: Config, flags: dict[str, str]) -> int:
    from claudios.server import setup

    url = f"{_url(settings, flags)}/sign-in#{asyncio.run(setup.sign_in_code(settings))}"
    print(json.dumps({"url": url}) if flags.get("json") else url)
    return 0


def _keep(settings: Config, flags: dict[str, str], *, is_restore: bool) -> int:
    from claudios.server.backup import back_up, restore
    from claudios.server.clock import now_ms

    file = Path(flags["file"])
    if is_restore:
        done = restore(settings, file, now_ms(), force=bool(flags.get("force")))
        said = f"Restored {settings.state_dir} from {file}. Start the server: claudios server"
    else:
        done = back_up(settings, file, now_ms())
        said = f"{file}: {done.bytes:,} bytes. It holds all transcripts and the server's key: keep it safe."
    print(json.dumps(asdict(done)) if flags.get("json") else said)
    return 0


def _openapi() -> int:
    from claudios.server.app import describe

    print(json.dumps(describe().openapi(), indent=2, sort_keys=True))
    return 0


def _url(settings: Config, flags: dict[str, str]) -> str:
    return flags.get("server_url") or settings.public_url or f"http://127.0.0.1:{settings.port}"


if __name__ == "__main__":
    sys.exit(main() or os.EX_OK)
