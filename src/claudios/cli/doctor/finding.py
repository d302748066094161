"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Fine; worth knowing; or broken. `SKIP` is what could not be checked because of an earlier failure."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its stable name, what was found, and the remedy where one is needed."""

    check: str
    verdict: Verdict
    text: str
    remedy: str | None = None


def ok(check: str, text: str) -> Finding:
    return Finding(check, Verdict.OK, text)


def warn(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, Verdict.WARN, text, remedy)


def fail(check: str, text: str, remedy: str | None = None) -> Finding:
    return Finding(check, Verdict.FAIL, text, remedy)


def skip(check: str, text: str) -> Finding:
    return Finding(check, Verdict.SKIP, text)
