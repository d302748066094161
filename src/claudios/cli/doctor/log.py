"""The last errors an agent wrote: in the log of `claudios up`, or in the journal of its service."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import deque
from pathlib import Path

from claudios.cli.doctor.finding import Finding, ok, skip, warn
from claudios.cli.text import one_line

LINES = 400
STARTED = "Agent starting"
SHOWN = 3
_TROUBLE = re.compile(r'^\[(WARN|ERROR)\]|^\{.*"level": ?"(warn|error)"')
"""The two forms of a line that the agent's log has (`claudios.agent.log`), where it tells of trouble."""

UNIT = "claudios-agent.service"


def check_log(log: Path | None) -> Finding:
    """Show the newest warnings and errors since its start, of a file or else of the journal, if there is one."""
    lines = _last_lines(log) if log is not None and log.exists() else _journal()
    if lines is None:
        return skip("agent log", "no log was found: the agent writes to where it was started")
    begun = max((n for n, line in enumerate(lines) if STARTED in line), default=0)
    lines = lines[begun:]
    troubles = [one_line(each)[:300] for each in lines if _TROUBLE.search(each)]
    if not troubles:
        return ok("agent log", "no warning or error since it started")
    told = "; ".join(troubles[-SHOWN:])
    return warn(
        "agent log", f"last warnings and errors: {told}", "Each line names its remedy; old ones may be settled."
    )


def _last_lines(path: Path) -> list[str]:
    with path.open(errors="replace") as file:
        return list(deque(file, maxlen=LINES))


def _journal() -> list[str] | None:
    journalctl = shutil.which("journalctl")
    if journalctl is None:
        return None
    for scope in ("--user", "--system"):
        asked = subprocess.run(
            [journalctl, scope, "--unit", UNIT, "--lines", str(LINES), "--output", "cat", "--quiet", "--no-pager"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.splitlines()
    return None
