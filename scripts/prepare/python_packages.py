"""Fill `.venv` with the locked packages and with this checkout itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.prepare import stamp
from scripts.prepare.step import ROOT, SetupError, run, step

VENV = ROOT / ".venv"
LOCKS = ROOT / "requirements"
STAMPS = VENV / "installed"
# A lock that holds all of another one: having the larger is having the smaller.
HELD_BY = {"run": ("claude", "dev"), "claude": ("dev",), "dev": ()}
NO_NETWORK = "Check that the package index can be reached (proxy, VPN, disk space), then run the command again."


def install(lock: str) -> bool:
    """Install `requirements/LOCK.txt` and the checkout; return False when that was done before.

    All is compiled at once: where PYTHONDONTWRITEBYTECODE is set, each start of a program would do it again.
    """
    wanted = _wanted()
    if _venv_works() and any(stamp.is_current(STAMPS / name, wanted) for name in (lock, *HELD_BY[lock])):
        return False
    if not _venv_works():
        with step("Creating .venv"):
            _create_venv()
    with step(f"Installing the Python packages of requirements/{lock}.txt"):
        _install_uv()
        uv: Sequence[str | Path] = [VENV / "bin/uv", "pip", "install", "--quiet", "--python", VENV / "bin/python"]
        run([*uv, "--compile-bytecode", "--require-hashes", "--requirements", LOCKS / f"{lock}.txt"], NO_NETWORK)
        run(
            [*uv, "--no-deps", "--no-build-isolation", "--editable", ROOT],
            "Read the error above; pyproject.toml is wrong.",
        )
        run([VENV / "bin/python", "-m", "compileall", "-q", ROOT / "src"], "Read the error above.")
    stamp.write(STAMPS / lock, wanted)
    return True


def needs_claude_cli() -> bool:
    """Tell whether no Claude CLI is on PATH, so that the one of the `claude` extra is wanted."""
    return shutil.which("claude") is None


def _wanted() -> str:
    sources = [*LOCKS.glob("*.txt"), ROOT / "pyproject.toml", ROOT / "hatch_build.py"]
    return stamp.digest(sources, str(ROOT), sys.version)


def _venv_works() -> bool:
    python = VENV / "bin/python"
    return (
        python.exists() and subprocess.run([python, "-S", "-c", ""], check=False, capture_output=True).returncode == 0
    )


def _create_venv() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3 package
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            "This Python cannot create virtual environments: its venv module is missing.",
            f"On Debian or Ubuntu: apt-get install python3-venv (or python{version}-venv), then run the command again.",
        ) from None
    run([sys.executable, "-m", "venv", "--clear", VENV], "Read the error above; is the disk full or read-only?")


def _install_uv() -> None:
    lock = LOCKS / "bootstrap.txt"
    if stamp.is_current(STAMPS / "bootstrap", wanted := stamp.digest([lock])):
        return
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    pip: Sequence[str | Path] = [
        VENV / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--requirement",
        lock,
    ]
    run(pip, NO_NETWORK, environment=quiet)
    stamp.write(STAMPS / "bootstrap", wanted)
