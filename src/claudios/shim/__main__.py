"""Run one session's shim: `python -I -S …/claudios/shim/__main__.py LAUNCH_FILE`.

Descriptor 0 is a file whose lock says that this shim lives, 1 gets a newline once the socket listens, 2 is its log.
The package is found from this file's own place: without `site` no path leads to it.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Do what the launch file says until the program has ended and nobody needs this process."""
    root = __file__.rsplit("/", 3)[0]
    if root not in sys.path:
        sys.path.append(root)
    from claudios.shim.launch import Launch
    from claudios.shim.session import Session

    Session(Launch(sys.argv[1])).run()


if __name__ == "__main__":
    main()
