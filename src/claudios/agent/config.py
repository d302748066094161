"""The agent's settings: flags over environment over `config.json` over defaults, and where each value came from.

Everything wrong is found in one go, each with its source and the remedy. A token is never taken from the command
line, where every user of the machine could read it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from claudios.agent import readers
from claudios.agent.client.address import is_loopback
from claudios.agent.flags import Flag, read_flags, suggestion
from claudios.agent.policy import Policy
from claudios.protocol.errors import SettingInvalid
from claudios.protocol.ids import Token
from claudios.protocol.messages import Mode, PermissionMode

CONFIG_FILE = "config.json"

T = TypeVar("T")


class Transport(StrEnum):
    """How to reach the server; `auto` polls only where the network refuses WebSockets."""

    AUTO = "auto"
    WEBSOCKET = "websocket"
    POLL = "poll"


class LogFormat(StrEnum):
    """Log lines for people, or for programs."""

    CONSOLE = "console"
    JSON = "json"


class SettingsInvalid(SettingInvalid):
    """Some settings are wrong. `problems` names each with its source and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the agent runs with. `sources` says for each setting, by its name in config.json, where it came from."""

    server_url: str
    token: Token = field(repr=False)
    poll_interval_ms: int
    output_flush_interval_ms: int
    max_concurrent_sessions: int
    spool_max_bytes: int
    transport: Transport
    state_directory: Path
    claude_path: Path | None
    policy: Policy
    ca_file: Path | None
    demo: bool
    claude_environment: Mapping[str, str] = field(repr=False)
    log_format: LogFormat
    sources: Mapping[str, str]
    config_file: Path | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in config.json, its variable, how a value is read, and its default as it would be given."""

    name: str
    read: readers.Read
    default: object = None
    environment: str | None = None
    flag: Flag | None = None


_DEFAULT_MODES = [mode.value for mode in PermissionMode if mode is not PermissionMode.BYPASS]

SETTINGS: tuple[Setting, ...] = (
    Setting("serverUrl", readers.server_url, None, "SERVER_URL", Flag("--server-url", "URL", "address of the server")),
    Setting("agentToken", readers.token, None, "AGENT_TOKEN"),
    Setting(
        "agentTokenFile",
        readers.file,
        None,
        "AGENT_TOKEN_FILE",
        Flag("--agent-token-file", "PATH", "file that holds this agent's token"),
    ),
    Setting(
        "pollInterval",
        readers.integer(100, 60_000),
        5000,
        "POLL_INTERVAL",
        Flag("--poll-interval", "MS", "how long the server may hold a poll (5000)"),
    ),
    Setting(
        "outputFlushInterval",
        readers.integer(10, 60_000),
        1000,
        "OUTPUT_FLUSH_INTERVAL",
        Flag("--output-flush-interval", "MS", "how often output nobody watches is sent (1000)"),
    ),
    Setting(
        "maxConcurrentSessions",
        readers.integer(1, 1000),
        5,
        "MAX_CONCURRENT_SESSIONS",
        Flag("--max-concurrent-sessions", "N", "sessions beyond this wait in a queue (5)"),
    ),
    Setting(
        "spoolMaxBytes",
        readers.integer(16 * 1024**2, 1024**4),
        1024**3,
        "SPOOL_MAX_BYTES",
        Flag("--spool-max-bytes", "N", "undelivered output a session may keep on disk (1 GiB)"),
    ),
    Setting(
        "transport",
        readers.choice(Transport),
        "auto",
        "TRANSPORT",
        Flag("--transport", "auto|websocket|poll", "how to reach the server (auto)"),
    ),
    Setting(
        "stateDirectory",
        readers.path,
        None,
        "STATE_DIRECTORY",
        Flag("--state-dir", "DIR", "where sessions and undelivered output are kept"),
    ),
    Setting(
        "claudePath",
        readers.file,
        None,
        "CLAUDE_PATH",
        Flag("--claude-path", "PATH", "the Claude CLI (the one on PATH)"),
    ),
    Setting(
        "allowedDirectories",
        readers.list_of(readers.directory, os.pathsep),
        [],
        "ALLOWED_DIRECTORIES",
        Flag("--allowed-directories", f"DIR{os.pathsep}DIR", "where sessions may run (anywhere)"),
    ),
    Setting(
        "permissionModes",
        readers.list_of(readers.choice(PermissionMode), ","),
        _DEFAULT_MODES,
        "PERMISSION_MODES",
        Flag("--permission-modes", "MODE,MODE", "modes sessions may use (all but bypassPermissions)"),
    ),
    Setting(
        "modes",
        readers.list_of(readers.choice(Mode), ","),
        [mode.value for mode in Mode],
        "MODES",
        Flag("--modes", "MODE,MODE", "how sessions may run: chat, terminal (both)"),
    ),
    Setting(
        "defaultDirectory",
        readers.directory,
        "~",
        "DEFAULT_DIRECTORY",
        Flag("--default-directory", "DIR", "where a session starts that names no directory (home)"),
    ),
    Setting(
        "allowInsecureHttp",
        readers.boolean,
        False,
        "ALLOW_INSECURE_HTTP",
        Flag("--allow-insecure-http", None, "permit http:// to another machine"),
    ),
    Setting(
        "caFile", readers.file, None, "CA_FILE", Flag("--ca-file", "PATH", "certificates to trust, not the system's")
    ),
    Setting(
        "demo", readers.boolean, False, None, Flag("--demo", None, "mark this agent as answering from a scripted model")
    ),
    Setting("claudeEnvironment", readers.variables, {}),
    Setting(
        "logFormat",
        readers.choice(LogFormat),
        "console",
        "LOG_FORMAT",
        Flag("--log-format", "console|json", "form of the log"),
    ),
)
VARIABLES = frozenset(setting.environment for setting in SETTINGS if setting.environment is not None)
CONFIG_FLAG = Flag("--config", "PATH", "settings file (./config.json, then the one in the user's configuration)")
FLAGS = (CONFIG_FLAG, *(setting.flag for setting in SETTINGS if setting.flag is not None))


