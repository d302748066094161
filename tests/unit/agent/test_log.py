"""Log lines for people and for programs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from claudios.agent import log
from claudios.agent.config import LogFormat


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("claudios")
    kept = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = kept[0], kept[1], kept[2]


def written(form: LogFormat, *calls: tuple[int, str]) -> list[str]:
    stream = io.StringIO()
    log.configure(form, stream)
    for level, text in calls:
        logging.getLogger("claudios.agent.test").log(level, "%s", text, extra={"session_id": "s1"})
    return stream.getvalue().splitlines()


def test_a_console_line_is_a_level_and_a_sentence() -> None:
    lines = written(
        LogFormat.CONSOLE, (logging.INFO, "Agent starting..."), (logging.WARNING, "late"), (logging.ERROR, "bad")
    )
    assert lines == ["[INFO] Agent starting...", "[WARN] late", "[ERROR] bad"]


def test_a_json_line_is_one_object_with_its_ids() -> None:
    (line,) = written(LogFormat.JSON, (logging.INFO, "two\nlines"))
    parsed = json.loads(line)
    assert parsed["message"] == "two\nlines"
    assert parsed["level"] == "info"
    assert parsed["session_id"] == "s1"
    assert isinstance(parsed["at_ms"], int)


def test_a_failure_comes_with_its_traceback_in_either_form() -> None:
    for form in LogFormat:
        stream = io.StringIO()
        log.configure(form, stream)
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("claudios.agent").exception("failed")
        assert "ZeroDivisionError" in stream.getvalue()
        assert "Traceback" in stream.getvalue()


def test_libraries_are_heard_only_when_they_warn() -> None:
    stream = io.StringIO()
    log.configure(LogFormat.CONSOLE, stream)
    logging.getLogger("httpx2").info("HTTP Request: POST https://example.com")
    logging.getLogger("websockets.client").info("connection open")
    logging.getLogger("asyncio").warning("slow")
    assert stream.getvalue() == "[WARN] slow\n"
