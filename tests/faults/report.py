"""The pytest side of the report: options, the marker `fault`, the fixture `case`, and a JSON line for each test."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.case import GROWTH, Case
from tests.faults.memory import forget_peak, rss_bytes
from tests.faults.rows import ROWS, Row

BASE_SECONDS = 120
REPETITION_SECONDS = 60

_PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--repetitions", type=int, help="how often each fault test repeats its fault (its own few times)")
    group.addoption("--rows", help="only the fault tests of these rows, with commas")
    group.addoption("--soak-seconds", type=float, default=20.0, help="how long the soak breaks things (20)")
    group.addoption("--faults-results", type=Path, help="append a JSON line about each fault test to this file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(row, usually=1): a case of the fault suite, and its usual repetitions")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give fault tests time for their repetitions, and keep only the chosen rows."""
    chosen = config.getoption("--rows")
    kept = []
    for item in items:
        mark = item.get_closest_marker("fault")
        if mark is not None:
            seconds = BASE_SECONDS + REPETITION_SECONDS * _repetitions(config, mark)
            if mark.args[0] == "SOAK":
                seconds += 4 * config.getoption("--soak-seconds")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(seconds))
        if chosen is None or (mark is not None and mark.args[0] in chosen.split(",")):
            kept.append(item)
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    outcome = yield
    if outcome.when == "call":
        item.stash[_PASSED] = outcome.passed
    return outcome


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """The row, seed and repetitions of this test; what it records goes into the report."""
    mark = request.node.get_closest_marker("fault")
    assert mark is not None, "a test with the fixture `case` names its row: @pytest.mark.fault('A2')"
    yield from _recorded(request, mark)


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Count in the report also a test that names its row and has nothing to record."""
    mark = request.node.get_closest_marker("fault")
    if mark is None or "case" in request.fixturenames:
        yield
    else:
        for _ in _recorded(request, mark):
            yield


def _recorded(request: pytest.FixtureRequest, mark: pytest.Mark) -> Iterator[Case]:
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbits(32))
    print(f"FAULTS_SEED={seed}")
    takes_its_time = request.config.getoption("--faults-results") is not None
    made = Case(_row(mark), _repetitions(request.config, mark), seed, takes_its_time=takes_its_time)
    before = forget_peak(os.getpid())
    yield made
    if not made.peaks:  # what it tested ran in this process
        made.lived(GROWTH, rss_bytes(os.getpid()) - before)
    _write(request, made)
    assert made.is_within_bounds, f"more memory than {made.bounds}: {made.peaks}"


def _write(request: pytest.FixtureRequest, made: Case) -> None:
    results = request.config.getoption("--faults-results")
    if results is not None:
        passed = request.node.stash.get(_PASSED, False) and made.is_within_bounds
        with results.open("ab", buffering=0) as file:  # one write of one line: workers do not mix theirs
            file.write(json.dumps(_line(made, request.node.nodeid, passed=passed)).encode() + b"\n")


def _line(case: Case, test: str, *, passed: bool) -> dict[str, object]:
    verdict = case.verdict
    return {
        "row": case.row.id,
        "test": test,
        "passed": passed,
        "repetitions": case.done or 1,
        "lost": verdict.lost if verdict else None,
        "doubled": verdict.doubled if verdict else None,
        "reordered": verdict.reordered if verdict else None,
        "changed": verdict.changed if verdict else None,
        "recovery_seconds": case.worst_recovery_seconds,
        "seed": case.seed if case.has_dice else None,
        "peaks": case.peaks,
        "bounds": case.bounds,
    }


def _row(mark: pytest.Mark) -> Row:
    return ROWS[mark.args[0]]


def _repetitions(config: pytest.Config, mark: pytest.Mark) -> int:
    usually: int = mark.kwargs.get("usually", 1)
    asked: int | None = config.getoption("--repetitions")
    return usually if asked is None else max(asked, 1)
