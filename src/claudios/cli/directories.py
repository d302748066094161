"""Directories as they are typed on the command line."""

from __future__ import annotations

import os
from pathlib import Path


def absolute(typed: str) -> str:
    """Return a directory as it is meant here: from the working directory, `~` for the home. Links are not followed.

    It is of the agent's machine, which may be another one: there they may lead elsewhere.
    """
    return os.path.abspath(Path(typed).expanduser())  # noqa: PTH100  # resolve() would follow links
