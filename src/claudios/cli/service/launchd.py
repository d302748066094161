"""The launchd property list. AbandonProcessGroup is what lets sessions outlive the daemon."""

from __future__ import annotations

import plistlib
from pathlib import Path

from claudios.cli.service.service import Installation, Service

LABEL = "org.claudios.agent"


def installation(service: Service) -> Installation:
    """Return the property list and how it is started and undone."""
    if service.is_system:
        folder, domain, control = Path("/Library/LaunchDaemons"), "system", "sudo launchctl"
    else:
        folder, domain, control = service.home / "Library" / "LaunchAgents", "gui/$(id -u)", "launchctl"
    path = folder / f"{LABEL}.plist"
    log = _log(service)
    return Installation(
        path=path,
        content=property_list(service),
        start=(f"{control} bootstrap {domain} {path}",),
        logs=f"tail -f {log}",
        undo=(
            "claudios agent stop    # ends its sessions",
            f"{control} bootout {domain}/{LABEL}",
            f"rm {path}",
        ),
    )


def property_list(service: Service) -> str:
    """Return the property list. It holds no secret: the token stays in the settings file."""
    settings: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": [str(service.python), "-m", "claudios.agent", "--config", str(service.config)],
        "EnvironmentVariables": {"PATH": service.search_path},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 5,
        "AbandonProcessGroup": True,
        "Umask": 0o077,
        "StandardOutPath": str(_log(service)),
        "StandardErrorPath": str(_log(service)),
    }
    if service.is_system and service.run_as:
        settings["UserName"] = service.run_as
    return plistlib.dumps(settings).decode()


def _log(service: Service) -> Path:
    return Path("/Library/Logs" if service.is_system else service.home / "Library" / "Logs", "claudios-agent.log")
