"""Start a shim: detached, with its lock as standard input, and known to listen before this returns."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from claudios import shim
from claudios.agent.durable import open_private
from claudios.agent.sessions.files import SessionFiles
from claudios.protocol.errors import SpawnFailed

READY_SECONDS = 10.0
_PROGRAM = str(Path(shim.__file__).with_name("__main__.py"))


async def spawn_shim(files: SessionFiles, lock: int, claim: int, environment: Mapping[str, str]) -> None:
    """Start the shim of the launch file; the descriptors `lock` and `claim` live on in it. Raises SpawnFailed."""
    ready, theirs = os.pipe()
    log = open_private(files.log, os.O_WRONLY | os.O_APPEND)
    try:
        pid = _spawn(files, environment, (lock, theirs, log, claim))
    except OSError as problem:
        os.close(ready)
        raise SpawnFailed(f"The session's shim could not be started: {problem.strerror}.") from problem
    finally:
        os.close(theirs)
        os.close(log)
    _reap_when_dead(pid)
    try:
        async with asyncio.timeout(READY_SECONDS):
            said = await _read_once(ready)
    except TimeoutError as late:
        raise SpawnFailed(f"The session's shim did not start within {READY_SECONDS:g} seconds.") from late
    finally:
        os.close(ready)
    if not said:
        raise SpawnFailed(f"The session's shim ended at once. {files.log} says why.")


def _spawn(files: SessionFiles, environment: Mapping[str, str], descriptors: tuple[int, ...]) -> int:
    # `-I -S`: neither the environment nor site-packages reach into the shim, and it starts in 20 ms.
    argv = [sys.executable, "-I", "-S", _PROGRAM, str(files.launch)]
    places = [(os.POSIX_SPAWN_DUP2, descriptor, place) for place, descriptor in enumerate(descriptors)]
    return os.posix_spawn(sys.executable, argv, environment, file_actions=places, setsid=True)


async def _read_once(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, 1)


def _reap_when_dead(pid: int) -> None:
    """Collect the exit status of a child whenever it comes, so that no zombie stays."""
    loop = asyncio.get_running_loop()
    if sys.platform == "linux":
        watched = os.pidfd_open(pid)

        def reap() -> None:
            loop.remove_reader(watched)
            os.close(watched)
            os.waitpid(pid, 0)

        loop.add_reader(watched, reap)
    else:
        loop.run_in_executor(None, os.waitpid, pid, 0)
