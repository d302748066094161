"""The exit codes, one table for the program, its help and its documentation."""

from __future__ import annotations

from claudios.protocol.errors import (
    ClaudiosError,
    Forbidden,
    InputInvalid,
    NotFound,
    NotSignedIn,
    SettingInvalid,
    TokenInvalid,
    Unreachable,
)

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
NOT_ALLOWED = 4
NOT_FOUND = 5
STOPPED = 130
BROKEN_PIPE = 141

MEANINGS = (
    (OK, "it is done"),
    (FAILED, "it failed: Claude's turn, a check, or a request that was refused"),
    (USAGE, "the command line or a setting is wrong"),
    (UNREACHABLE, "the server cannot be reached"),
    (NOT_ALLOWED, "not signed in, or not allowed"),
    (NOT_FOUND, "there is no such session, agent, project or request, or several match"),
    (STOPPED, "stopped by Ctrl+C"),
    (BROKEN_PIPE, "whoever read what it printed went away"),
)

_CODES: tuple[tuple[type[ClaudiosError], int], ...] = (
    (InputInvalid, USAGE),
    (SettingInvalid, USAGE),
    (NotSignedIn, NOT_ALLOWED),
    (Forbidden, NOT_ALLOWED),
    (TokenInvalid, NOT_ALLOWED),
    (NotFound, NOT_FOUND),
    (Unreachable, UNREACHABLE),
)


def exit_code(error: ClaudiosError) -> int:
    """Return the exit code that stands for an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)
