"""Programs that a test writes and runs at once."""

from __future__ import annotations

import subprocess
from pathlib import Path


def write_program(path: Path, text: str) -> Path:
    """Write an executable file, and return its path.

    A child writes it: a descriptor of this process that is open for writing would be inherited by what another thread
    forks meanwhile, and until that has called exec, Linux refuses to run the file ("text file busy"). It replaces the
    one that was there, which may just be run, and is not written to then.
    """
    fresh = path.with_name(f"{path.name}.new")
    subprocess.run(["/bin/sh", "-c", 'printf %s "$2" > "$1"', "sh", str(fresh), text], check=True, timeout=60)
    fresh.chmod(0o755)
    return fresh.replace(path)
