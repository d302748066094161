"""Where `claudios` starts: the daemons take over this process at once, everything else goes to the command tree."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line with the arguments of this process, and exit with its code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from claudios import __version__

        print(f"claudios {__version__}")
        return
    if "_CLAUDIOS_COMPLETE" not in os.environ:
        if arguments[:1] == ["agent"] and _is_for_daemon(arguments[1:]):
            become("claudios.agent", arguments[1:])
        if arguments[:1] == ["server"] and has_server():
            become("claudios.server", arguments[1:])
    from claudios.cli.app import run

    sys.exit(run(arguments))


def has_server() -> bool:
    """Say whether what the server needs is installed; the base package leaves it out."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("fastapi", "sqlalchemy", "uvicorn"))


def _is_for_daemon(arguments: list[str]) -> bool:
    """Say whether the arguments after `agent` are the daemon's: flags, and not a command that manages it."""
    return not arguments or (arguments[0].startswith("-") and not {"--help", "-h"} & set(arguments))


def become(module: str, arguments: list[str]) -> None:
    """Replace this process by a daemon, which parses its own arguments and carries nothing of the command line."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])


if __name__ == "__main__":
    main()
