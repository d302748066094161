"""`agent.env`: Claude's credentials where they are variables, beside the settings file of a service.

Lines of `NAME=VALUE`, read as systemd.exec(5) reads an EnvironmentFile, without its escapes and continued lines:
quotation marks around the whole value are dropped, other lines than these are ignored.
"""

from __future__ import annotations

import re
from pathlib import Path

NAME = "agent.env"

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1""")

SHELL_READER = """\
while IFS= read -r line || [ -n "$line" ]; do
    name=${line%%=*} value=${line#*=}
    case $line in *=*) ;; *) continue ;; esac
    case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;; esac
    case $value in
        '"'*'"') value=${value#'"'} value=${value%'"'} ;;
        "'"*"'") value=${value#"'"} value=${value%"'"} ;;
    esac
    export "$name=$value"
done\
"""
"""The same for a POSIX shell, which reads the file from standard input and exports what it finds."""


def beside(config: Path) -> Path:
    """Return where the file of a service with these settings lies."""
    return config.parent / NAME


def read(path: Path) -> dict[str, str]:
    """Return the variables in the file; none where it is missing. Raises OSError when it may not be read."""
    try:
        lines = path.read_text(errors="surrogateescape").split("\n")
    except FileNotFoundError:
        return {}
    found = (_LINE.fullmatch(line) for line in lines)
    return {line[1]: _unquoted(line[2]) for line in found if line is not None}


def _unquoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    return value if quoted is None else quoted[2]
