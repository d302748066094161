"""Make this checkout ready: `python3 -m scripts.prepare PART...`, each part skipped when nothing changed."""

from __future__ import annotations

import fcntl
import sys
import time
from collections.abc import Callable, Mapping

from scripts.prepare import debian, page, python_packages
from scripts.prepare.step import ROOT, SetupError, say


def run_packages() -> bool:
    """Install what server and agent need, with a Claude CLI where the machine has none."""
    return python_packages.install("claude" if python_packages.needs_claude_cli() else "run")


PARTS: Mapping[str, tuple[str, Callable[[], bool]]] = {
    "run": ("Python packages", run_packages),
    "dev": ("Python packages", lambda: python_packages.install("dev")),
    "page-packages": ("packages of the page", page.install_packages),
    "page": ("page", page.build),
    "chromium": ("browser", debian.chromium),
}


def main(names: list[str]) -> int:
    """Prepare the named parts, one process at a time; return the exit code."""
    begun = time.monotonic()
    lock_file = ROOT / ".setup/lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            for name in names:
                PARTS[name][1]()
        except SetupError as error:
            say(f"error: {error}")
            say(f"remedy: {error.remedy}")
            return 1
    say(f"Ready: {', '.join(PARTS[name][0] for name in names)} ({time.monotonic() - begun:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
