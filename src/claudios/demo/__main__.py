"""Serve the scripted model: `python -m claudios.demo --port 0` prints the address it listens on, then serves."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from claudios.demo.service import Service

LARGEST_HEAD_BYTES = 1024 * 1024


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    service = Service(key=os.environ.get("CLAUDIOS_DEMO_KEY"), log=options.log, bodies=options.bodies)
    server = await asyncio.start_server(service.serve, options.host, options.port, limit=LARGEST_HEAD_BYTES)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"Scripted model (DEMO) on http://{options.host}:{port}\n")
    sys.stdout.flush()
    await stopped.wait()
    server.close()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m claudios.demo",
        description="A scripted stand-in for the Claude API. CLAUDIOS_DEMO_KEY names the one key it accepts.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8200, help="0 takes a free one")
    parser.add_argument("--log", type=Path, help="append a JSON line for each request to this file")
    parser.add_argument("--bodies", type=Path, help="keep the body of each request in this folder")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
