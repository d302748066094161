"""Who uses a server's state directory: servers share it, what replaces its files wants it alone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from claudios.protocol.errors import AlreadyRunning, SettingInvalid

UNFINISHED = "restore-unfinished"
"""Stands in a state directory while its files are being replaced: what is there is then neither the old nor the new."""


class StateLock:
    """Holds `directory`/lock until `release`, or until the process ends however it ends."""

    def __init__(self, directory: Path, *, alone: bool) -> None:
        """Take the lock.

        Raises AlreadyRunning when the other kind of use is under way, SettingInvalid for files half replaced.
        """
        if not alone and (directory / UNFINISHED).exists():
            raise SettingInvalid(
                f"A back-up was not put back whole into {directory}. Run `claudios server restore FILE --force` again; "
                "what was there before is in the directories replaced-*."
            )
        self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as held:
            os.close(self._file)
            raise AlreadyRunning(
                f"A server runs on {directory}. Stop it first."
                if alone
                else f"{directory} is being restored from a back-up. Start the server when that is done."
            ) from held

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)
