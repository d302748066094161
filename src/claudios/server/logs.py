"""The server's log lines: `[INFO] text key=value` for people, JSON for machines; always on standard error."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

from claudios.server.config import LogFormat


def configure(style: LogFormat) -> None:
    """Send all log lines, also those of libraries, through one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[structlog.typing.Processor]
    if style is LogFormat.JSON:
        final = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    else:
        final = [structlog.processors.format_exc_info, _line]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every plugin it loads
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it tells of every address, and some of those are secret
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Render one line for people: level, text, then what belongs to it; a traceback below."""
    level, text, trace = str(event.pop("level", "info")), str(event.pop("event", "")), event.pop("exception", None)
    event.pop("timestamp", None)
    rest = "".join(f" {key}={value}" for key, value in event.items())
    shown = text.replace("_", " ").capitalize() if text.isidentifier() else text
    return f"[{level.upper()}] {shown}{rest}" + (f"\n{trace}" if trace else "")