@dataclass(frozen=True, slots=True)
class _Given:
    value: object
    source: str


def load(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Read all sources and check everything. Raises SettingsInvalid with every problem there is."""
    flags, problems = read_flags(arguments, FLAGS)
    config_file = _find_config(flags.get("--config"), environment)
    given: dict[str, _Given] = {}
    if config_file is not None:
        given |= _from_file(config_file, problems)
    for setting in SETTINGS:
        variable = setting.environment
        if variable is not None and environment.get(variable):
            given[setting.name] = _Given(environment[variable], f"the environment variable {variable}")
        if setting.flag is not None and setting.flag.name in flags:
            given[setting.name] = _Given(flags[setting.flag.name], f"the flag {setting.flag.name}")
    return _check(given, config_file, environment, problems)


def _check(
    given: Mapping[str, _Given], config_file: Path | None, environment: Mapping[str, str], problems: list[str]
) -> Settings:
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for setting in SETTINGS:
        found = given.get(setting.name, _Given(setting.default, "default"))
        sources[setting.name] = found.source
        if found.value is None:
            continue
        try:
            values[setting.name] = setting.read(found.value)
        except (ValueError, OSError, RuntimeError) as wrong:
            problems.append(f"{setting.name} (from {found.source}) {_sentence(wrong)}")
    _take_token_file(values, sources, problems)
    for name, variable in (("serverUrl", "SERVER_URL"), ("agentToken", "AGENT_TOKEN")):
        if name not in given and name not in values and not (name == "agentToken" and "agentTokenFile" in given):
            problems.append(f"{name} is missing. Set it in {CONFIG_FILE}, or the environment variable {variable}.")
    _check_address(values, sources, problems)
    if problems:
        raise SettingsInvalid(problems)
    return _settings(values, sources, config_file, environment)


def _settings(
    values: Mapping[str, object], sources: Mapping[str, str], config_file: Path | None, environment: Mapping[str, str]
) -> Settings:
    def pick(name: str, kind: type[T]) -> T:
        value = values[name]
        assert isinstance(value, kind), name
        return value

    token = pick("agentToken", Token)
    state_directory = values.get("stateDirectory") or state_home(environment) / "agent" / token.key_id
    claude_path, ca_file = values.get("claudePath"), values.get("caFile")
    assert isinstance(state_directory, Path)
    policy = Policy(
        directories=pick("allowedDirectories", tuple),
        permission_modes=pick("permissionModes", tuple),
        default_directory=pick("defaultDirectory", Path),
        modes=pick("modes", tuple),
        worktrees=state_directory.resolve() / "worktrees",
    )
    return Settings(
        server_url=pick("serverUrl", str),
        token=token,
        poll_interval_ms=pick("pollInterval", int),
        output_flush_interval_ms=pick("outputFlushInterval", int),
        max_concurrent_sessions=pick("maxConcurrentSessions", int),
        spool_max_bytes=pick("spoolMaxBytes", int),
        transport=pick("transport", Transport),
        state_directory=state_directory.absolute(),
        claude_path=claude_path if isinstance(claude_path, Path) else None,
        policy=policy,
        ca_file=ca_file if isinstance(ca_file, Path) else None,
        demo=pick("demo", bool),
        claude_environment=pick("claudeEnvironment", MappingProxyType),
        log_format=pick("logFormat", LogFormat),
        sources=MappingProxyType(dict(sources)),
        config_file=config_file,
        warnings=tuple(_warnings(sources, config_file)),
    )


def state_home(environment: Mapping[str, str]) -> Path:
    """Return the directory for this user's ClaudiOS state, by the XDG base directory rules."""
    base = environment.get("XDG_STATE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "claudios"


def _find_config(given: str | None, environment: Mapping[str, str]) -> Path | None:
    """Return the settings file, if there is one. Raises SettingsInvalid when the named one is not there."""
    if given is not None:
        path = Path(given).expanduser()
        if path.exists():
            return path
        raise SettingsInvalid([f"--config names {path}, where there is no file."])
    base = environment.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return next((path for path in (Path(CONFIG_FILE), home / "claudios" / CONFIG_FILE) if path.exists()), None)


def _from_file(path: Path, problems: list[str]) -> dict[str, _Given]:
    """Return the settings of a file. Raises SettingsInvalid where it cannot be read at all."""
    try:
        content = json.loads(path.read_bytes())
    except IsADirectoryError as directory:
        raise SettingsInvalid([f"{path} is a directory, not a file of settings. Name the file in it."]) from directory
    except OSError as unreadable:
        raise SettingsInvalid([f"{path} cannot be read: {unreadable.strerror}. Check its permissions."]) from unreadable
    except (ValueError, RecursionError) as broken:
        place = f" at line {broken.lineno}, column {broken.colno}" if isinstance(broken, json.JSONDecodeError) else ""
        raise SettingsInvalid([f"{path} is not JSON{place}. Correct it there."]) from broken
    if not isinstance(content, dict):
        raise SettingsInvalid([f'{path} must hold one object of settings, such as {{"serverUrl": "https://…"}}.'])
    names = [setting.name for setting in SETTINGS]
    for unknown in content.keys() - names:
        problems.append(
            f"{path} has the unknown setting {unknown!r}.{suggestion(unknown, names)} Remove or correct it."
        )
    given = {name: _Given(content[name], str(path)) for name in names if content.get(name) is not None}
    for setting in SETTINGS:
        text = given[setting.name].value if setting.name in given else None
        if isinstance(setting.default, int) and isinstance(text, str):
            with suppress(ValueError):  # what it says makes no sense either: `_check` tells that
                meant = readers.shown(setting.read(text))
                problems.append(f"{setting.name} (from {path}) must not be a text: write {meant} without quotes.")
                given[setting.name] = _Given(None, str(path))
    return given


def _take_token_file(values: dict[str, object], sources: dict[str, str], problems: list[str]) -> None:
    """Read the token from its file, unless one was given closer by."""
    path = values.get("agentTokenFile")
    if not isinstance(path, Path) or ("agentToken" in values and not sources["agentTokenFile"].startswith("the flag")):
        return
    try:
        values["agentToken"] = readers.token(path.read_text())
        sources["agentToken"] = str(path)
    except (OSError, ValueError) as wrong:
        problems.append(f"agentTokenFile (from {sources['agentTokenFile']}): the content of {path} {_sentence(wrong)}")


def _sentence(wrong: Exception) -> str:
    text = str(wrong)
    return text if text.endswith((".", "?")) else f"{text}."


def _check_address(values: Mapping[str, object], sources: Mapping[str, str], problems: list[str]) -> None:
    url = values.get("serverUrl")
    if not isinstance(url, str) or values.get("allowInsecureHttp") is True:
        return
    if url.startswith("http:") and not is_loopback(urlsplit(url).hostname or ""):
        problems.append(
            f"serverUrl (from {sources['serverUrl']}) is http:// to another machine, where anyone on the way can read "
            "and change what is sent. Use https://, or set allowInsecureHttp if the network itself is protected."
        )


def _warnings(sources: Mapping[str, str], config_file: Path | None) -> list[str]:
    holder = sources["agentToken"]
    path = Path(holder)
    is_file = path.is_absolute() or (config_file is not None and holder == str(config_file))
    if is_file and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [f"{path} holds the token and can be read by other users. Run: chmod 600 {path}"]
    return []
