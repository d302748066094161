"""The conversations on this machine's disk: found by Claude's own files, told of as far as the policy allows.

Only plain files are opened, and no link in the place of one or of its directory is followed: what is told of stands in
Claude's own folder. Where Claude worked is what the file says.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path

from claudios.agent.asked import Answering, answering
from claudios.agent.conversations.transcript import MAX_LINE_BYTES, Head, head_of, said_in
from claudios.agent.policy import Policy
from claudios.agent.sessions.claim import claim_path, running_sessions
from claudios.agent.sessions.launcher import configuration
from claudios.protocol.conversations import (
    FIND_CONVERSATION,
    LIST_CONVERSATIONS,
    MAX_CONVERSATIONS,
    Conversation,
    Conversations,
    FindConversation,
    ListConversations,
)
from claudios.protocol.errors import ClaudiosError, NotFound
from claudios.protocol.ids import is_uuid

MAX_LOOKED_AT = 2000
"""Files, the newest first: so many beginnings are read in a second or two."""
GONE = "This conversation is not on the machine, or not in a directory that its agent may work in. List them again."


@dataclass(frozen=True, slots=True)
class _File:
    id: str
    path: Path
    modified_ms: int
    size: int


class Kept:
    """Lists, finds and reads conversations; those of sessions that an agent of this user has here are left out."""

    def __init__(self, environment: Mapping[str, str], policy: Policy) -> None:
        self._environment = environment
        self._policy = policy

    @property
    def answering(self) -> Answering:
        """What answers questions about conversations."""
        return dict([answering(LIST_CONVERSATIONS, self.listed), answering(FIND_CONVERSATION, self.found)])

    def listed(self, asked: ListConversations) -> Conversations:
        """Return a part of the list, newest first."""
        files = sorted(self._files("*"), key=lambda file: (file.modified_ms, file.id), reverse=True)
        told = self._told(files[:MAX_LOOKED_AT])
        page = list(islice(told, asked.skip, asked.skip + MAX_CONVERSATIONS + 1))
        return Conversations(
            conversations=tuple(page[:MAX_CONVERSATIONS]),
            more=len(page) > MAX_CONVERSATIONS,
            is_cut=len(files) > MAX_LOOKED_AT,
        )

    def found(self, asked: FindConversation) -> Conversation:
        """Return one conversation. Raises NotFound, also where the policy does not allow to see it."""
        for conversation in self._told(self._files_of(asked.id)):
            return conversation
        raise NotFound(GONE)

    def lines(self, conversation_id: str, most_bytes: int) -> Iterator[bytes]:
        """Yield the lines of what was said, up to now. Raises NotFound; Conflict where they are too many."""
        for file in self._files_of(conversation_id):
            with suppress(OSError), _opened(file.path) as opened:
                if self._judged(file, opened) is not None:  # what is read is what was judged
                    opened.seek(0)
                    yield from said_in(_lines(opened, os.fstat(opened.fileno()).st_size), most_bytes)
                    return
        raise NotFound(GONE)

    def _files_of(self, conversation_id: str) -> list[_File]:
        """Return the files of that name, the one that was written last first."""
        return sorted(self._files(conversation_id), key=lambda file: file.modified_ms, reverse=True)

    def _files(self, name: str) -> Iterator[_File]:
        for path in configuration(self._environment).glob(f"projects/*/{name}.jsonl"):
            with suppress(OSError):
                info = path.lstat()
                if is_uuid(path.stem) and stat.S_ISREG(info.st_mode) and info.st_size:
                    yield _File(path.stem, path, max(0, info.st_mtime_ns // 1_000_000), info.st_size)

    def _told(self, files: list[_File]) -> Iterator[Conversation]:
        running = running_sessions(self._environment)
        for file in files:
            head = None
            with suppress(OSError), _opened(file.path) as opened:
                head = self._judged(file, opened)
            if head is not None:
                yield Conversation(
                    id=file.id,
                    directory=head.directory,
                    title=head.title,
                    modified_ms=file.modified_ms,
                    size=file.size,
                    is_running=file.id in running,
                )

    def _judged(self, file: _File, opened: BufferedReader) -> Head | None:
        """Return what an open file is about; None where there is nothing of it to be told."""
        if claim_path(self._environment, file.id).exists():
            return None
        head = head_of(_lines(opened, file.size))
        return head if head is not None and self._allows(head.directory) else None

    def _allows(self, directory: str) -> bool:
        """Say whether a session may go on there: the directory is there still, and the policy allows it."""
        if not directory.startswith("/") or len(directory) > 4096:
            return False
        try:
            directory.encode()
            return self._policy.permit_directory(directory).is_dir()
        except (ClaudiosError, OSError, ValueError):  # not allowed, or no name that a directory can have
            return False


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """Open a plain file of a plain directory. Raises OSError, FileNotFoundError where it is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    within = os.open(path.parent, flags | os.O_DIRECTORY)
    try:
        descriptor = os.open(path.name, flags | os.O_NONBLOCK, dir_fd=within)
    finally:
        os.close(within)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(path)
        yield file


def _lines(file: BufferedReader, size: int) -> Iterator[bytes]:
    """Yield the lines of the first `size` bytes; one longer than any of Claude's ends them, and is cut."""
    while size > 0:
        line = file.readline(min(size, MAX_LINE_BYTES))
        if not line:
            return
        size -= len(line)
        yield line
        if not line.endswith(b"\n"):
            return
