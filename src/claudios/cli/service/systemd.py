"""The systemd unit.

Sessions outlive the daemon, and that decides most of it. `systemctl restart`, a crash and an upgrade do not end them,
so only the daemon's own process is signalled (KillMode=process), with the signal that means "go, leave the sessions"
(SIGUSR1); the next daemon adopts them. `claudios agent stop` ends them; systemd then leaves the agent stopped, because
that is a clean exit. A session that runs out of memory does not take the service with it (OOMPolicy=continue).
"""

from __future__ import annotations

from pathlib import Path

from claudios.cli.service.service import Installation, Service

UNIT = "claudios-agent.service"
WATCHDOG_SECONDS = 60
WRONG_SETTINGS = 2
"""The agent's exit code for wrong settings, which no restart mends."""


def installation(service: Service) -> Installation:
    """Return the unit file and how it is started and undone."""
    if service.is_system:
        folder, control, journal = Path("/etc/systemd/system"), "systemctl", "journalctl"
    else:
        folder = service.home / ".config" / "systemd" / "user"
        control, journal = "systemctl --user", "journalctl --user"
    start = [f"{control} daemon-reload", f"{control} enable --now {UNIT}"]
    if not service.is_system:
        start.append("loginctl enable-linger    # so that it runs while you are not logged in")
    return Installation(
        path=folder / UNIT,
        content=unit(service),
        start=tuple(start),
        logs=f"{journal} -u {UNIT} -f",
        undo=(
            "claudios agent stop    # ends its sessions",
            f"{control} disable --now {UNIT}",
            f"rm {folder / UNIT} && {control} daemon-reload",
        ),
    )


def unit(service: Service) -> str:
    """Return the unit file. It holds no secret: the token stays in the settings file."""
    user = f"User={service.run_as}\n" if service.is_system and service.run_as else ""
    command = " ".join(
        _quoted(str(part)) for part in (service.python, "-m", "claudios.agent", "--config", service.config)
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
EnvironmentFile=-{_escaped(str(service.config.parent / "agent.env"))}

[Install]
WantedBy={"multi-user.target" if service.is_system else "default.target"}
"""


def _quoted(text: str) -> str:
    """Quote a word as systemd.syntax(7) does; a percent sign would be a specifier, a dollar sign a variable."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != text or not _is_plain(text) else text


def _escaped(path: str) -> str:
    return path.replace("%", "%%")


def _is_plain(text: str) -> bool:
    return all(each.isalnum() or each in "/._-:=+@" for each in text)
