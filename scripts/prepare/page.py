"""Build the web page into the server package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.prepare import stamp
from scripts.prepare.step import ROOT, SetupError, run, step

SOURCES = ROOT / "web"
PAGE = ROOT / "src/claudios/server/web/page"
PAGE_STAMP = ROOT / ".setup/page"
PACKAGES_STAMP = SOURCES / "node_modules/.installed"
NOT_SOURCES = {"node_modules", "dist", "coverage"}
LEAST_NODE = (20, 19)


def build() -> bool:
    """Build the page; return False when the one there was built from these very sources."""
    wanted = stamp.digest(_source_files())
    if (PAGE / "index.html").is_file() and stamp.is_current(PAGE_STAMP, wanted):
        return False
    _check_node()
    install_packages()
    with step("Building the page"):
        run(["npm", "run", "--silent", "build"], "Read the error above.", cwd=SOURCES)
    if not (PAGE / "index.html").is_file():
        raise SetupError(
            f"The build left no page in {PAGE.relative_to(ROOT)}.",
            "Set outDir in web/vite.config.ts.",
        )
    stamp.write(PAGE_STAMP, wanted)
    return True


def install_packages() -> bool:
    """Install the packages of web/package-lock.json; return False when that was done before."""
    wanted = stamp.digest([SOURCES / "package-lock.json"])
    if stamp.is_current(PACKAGES_STAMP, wanted):
        return False
    _check_node()
    with step("Installing the packages of the page"):
        run(
            ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"],
            "Check that the npm registry can be reached; npm 11 or newer helps (npm install --global npm@11).",
            cwd=SOURCES,
        )
    stamp.write(PACKAGES_STAMP, wanted)
    return True


def _source_files() -> Iterator[Path]:
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        yield from (Path(folder, name) for name in names)


def _check_node() -> None:
    least = ".".join(map(str, LEAST_NODE))
    remedy = f"Install Node.js {least} or newer with npm (your system's packages, or nodejs.org)."
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SetupError("Building the page needs Node.js and npm, and they are not on PATH.", remedy)
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", answer)
    if found is None or (int(found[1]), int(found[2])) < LEAST_NODE:
        raise SetupError(f"Building the page needs Node.js {least} or newer; this is {answer or 'unknown'}.", remedy)
