"""The launchd property list. AbandonProcessGroup is what lets sessions outlive the daemon.

launchd reads no file of variables, starts again what ended with any code but 0, and stops a service with SIGTERM, which
would end the agent's sessions. So a shell stands between, which does what the systemd unit says: it reads `agent.env`,
passes SIGTERM on as SIGUSR1 ("go, leave the sessions"), and ends with 0 after wrong settings, which no restart mends.
"""

from __future__ import annotations

import plistlib
from pathlib import Path
from xml.parsers.expat import ExpatError

from claudios.cli.service import environment_file
from claudios.cli.service.service import MODULE, WRONG_SETTINGS, Environment, Installation, Service

LABEL = "org.claudios.agent"
STOPS_SECONDS = 60

SCRIPT = f"""\
environment=$1
shift
if [ -r "$environment" ]; then
    {environment_file.SHELL_READER.replace(chr(10), chr(10) + "    ")} < "$environment"
fi
agent= leaving=
trap 'leaving=yes; [ -z "$agent" ] || kill -USR1 "$agent"' TERM
"$@" &
agent=$!
[ -z "$leaving" ] || kill -USR1 "$agent"
wait "$agent"
code=$?
while kill -0 "$agent" 2> /dev/null; do  # a signal, and not its end, was what ended the waiting
    wait "$agent"
    code=$?
done
wait "$agent"  # it may have ended between the signal and the question
last=$?
[ "$last" -eq 127 ] || code=$last
[ "$code" -ne {WRONG_SETTINGS} ] || exit 0
exit "$code"
"""
"""Its arguments are the file of variables, and the command that runs the agent."""


def installation(service: Service) -> Installation:
    """Return the property list and how it is started and undone."""
    file = path(service.home, is_system=service.is_system)
    domain, control = ("system", "sudo launchctl") if service.is_system else ("gui/$(id -u)", "launchctl")
    return Installation(
        path=file,
        content=property_list(service),
        start=(f"{control} bootstrap {domain} {file}",),
        logs=f"tail -f {_log(service)}",
        undo=(
            "claudios agent stop    # ends its sessions",
            f"{control} bootout {domain}/{LABEL}",
            f"rm {file}",
        ),
    )


def property_list(service: Service) -> str:
    """Return the property list. It holds no secret: the token stays in the settings file."""
    daemon = [str(service.python), *MODULE, "--config", str(service.config)]
    variables = str(environment_file.beside(service.config))
    settings: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": ["/bin/sh", "-c", SCRIPT, "claudios-agent", variables, *daemon],
        "EnvironmentVariables": {"PATH": service.search_path},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 5,
        "ExitTimeOut": STOPS_SECONDS,
        "AbandonProcessGroup": True,
        "Umask": 0o077,
        "StandardOutPath": str(_log(service)),
        "StandardErrorPath": str(_log(service)),
    }
    if service.is_system and service.run_as:
        settings["UserName"] = service.run_as
    return plistlib.dumps(settings).decode()


def environment(content: str) -> Environment:
    """Return what a property list of ours gives the agent. Raises ValueError when it is none."""
    try:
        settings = plistlib.loads(content.encode(), fmt=plistlib.FMT_XML)
        _, _, script, _, variables, *_ = settings["ProgramArguments"]
        search_path = settings["EnvironmentVariables"]["PATH"]
    except (KeyError, TypeError, ExpatError) as other:
        raise ValueError("not ours") from other
    if script != SCRIPT:
        raise ValueError("not ours")
    return Environment(Path(variables), search_path, settings.get("UserName"))


def path(home: Path, *, is_system: bool) -> Path:
    """Return where the property list lies."""
    folder = Path("/Library/LaunchDaemons") if is_system else home / "Library" / "LaunchAgents"
    return folder / f"{LABEL}.plist"


def _log(service: Service) -> Path:
    return Path("/Library/Logs" if service.is_system else service.home / "Library" / "Logs", "claudios-agent.log")
