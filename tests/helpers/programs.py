"""Programs that a test writes and runs at once."""

from __future__ import annotations

import subprocess
from pathlib import Path


def write_program(path: Path, text: str) -> Path:
    """Write an executable file, and return its path.

    A child writes it: a descriptor of this process that is open for writing would be inherited by what another thread
    forks meanwhile, and until that has called exec, Linux refuses to run the file ("text file busy").
    """
    subprocess.run(["/bin/sh", "-c", 'printf %s "$2" > "$1"', "sh", str(path), text], check=True, timeout=60)
    path.chmod(0o755)
    return path
