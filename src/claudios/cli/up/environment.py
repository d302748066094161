"""The environments of the children: this process's own, without what would overrule what `up` has settled."""

from __future__ import annotations

from collections.abc import Mapping

from claudios.cli.up.claude import CREDENTIALS, PROVIDERS

_SERVER_SETTINGS = ("HOST", "PORT", "PUBLIC_URL", "BEHIND_PROXY", "TLS_CERT", "TLS_KEY", "LOG_FORMAT", "DRAIN_SECONDS")
_AGENT_SETTINGS = (
    "SERVER_URL",
    "AGENT_TOKEN",
    "AGENT_TOKEN_FILE",
    "STATE_DIRECTORY",
    "LOG_FORMAT",
    "CA_FILE",
    "ALLOW_INSECURE_HTTP",
)


def server_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the server's environment; DATABASE_URL, REGISTRATION and the like are the person's to set."""
    return {name: value for name, value in own.items() if name not in _SERVER_SETTINGS and not _is_ours(name)}


def agent_environment(own: Mapping[str, str], *, is_demo: bool) -> dict[str, str]:
    """Return the agent's environment; in a demo without credentials, which a scripted model has no business with."""
    dropped = (*_AGENT_SETTINGS, *CREDENTIALS, *PROVIDERS) if is_demo else _AGENT_SETTINGS
    return {name: value for name, value in own.items() if name not in dropped and not _is_ours(name)}


def model_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the scripted model's environment, which holds no secret."""
    return {name: value for name, value in own.items() if name not in CREDENTIALS and not _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name.startswith("CLAUDIOS_")
