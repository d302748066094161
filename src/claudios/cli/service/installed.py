"""The service of this machine, if one is installed: which environment it gives the agent."""

from __future__ import annotations

import pwd
from collections.abc import Iterator
from pathlib import Path

from claudios.cli.service import environment_file, launchd, systemd
from claudios.cli.service.service import Environment


def environment(config: Path, home: Path) -> dict[str, str] | None:
    """Return the environment of an agent with these settings under its service; None where it has none.

    What the service's manager adds of its own is not known, save HOME. Raises OSError when a file may not be read.
    """
    variables = environment_file.beside(config)
    for found in _installed(home):
        if found.variables == variables:
            return {"HOME": _home(found, home), "PATH": found.search_path, **environment_file.read(variables)}
    return None


def _installed(home: Path) -> Iterator[Environment]:
    for kind in (systemd, launchd):
        for is_system in (False, True):
            try:
                yield kind.environment(kind.path(home, is_system=is_system).read_text())
            except (FileNotFoundError, ValueError):
                continue


def _home(found: Environment, home: Path) -> str:
    if found.run_as is None:
        return str(home)
    try:
        return pwd.getpwnam(found.run_as).pw_dir
    except KeyError:
        return str(home)
