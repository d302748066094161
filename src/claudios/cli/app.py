"""The rim of the command line: the one place where errors become a line on stderr and an exit code."""

from __future__ import annotations

import errno
import json
import os
import sys

import click

from claudios import __version__
from claudios.cli import exits
from claudios.cli.program import as_typed
from claudios.cli.text import harmless
from claudios.cli.tree import Tree
from claudios.protocol.errors import ClaudiosError, DiskFull, InputInvalid

FULL = "Not everything was written: {}. Make room where the output goes, or send it elsewhere, and try again."
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

root = Tree(
    "claudios",
    help="Run the Claude CLI on any machine you own and steer it from anywhere.",
    no_args_is_help=True,
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=lambda context, _, is_set: _print_version(context) if is_set else None,
            help="Print the version.",
        ),
    ],
)


def _print_version(context: click.Context) -> None:
    click.echo(f"claudios {__version__}")
    context.exit()


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are told on stderr."""
    as_json = "--json" in arguments
    try:
        code = _run(arguments, as_json=as_json)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, *_FULL):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while it exits
        if error.errno == errno.EPIPE:
            return exits.BROKEN_PIPE
        _tell(DiskFull.code, FULL.format(error.strerror), as_json=as_json)
        return exits.FAILED
    return code


def _run(arguments: list[str], *, as_json: bool) -> int:
    try:
        code = _invoke(arguments)
    except ClaudiosError as error:
        _tell(error.code, error.message, as_json=as_json)
        return exits.exit_code(error)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return exits.OK
    except click.ClickException as error:
        if as_json:
            _tell(InputInvalid.code, error.format_message(), as_json=True)
        else:
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        if as_json:
            _tell("stopped", "Stopped.", as_json=True)
        else:
            click.echo("Stopped.", err=True)
        return exits.STOPPED
    return code if isinstance(code, int) else exits.OK


def _invoke(arguments: list[str]) -> object:
    """Run one command as click's `main` does, which would exit by itself, with 1, where a pipe is closed."""
    if "_CLAUDIOS_COMPLETE" in os.environ:
        return root.main(arguments, prog_name="claudios", standalone_mode=False)
    try:
        with root.make_context("claudios", arguments) as context:
            return root.invoke(context)
    except click.exceptions.Exit as over:
        return over.exit_code
    except (EOFError, KeyboardInterrupt) as stopped:
        click.echo(err=True)  # what the terminal shows of Ctrl+C stands on a line of its own
        raise click.Abort from stopped


def _tell(code: str, message: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": message}}), err=True)
    else:
        click.echo(f"{click.style('claudios:', fg='red', bold=True)} {harmless(as_typed(message))}", err=True)
