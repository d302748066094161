"""How the values of settings are read, as a file, a variable or a flag gives them.

Each reader raises ValueError, which goes on after the name of the setting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from claudios.agent.flags import suggestion
from claudios.protocol.errors import TokenInvalid
from claudios.protocol.ids import AGENT_TOKEN, Token, parse_token

Read = Callable[[object], object]


def shown(given: object) -> str:
    """Return a value as it would stand in config.json."""
    return json.dumps(given, ensure_ascii=False)


def integer(least: int, most: int) -> Read:
    """Read a whole number from `least` to `most`, also as digits in a text."""

    def read(given: object) -> int:
        text = given.strip() if isinstance(given, str) else given
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 15:
            text = int(text)
        if not isinstance(text, int) or isinstance(text, bool) or not least <= text <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {shown(given)}")
        return text

    return read


def choice(options: type[StrEnum]) -> Read:
    """Read the value of one of the options."""
    names = [option.value for option in options]

    def read(given: object) -> StrEnum:
        if given not in names:
            raise ValueError(f"must be one of {', '.join(names)}, not {shown(given)}.{suggestion(given, names)}")
        return options(given)

    return read


def boolean(given: object) -> bool:
    """Read true or false, also as a word."""
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    value = known.get(given.lower(), given) if isinstance(given, str) else given
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {shown(given)}")
    return value


def text(given: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(given, str) or not given or "\0" in given:
        raise ValueError(f"must be text, not {shown(given)}")
    return given


def path(given: object) -> Path:
    """Read a path, whether or not anything is there."""
    return Path(text(given)).expanduser()


def file(given: object) -> Path:
    """Read the path of a file that is there."""
    found = path(given).absolute()
    if not found.is_file():
        raise ValueError(f"names {found}, where there is no file")
    return found


def directory(given: object) -> Path:
    """Read the path of a directory that is there."""
    found = path(given).resolve()
    if not found.is_dir():
        raise ValueError(f"names {found}, where there is no directory")
    return found


def list_of(read: Read, separator: str) -> Read:
    """Read a list, or a text of values with `separator` between them."""

    def read_all(given: object) -> tuple[object, ...]:
        values = [part for part in given.split(separator) if part] if isinstance(given, str) else given
        if not isinstance(values, list):
            raise ValueError(f"must be a list, not {shown(given)}")
        return tuple(map(read, values))

    return read_all


def variables(given: object) -> Mapping[str, str]:
    """Read an object of environment variables."""
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError("must be an object of variables, each with a text")  # never the values: some are secret
    return MappingProxyType(given)


def server_url(given: object) -> str:
    """Read the plain address of a server, without a slash at its end."""
    url = urlsplit(text(given).strip())
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"must be an address such as https://claudios.example.com, not {given!r}")
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be a plain address, without a user name, a password, a query or a fragment")
    try:
        _ = url.port
    except ValueError:
        raise ValueError(f"must have a port from 0 to 65535, not {given!r}") from None
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"


def token(given: object) -> Token:
    """Read the token of an agent."""
    try:
        return parse_token(str(given).strip(), AGENT_TOKEN)
    except TokenInvalid as invalid:
        raise ValueError(f"is not an agent's token: {invalid.message}") from None
