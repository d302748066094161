"""What an agent may be asked about its machine, and what it answers: no log keeps either (rules L-18 to L-20).

Each kind has a name, the model of its question and that of its answer. A question changes nothing that asking again
would not change in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from claudios.protocol.fields import BigCount, BigPositive, Blob, Count, Hex32, Model, Short, Text

Q = TypeVar("Q", bound=Model)
A = TypeVar("A", bound=Model)

MAX_CHUNK_BYTES = 256 * 1024
"""Of a file, in one question or answer."""
MAX_ANSWER_BYTES = 1024 * 1024
"""Of the JSON text of an answer, so that several fit into a message of the link."""
MAX_ENTRIES = 500
"""Of a directory, in one answer."""
MAX_UPLOAD_BYTES = 256 * 1024 * 1024


def _fitting(content: bytes) -> bytes:
    if len(content) > MAX_CHUNK_BYTES:
        raise ValueError(f"must have at most {MAX_CHUNK_BYTES:,} bytes")
    return content


Chunk = Annotated[Blob, AfterValidator(_fitting)]
"""A piece of a file."""


class Ask(Model):
    """A question about the machine. `body` is the JSON text of the kind's question, signed as it stands (rule S-8).

    `n` counts these messages of a registration upwards, with leaps.
    """

    type: Literal["ask"] = "ask"
    id: Short
    n: BigPositive
    kind: Short
    body: str
    signature: Hex32


class Answer(Model):
    """The answer to the Ask of that id: the JSON text of the kind's answer, or an error's code and message."""

    type: Literal["answer"] = "answer"
    id: Short
    body: str | None = None
    code: Short | None = None
    message: Text | None = None


@dataclass(frozen=True, slots=True)
class Kind(Generic[Q, A]):
    """One kind of question: its name in `hello`, and the models of what is asked and answered."""

    name: str
    question: type[Q]
    answer: type[A]


class EntryKind(StrEnum):
    """What stands in a directory; `other` is what cannot be opened: a device, a pipe, a link that leads nowhere."""

    FILE = "file"
    DIRECTORY = "directory"
    OTHER = "other"


class DirectoryEntry(Model):
    """One entry of a directory. `kind` of a link is that of what it leads to, as far as the policy lets it be seen."""

    name: Short
    kind: EntryKind
    is_link: StrictBool = False
    size: BigCount
    modified_ms: StrictInt


class ListDirectory(Model):
    """What is in a directory? Without a path: in the machine's default one. `skip` goes on after so many entries."""

    path: Text | None = None
    skip: Count = 0


class Directory(Model):
    """Directories first, then by name. `path` is absolute and without links; after these entries there may be `more`.

    `is_cut` says that the directory has too many entries for all of them to be looked at.
    """

    path: Text
    entries: Annotated[tuple[DirectoryEntry, ...], Field(max_length=MAX_ENTRIES)]
    more: StrictBool
    is_cut: StrictBool = False


class ReadFile(Model):
    """What is in a file, from `offset` on? With `version`, only while it is still the same file."""

    path: Text
    offset: BigCount = 0
    length: Annotated[StrictInt, Field(ge=0, le=MAX_CHUNK_BYTES)] = MAX_CHUNK_BYTES
    version: Short | None = None


class FileChunk(Model):
    """A piece of a file. `is_text` is judged by the file's beginning; `version` names the file, not what is in it."""

    path: Text
    offset: BigCount
    size: BigCount
    modified_ms: StrictInt
    is_text: StrictBool
    version: Short
    content: Chunk


UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class WriteFile(Model):
    """Write a piece of an upload, which with `is_last` becomes the file `path`; it replaces one only if `overwrite`."""

    path: Text
    upload: UploadId
    offset: BigCount
    content: Chunk
    is_last: StrictBool = False
    overwrite: StrictBool = False


class Written(Model):
    """How much of an upload is on the machine's disk; `is_done` says that it is the file now."""

    path: Text
    size: BigCount
    is_done: StrictBool


LIST_DIRECTORY = Kind("list_directory", ListDirectory, Directory)
READ_FILE = Kind("read_file", ReadFile, FileChunk)
WRITE_FILE = Kind("write_file", WriteFile, Written)
