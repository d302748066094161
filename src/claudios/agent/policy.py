"""What this machine allows, whatever the server asks: directories, permission modes, and lines for Claude's input.

Pure but for resolving paths. A check passes or raises PolicyForbids; a line that would kill the CLI is InputInvalid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from pydantic_core import from_json

from claudios.protocol.errors import InputInvalid, PolicyForbids
from claudios.protocol.messages import Mode, NewWorktree, PermissionMode, StartSession

_LINE_TYPES = frozenset({"user", "control_request", "control_response", "keep_alive"})
# Requests that neither widen what Claude may do nor run programs of the sender's. What is not here is refused.
_HARMLESS_REQUESTS = frozenset(
    {
        "interrupt",
        "set_model",
        "set_max_thinking_tokens",
        "get_context_usage",
        "get_session_cost",
        "get_usage",
        "get_settings",
        "get_status",
        "get_plan",
        "get_task_output",
        "get_workspace_diff",
        "get_hooks_listing",
        "get_binary_version",
        "list_models",
        "list_permission_rules",
        "mcp_status",
        "mcp_reconnect",
        "mcp_toggle",
        "stop_task",
        "background_tasks",
        "cancel_async_message",
        "rewind_files",
        "rename_session",
        "generate_session_title",
        "side_question",
        "file_suggestions",
        "export_conversation",
        "end_session",
    }
)
_HARMLESS_SETTINGS = frozenset({"effortLevel"})
_DEFAULT_MODE_ALIAS = "manual"
_RECORDS = (".json", ".new")
"""How the files end in which the agent keeps what it knows of worktrees; the worktrees beside them do not end so."""

_WRONG_SHAPE = "A line for Claude has the wrong shape. Send the JSON that the CLI's documentation shows."


@dataclass(frozen=True, slots=True)
class Policy:
    """`directories` are resolved; empty means any. `default_directory` is where a session starts that names none.

    In `worktrees` the agent keeps those of sessions, which are allowed as the repositories are that they were made of.
    """

    directories: tuple[Path, ...]
    permission_modes: tuple[PermissionMode, ...]
    default_directory: Path
    modes: tuple[Mode, ...] = tuple(Mode)
    worktrees: Path | None = None

    def permit_start(self, body: StartSession) -> StartSession:
        """Return `body` with its directory resolved. Raises PolicyForbids, InputInvalid."""
        if body.mode not in self.modes:
            raise PolicyForbids(
                f"This machine does not allow sessions of the mode {body.mode.value}. "
                "Change `modes` in the agent's configuration there."
            )
        self._permit_mode(body.permission_mode)
        asked = body.directory
        if isinstance(asked, NewWorktree):
            place: str | NewWorktree = NewWorktree(of=str(self.permit_directory(asked.of)))
        else:
            place = str(self.permit_directory(asked))
        if body.mode is Mode.CHAT:  # what is typed into a terminal is a text
            for given in body.inputs:
                self.permit_line(given.line)
        return body.model_copy(update={"directory": place})

    def permit_directory(self, asked: str | None) -> Path:
        """Return the directory with links resolved; relative ones count from the default. Raises PolicyForbids."""
        directory = self._resolve(asked)
        if not self._allows(directory):
            raise PolicyForbids(
                f"This machine does not allow sessions in {directory}, only in {self._allowed}. "
                "Change `allowedDirectories` in the agent's configuration there."
            )
        return directory

    def permit_path(self, asked: str | None) -> Path:
        """Return a file's or directory's path with links resolved, like `permit_directory`. Raises PolicyForbids.

        Where a link leads that leads out is not told.
        """
        path = self._resolve("." if asked is None else asked)
        if not self._allows(path):
            raise PolicyForbids(
                f"This machine shows files in {self._allowed} only. "
                "Change `allowedDirectories` in the agent's configuration there."
            )
        return path

    @property
    def _allowed(self) -> str:
        return ", ".join(map(str, self.directories))

    def _allows(self, path: Path) -> bool:
        if not self.directories or self.is_in_worktree(path):
            return True
        return any(path.is_relative_to(allowed) for allowed in self.directories)

    def is_in_worktree(self, path: Path) -> bool:
        """Say whether a resolved path is that of a session's worktree, or in one; the records beside them are not."""
        if self.worktrees is None or path == self.worktrees or not path.is_relative_to(self.worktrees):
            return False
        return not path.relative_to(self.worktrees).parts[0].casefold().endswith(_RECORDS)

    def _resolve(self, asked: str | None) -> Path:
        if asked is None:
            return self.default_directory
        if "\0" in asked:
            raise InputInvalid("A directory's name holds a zero byte. Correct it.")
        try:
            return (self.default_directory / Path(asked).expanduser()).resolve()
        except (OSError, RuntimeError) as unknown:
            raise InputInvalid(f"The directory {asked} cannot be resolved: {unknown}. Name another.") from unknown

    def permit_line(self, line: str) -> None:
        """Check one line for Claude's input. Raises InputInvalid, PolicyForbids."""
        message = _parse(line)
        kind = message.get("type")
        if kind not in _LINE_TYPES:
            raise InputInvalid(f"A line for Claude is of the type {kind!r}, which is not sent to it.")
        if kind == "control_request":
            _text(message.get("request_id"))
            self._permit_request(_object(message.get("request")))
        elif kind == "control_response":
            self._permit_answer(_object(message.get("response")))
        elif kind == "user":
            content = _object(message.get("message"))
            if content.get("role") != "user" or not isinstance(content.get("content"), str | list):
                raise InputInvalid(_WRONG_SHAPE)

    def _permit_request(self, request: Mapping[str, object]) -> None:
        subtype = request.get("subtype")
        if subtype == "set_permission_mode":
            self._permit_mode(request.get("mode"))
        elif subtype == "apply_flag_settings":
            if _object(request.get("settings")).keys() - _HARMLESS_SETTINGS:
                raise PolicyForbids("The agent passes no settings on to Claude but the effort.")
        elif subtype == "set_cwd":
            self.permit_directory(_text(request.get("path")))
        elif subtype not in _HARMLESS_REQUESTS:
            raise PolicyForbids(f"The agent does not pass the control request {subtype!r} on to Claude.")

    def _permit_answer(self, response: Mapping[str, object]) -> None:
        answer = response.get("response")
        updates = answer.get("updatedPermissions") if _is_object(answer) else None
        if updates is None:
            return
        if not isinstance(updates, list):
            raise InputInvalid(_WRONG_SHAPE)
        for update in map(_object, updates):
            if update.get("type") == "setMode":
                self._permit_mode(update.get("mode"))
            elif update.get("type") == "addDirectories":
                directories = update.get("directories")
                if not isinstance(directories, list):
                    raise InputInvalid(_WRONG_SHAPE)
                for directory in directories:
                    self.permit_directory(_text(directory))

    def _permit_mode(self, mode: object) -> None:
        asked = PermissionMode.DEFAULT.value if mode == _DEFAULT_MODE_ALIAS else mode
        if asked not in [allowed.value for allowed in self.permission_modes]:
            names = ", ".join(allowed.value for allowed in self.permission_modes)
            raise PolicyForbids(
                f"This machine does not allow the permission mode {asked}, only {names}. "
                "Change `permissionModes` in the agent's configuration there."
            )


def _parse(line: str) -> Mapping[str, object]:
    """Read a line as the CLI will. A second line inside it would be a message nobody checked."""
    if "\n" in line or "\r" in line:
        raise InputInvalid("A line for Claude holds a line break. Escape it as JSON does.")
    try:
        message = from_json(line, allow_inf_nan=False)
    except ValueError as broken:
        raise InputInvalid("A line for Claude is not JSON, which would end the session. Correct it.") from broken
    return _object(message)


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _object(value: object) -> Mapping[str, object]:
    if not _is_object(value):
        raise InputInvalid(_WRONG_SHAPE)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputInvalid(_WRONG_SHAPE)
    return value
