"""What this machine is and how it is, as the server shows it."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from claudios.agent.config import Settings
from claudios.protocol.messages import Machine, SessionStatus, Status

ANSWER_SECONDS = 10.0

_log = logging.getLogger(__name__)


def find_claude(configured: Path | None, search_path: str | None = None) -> Path | None:
    """Return the Claude CLI: the configured one, that on PATH, or the one inside the package claude-agent-sdk.

    PATH is this process's own unless another is given.
    """
    if configured is not None:
        return configured
    on_path = shutil.which("claude", path=search_path)
    if on_path is not None:
        return Path(on_path)
    package = find_spec("claude_agent_sdk")  # found, not imported: importing it costs 60 MB
    if package is None or package.origin is None:
        return None
    bundled = Path(package.origin).parent / "_bundled" / "claude"
    return bundled if bundled.is_file() else None


async def describe(
    settings: Settings,
    claude: Path | None,
    environment: Mapping[str, str],
    answer_seconds: float = ANSWER_SECONDS,
) -> Machine:
    """Return who this machine is, having asked the CLI for its version and whether it is signed in."""
    version = signed_in = None
    if claude is not None:
        (code, output), (status, _) = await asyncio.gather(
            _ask(claude, environment, answer_seconds, "--version"),
            _ask(claude, environment, answer_seconds, "auth", "status"),
        )
        version = output.split()[0][:256] if code == 0 and output.split() else None
        # Whether a credential exists; whether it is still good only a prompt can tell.
        signed_in = None if status not in (0, 1) else status == 0
    return Machine(
        hostname=platform.node()[:256] or "unknown",
        os=f"{platform.system()} {platform.release()}"[:256],
        arch=platform.machine()[:256],
        cpus=os.cpu_count() or 1,
        memory_bytes=_total_memory_bytes(),
        claude_version=version,
        claude_signed_in=signed_in,
        demo=settings.demo,
        directories=tuple(map(str, settings.policy.directories)),
        default_directory=str(settings.policy.default_directory),
        permission_modes=settings.policy.permission_modes,
        modes=settings.policy.modes,
        max_concurrent_sessions=settings.max_concurrent_sessions,
    )


def measure(state_directory: Path, sessions: tuple[SessionStatus, ...]) -> Status:
    """Return how the machine is now. Memory in use is what programs could not get if they asked."""
    disk = shutil.disk_usage(state_directory)
    return Status(
        load=os.getloadavg()[0],
        memory_used_bytes=_used_memory_bytes(),
        disk_free_bytes=disk.free,
        disk_bytes=disk.total or None,
        agent_memory_bytes=_own_memory_bytes(),
        wall_ms=time.time_ns() // 1_000_000,
        sessions=sessions,
    )


async def _ask(
    claude: Path, environment: Mapping[str, str], answer_seconds: float, *arguments: str
) -> tuple[int | None, str]:
    """Run the CLI and return its exit code and output; no code when it cannot run or does not answer in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            claude,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as failed:
        _log.warning("The Claude CLI at %s cannot be run: %s", claude, failed.strerror)
        return None, ""
    try:
        async with asyncio.timeout(answer_seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        _log.warning("The Claude CLI did not answer `%s` in %.0f s.", " ".join(arguments), answer_seconds)
        return None, ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode(errors="replace")


def _total_memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _used_memory_bytes() -> int:
    """Read it on Linux; elsewhere the C library tells at best what is free."""
    try:
        with Path("/proc/meminfo").open("rb") as meminfo:
            for line in meminfo:
                if line.startswith(b"MemAvailable:"):
                    return max(0, _total_memory_bytes() - int(line.split()[1]) * 1024)
    except OSError:
        pass  # not Linux
    if "SC_AVPHYS_PAGES" in os.sysconf_names:
        return max(0, _total_memory_bytes() - os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return 0


def _own_memory_bytes() -> int:
    try:
        resident = Path("/proc/self/statm").read_bytes().split()[1]
    except OSError:  # not Linux: the peak is the nearest thing
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return int(resident) * os.sysconf("SC_PAGE_SIZE")
