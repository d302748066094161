"""Where on this machine a path leads, and how it is opened: by descriptors from the root on, never through a link.

A path is resolved by its names first, links and all, and the policy judges where that leads. It is then opened
component by component, each without following a link. Whoever puts a link into its way meanwhile makes it fail: what
was judged is what is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from claudios.agent.config import Settings, state_home
from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudiosError, Conflict, Forbidden, InputInvalid, NotFound, PolicyForbids

_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""To pass through a directory needs no right to list it."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_OF_THE_KERNEL = (Path("/proc"), Path("/sys"))
_MOVED = {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Places:
    """Finds and opens what the policy allows, and nothing of the agent's own."""

    def __init__(self, policy: Policy, own: Sequence[Path]) -> None:
        """`own` are resolved paths of files and directories that nobody is shown: the agent's keys and its record."""
        self._policy = policy
        self._own = tuple(own)
        devices = {path.stat().st_dev for path in _OF_THE_KERNEL if path.is_dir()}
        self._kernel_devices = devices - {Path("/").stat().st_dev}

    def locate(self, asked: str | None) -> Path:
        """Return where a path leads, absolute and without links. Raises PolicyForbids, InputInvalid."""
        path = self._policy.permit_path(asked)
        if not self._policy.is_in_worktree(path) and any(path.is_relative_to(own) for own in self._own):
            raise PolicyForbids("The agent shows nothing of its own files: they hold its keys. Choose another path.")
        return path

    @contextmanager
    def opened(self, directory: Path) -> Iterator[int]:
        """Open a located directory, to be passed through. Raises NotFound, Forbidden, Conflict."""
        with explained(directory):
            descriptor = os.open(directory.anchor, _STEP)
        try:
            for name in directory.parts[1:]:
                with explained(directory):
                    following = os.open(name, _STEP, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = following
            self._require_real(descriptor, directory)
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def opened_file(self, path: Path) -> Iterator[int]:
        """Open a located file for reading; what is no file is not opened. Raises NotFound, Forbidden, Conflict."""
        with self.opened(path.parent) as directory:
            with explained(path):
                require_file(os.stat(path.name or ".", dir_fd=directory, follow_symlinks=False), path)
                descriptor = os.open(path.name, _READ, dir_fd=directory)
            try:
                require_file(os.fstat(descriptor), path)
                self._require_real(descriptor, path)
                yield descriptor
            finally:
                os.close(descriptor)

    def _require_real(self, descriptor: int, path: Path) -> None:
        """Raise PolicyForbids for what the kernel makes up: it tells of processes, and of this one's environment."""
        if os.fstat(descriptor).st_dev in self._kernel_devices:
            raise PolicyForbids(f"{path} is made up by the machine's kernel. Only files on a disk can be seen.")


def own_paths(settings: Settings) -> tuple[Path, ...]:
    """Return the paths that hold an agent's token, keys and record."""
    held = [state_home(os.environ), settings.state_directory]
    if settings.config_file is not None:
        held.append(settings.config_file)  # which may be named as it is from the working directory
    source = Path(settings.sources.get("agentToken", ""))
    if source.is_absolute():  # else it is a variable, or the settings once more
        held.append(source)
    return tuple(path.resolve() for path in held)


def require_file(info: os.stat_result, path: Path) -> None:
    """Raise Conflict unless it is a plain file: to open a device does something, to open a pipe waits."""
    if stat.S_ISREG(info.st_mode):
        return
    if stat.S_ISLNK(info.st_mode):
        raise Conflict(_moved(path))
    what = "a directory" if stat.S_ISDIR(info.st_mode) else "a device, a pipe or a socket"
    raise Conflict(f"{path} is {what} and no file. Choose a file.")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says into an error with a remedy."""
    try:
        yield
    except ClaudiosError:
        raise
    except FileNotFoundError as missing:
        raise NotFound(f"There is no {path} on this machine. List the directory above it.") from missing
    except PermissionError as refused:
        raise Forbidden(f"The user whom the agent runs as has no right to {path}. Change it there.") from refused
    except OSError as failed:
        if failed.errno in _MOVED:
            raise Conflict(_moved(path)) from failed
        if failed.errno in _FULL:
            raise Conflict("The machine's disk is full. Free some space there.") from failed
        if failed.errno == errno.ENAMETOOLONG:
            raise InputInvalid("A name in the path is too long. Choose a shorter one.") from failed
        raise Conflict(f"{path} cannot be used: {failed.strerror}. Look at it on the machine.") from failed


def _moved(path: Path) -> str:
    return f"{path} is no such directory or file, or was replaced while it was looked at. Look again."
