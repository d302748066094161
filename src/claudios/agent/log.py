"""Log lines as people and programs read them: `[INFO] …` on a console, or one JSON object a line.

The standard library's logging, because structlog would cost this process 9 MB. A line tells of a transition; it never
holds a token, a key or the text of a prompt.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

from claudios.agent.config import LogFormat

_LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}
_FIELDS = ("instruction_id", "session_id", "code")


class ConsoleFormatter(logging.Formatter):
    """`[INFO] Session started: ID`, with a traceback after it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"[{_LEVELS.get(record.levelname, record.levelname)}] {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One object a line: `at_ms`, `level`, `message`, and the ids that were passed with `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, str | int] = {
            "at_ms": int(record.created * 1000),
            "level": _LEVELS.get(record.levelname, record.levelname).lower(),
            "message": record.getMessage(),
        }
        for name in _FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(log_format: LogFormat, stream: TextIO = sys.stdout) -> None:
    """Send what the agent logs to `stream`; of the libraries only warnings and worse."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if log_format is LogFormat.JSON else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("claudios").setLevel(logging.INFO)
    # asyncio and websockets tell in INFO lines what the agent says itself, in its own words.
    logging.getLogger("websockets").setLevel(logging.ERROR)
