"""What the doctor reads in an agent's log, as the agent itself writes it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from claudios.agent.log import ConsoleFormatter, JsonFormatter
from claudios.cli.doctor.finding import Verdict
from claudios.cli.doctor.log import check_log

FORMATTERS = (ConsoleFormatter(), JsonFormatter())


def write_log(tmp_path: Path, form: logging.Formatter, *told: tuple[int, str]) -> Path:
    log = tmp_path / "agent.log"
    records = (logging.LogRecord("claudios", level, "", 0, text, None, None) for level, text in told)
    log.write_text("".join(f"{form.format(each)}\n" for each in records))
    return log


@pytest.mark.parametrize("form", FORMATTERS)
@pytest.mark.parametrize("level", [logging.WARNING, logging.ERROR, logging.CRITICAL])
def test_trouble_of_every_level_is_shown_in_both_forms_of_the_log(
    tmp_path: Path, form: logging.Formatter, level: int
) -> None:
    found = check_log(write_log(tmp_path, form, (logging.INFO, "Agent starting..."), (level, "the disk is full")))
    assert found.verdict is Verdict.WARN
    assert "the disk is full" in found.text


@pytest.mark.parametrize("form", FORMATTERS)
def test_what_is_no_trouble_is_not_shown_whatever_it_speaks_of(tmp_path: Path, form: logging.Formatter) -> None:
    said = 'Session started: [ERROR] and "level": "error" stand in its title'
    assert check_log(write_log(tmp_path, form, (logging.INFO, said))).verdict is Verdict.OK


@pytest.mark.parametrize("form", FORMATTERS)
def test_only_what_went_wrong_since_the_last_start_is_shown(tmp_path: Path, form: logging.Formatter) -> None:
    before = (logging.ERROR, "old trouble"), (logging.INFO, "Agent starting..."), (logging.INFO, "fine")
    assert check_log(write_log(tmp_path, form, *before)).verdict is Verdict.OK
    found = check_log(write_log(tmp_path, form, *before, (logging.ERROR, "new trouble")))
    assert "new trouble" in found.text
    assert "old trouble" not in found.text
