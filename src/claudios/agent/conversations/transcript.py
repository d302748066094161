"""Claude's own file of a conversation: JSON lines, of which those that tell what was said begin an imported session.

The CLI's file is no stable contract: every value is looked at before it is used, and lines of unknown types are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claudios.protocol.errors import Conflict

_MB = 1024 * 1024
MAX_HEAD_BYTES = _MB
"""So much of a file's beginning is read for what it is about."""
MAX_LINE_BYTES = 16 * _MB
"""So much of a line is read: Claude writes none that long."""
MAX_TITLE_CHARS = 200
READ_SHARE = 8
"""So many times what may be said is read at most: bookkeeping is left out, but it holds up other starts."""
_BOOKKEEPING = frozenset(
    {"atis-latch", "cost-state", "file-history-snapshot", "last-prompt", "mode", "permission-mode", "queue-operation"}
    | {"tools-used"}
)
_REQUESTS = "api-request"
"""Begins the types of lines that hold what the CLI sent to the model, once more and as a whole."""
_SNAPSHOT = "prompt_snapshot"
_NO_WORDS_OF_A_PERSON = re.compile(r"\s*(?:<(?:command-|local-command-|bash-|task-notification)|\[Request interrupted)")


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a file tells: where Claude worked, and the summary or first words of the conversation."""

    directory: str
    title: str


def head_of(lines: Iterable[bytes]) -> Head | None:
    """Return what a file is about, reading no more lines than it takes; None for one without a conversation."""
    directory = title = summary = ""
    has_words = False
    read = 0
    for line in lines:
        read += len(line)
        message = parsed(line)
        directory = directory or _text(message.get("cwd"))
        if message.get("type") == "summary":
            summary = summary or _text(message.get("summary"))
        elif message.get("type") == "user" and message.get("isSidechain") is not True:
            has_words = True
            title = title or _first_words(message)
        if (directory and title) or read > MAX_HEAD_BYTES:
            break
    if not directory or not has_words:
        return None
    return Head(directory, _one_line(summary or title))


def said_in(lines: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield the whole lines that belong to the conversation, as they are.

    Raises Conflict beyond `most_bytes`, or READ_SHARE times that with all that is left out, and for a line that was
    cut: what follows that is not there.
    """
    left, unread = most_bytes, READ_SHARE * most_bytes
    for line in lines:
        if not line.endswith(b"\n"):
            if len(line) < MAX_LINE_BYTES:
                return  # it is being written
            raise Conflict(
                f"This conversation has a line of more than {MAX_LINE_BYTES // _MB} MB, too long to be imported. "
                "Go on with it where it was held."
            )
        unread -= len(line)
        if unread < 0:
            raise _too_much(f"The file of this conversation has more than {max(1, READ_SHARE * most_bytes // _MB)} MB")
        if _is_bookkeeping(parsed(line)):
            continue
        left -= len(line)
        if left < 0:
            raise _too_much(f"What was said in this conversation takes more than {max(1, most_bytes // _MB)} MB")
        yield line


def _too_much(what: str) -> Conflict:
    return Conflict(f"{what}, too much to be imported. Go on with it where it was held.")


def parsed(line: bytes) -> dict[str, object]:
    """Return a line's JSON object; an empty one where it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_bookkeeping(message: dict[str, object]) -> bool:
    kind = message.get("type")
    if kind == "attachment":
        attachment = message.get("attachment")
        return isinstance(attachment, dict) and attachment.get("type") == _SNAPSHOT
    return isinstance(kind, str) and (kind in _BOOKKEEPING or kind.startswith(_REQUESTS))


def _first_words(message: dict[str, object]) -> str:
    held = message.get("message")
    content = held.get("content") if isinstance(held, dict) else None
    if message.get("isMeta") is True or message.get("isCompactSummary") is True:
        return ""
    blocks = content if isinstance(content, list) else []
    texts = [_text(block.get("text")) for block in blocks if isinstance(block, dict)]
    text = content if isinstance(content, str) else " ".join(texts)
    return "" if _NO_WORDS_OF_A_PERSON.match(text) else text[: 4 * MAX_TITLE_CHARS]


def _one_line(text: str) -> str:
    """Return the beginning of a text as one line that any database takes."""
    whole = text.replace("\0", " ").encode(errors="replace").decode()
    return " ".join(whole.split())[:MAX_TITLE_CHARS]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
