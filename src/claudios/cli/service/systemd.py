"""The systemd unit.

Sessions outlive the daemon, and that decides most of it. `systemctl restart`, a crash and an upgrade do not end them,
so only the daemon's own process is signalled (KillMode=process), with the signal that means "go, leave the sessions"
(SIGUSR1); the next daemon adopts them. `claudios agent stop` ends them; systemd then leaves the agent stopped, because
that is a clean exit. A session that runs out of memory does not take the service with it (OOMPolicy=continue).
"""

from __future__ import annotations

import re
from pathlib import Path

from claudios.cli.service import environment_file
from claudios.cli.service.service import MODULE, WRONG_SETTINGS, Environment, Installation, Service

UNIT = "claudios-agent.service"
WATCHDOG_SECONDS = 60


def installation(service: Service) -> Installation:
    """Return the unit file and how it is started and undone."""
    file = path(service.home, is_system=service.is_system)
    scope = "" if service.is_system else " --user"
    control, journal = f"systemctl{scope}", f"journalctl{scope}"
    start = [f"{control} daemon-reload", f"{control} enable --now {UNIT}"]
    if not service.is_system:
        start.append("loginctl enable-linger    # so that it runs while you are not logged in")
    return Installation(
        path=file,
        content=unit(service),
        start=tuple(start),
        logs=f"{journal} -u {UNIT} -f",
        undo=(
            "claudios agent stop    # ends its sessions",
            f"{control} disable --now {UNIT}",
            f"rm {file} && {control} daemon-reload",
        ),
    )


def unit(service: Service) -> str:
    """Return the unit file. It holds no secret: the token stays in the settings file."""
    user = f"User={service.run_as}\n" if service.is_system and service.run_as else ""
    command = " ".join(
        _quoted(str(part)).replace("$", "$$") for part in (service.python, *MODULE, "--config", service.config)
    )
    return f"""\
# Written by `claudios agent install-service`.
[Unit]
Description=ClaudiOS agent
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
WatchdogSec={WATCHDOG_SECONDS}
{user}ExecStart={command}
# A fresh process of the daemon, in place; sessions go on.
ExecReload=/bin/kill -HUP $MAINPID
# Sessions outlive the daemon: stop and restart signal it alone, and it leaves them to the next one.
# To end them, too: claudios agent stop
KillMode=process
KillSignal=SIGUSR1
TimeoutStopSec=60
Restart=on-failure
RestartSec=5
RestartPreventExitStatus={WRONG_SETTINGS}
OOMPolicy=continue
UMask=0077
LimitNOFILE=8192
Environment={_quoted(f"PATH={service.search_path}")}
# Claude's credentials, if they are variables: ANTHROPIC_API_KEY=… in this file, mode 0600.
EnvironmentFile=-{_escaped(str(environment_file.beside(service.config)))}

[Install]
WantedBy={"multi-user.target" if service.is_system else "default.target"}
"""


def environment(content: str) -> Environment:
    """Return what a unit of ours gives the agent. Raises ValueError when it is none."""
    settings = dict(line.split("=", 1) for line in content.splitlines() if "=" in line and not line.startswith("#"))
    name, _, search_path = _plain(settings.get("Environment", "")).partition("=")
    variables = settings.get("EnvironmentFile", "")
    if name != "PATH" or not variables.startswith("-/"):
        raise ValueError("not ours")
    return Environment(Path(variables[1:].replace("%%", "%")), search_path, settings.get("User"))


def path(home: Path, *, is_system: bool) -> Path:
    """Return where the unit file lies."""
    folder = Path("/etc/systemd/system") if is_system else home / ".config" / "systemd" / "user"
    return folder / UNIT


def _quoted(text: str) -> str:
    """Quote a word as systemd.syntax(7) does; a percent sign would be a specifier (in commands, "$" a variable)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if escaped != text or not _is_plain(text) else text


def _plain(word: str) -> str:
    """Undo `_quoted`."""
    text = re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word
    return text.replace("%%", "%")


def _escaped(path: str) -> str:
    return path.replace("%", "%%")


def _is_plain(text: str) -> bool:
    return all(each.isalnum() or each in "/._-:=+@" for each in text)
