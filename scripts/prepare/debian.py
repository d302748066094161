"""Install Debian packages that only the tests need: a browser and a database server."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts.prepare.step import SetupError, run, step

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """Return the path of the browser that the tests drive, or None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def chromium() -> bool:
    """Install Chromium for the browser tests; return False when a browser is there."""
    if browser() is not None:
        return False
    install("chromium", "Chromium")
    return True


def install(package: str, what: str) -> None:
    """Install a package with apt-get, as root or by sudo; raise SetupError where there is neither."""
    remedy = f"Install {what} by hand, then run the command again."
    apt = shutil.which("apt-get")
    if apt is None:
        raise SetupError(f"The tests need {what}, and this machine has no apt-get.", remedy)
    prefix: list[str] = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and shutil.which("sudo") is None:
        raise SetupError(f"The tests need {what}; installing it takes root.", f"As root: apt-get install {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing {what} (Debian's package {package})"):
        run([*prefix, apt, "update", "--quiet"], remedy, cwd=Path("/"), environment=environment)
        options = ["install", "--yes", "--quiet", "--no-install-recommends"]
        run([*prefix, apt, *options, package], remedy, cwd=Path("/"), environment=environment)
