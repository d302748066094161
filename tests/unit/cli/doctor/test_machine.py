"""What the doctor says of the machine, for every verdict it may come to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claudios.cli.doctor import machine
from claudios.cli.doctor.finding import Verdict
from claudios.cli.doctor.machine import Process, Use, check_disk, check_limits, check_memory, check_processor

MB = 1000**2
CALM = (Process("claude", 7, 12.4), Process("postgres", 8, 0.5))


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(199 * MB, Verdict.FAIL), (200 * MB, Verdict.WARN), (1999 * MB, Verdict.WARN), (2000 * MB, Verdict.OK)],
)
def test_a_disk_is_judged_by_what_is_free(tmp_path: Path, free: int, verdict: Verdict) -> None:
    found = machine.disk(free, tmp_path)
    assert (found.check, found.verdict) == ("disk", verdict)
    assert str(tmp_path) in found.text
    assert (found.remedy is None) == (verdict is Verdict.OK)


@pytest.mark.parametrize(
    ("available", "verdict"),
    [(199 * MB, Verdict.FAIL), (200 * MB, Verdict.WARN), (599 * MB, Verdict.WARN), (600 * MB, Verdict.OK)],
)
def test_memory_is_judged_by_what_programs_can_still_get(available: int, verdict: Verdict) -> None:
    found = machine.memory(available)
    assert (found.check, found.verdict) == ("memory", verdict)
    assert ("maxConcurrentSessions" in (found.remedy or "")) == (verdict is not Verdict.OK)


@pytest.mark.parametrize(("files", "verdict"), [(0, Verdict.WARN), (1023, Verdict.WARN), (1024, Verdict.OK)])
def test_a_low_limit_of_open_files_is_told_with_how_to_raise_it(files: int, verdict: Verdict) -> None:
    found = machine.limits(files)
    assert (found.check, found.verdict) == ("limits", verdict)
    assert f"{files} " in found.text
    assert ("ulimit -n" in (found.remedy or "")) == (verdict is Verdict.WARN)


def test_no_limit_of_open_files_is_fine() -> None:
    assert machine.limits(-1).verdict is Verdict.OK


def test_a_busy_machine_names_the_three_busiest_processes() -> None:
    processes = (*CALM, Process("make", 9, 88.0), Process("cc1", 10, 71.0), Process("idle", 11, 0.9))
    (found,) = machine.processor(Use(93.0, 4.2, processes), None)
    assert found.verdict is Verdict.WARN
    assert found.text.endswith("busiest: make (9) 88 %, cc1 (10) 71 %, claude (7) 12 %")
    assert found.remedy is not None


def test_of_a_busy_machine_only_processes_that_do_something_are_named() -> None:
    (found,) = machine.processor(Use(90.0, 2.0, CALM), None)
    assert found.text.endswith("busiest: claude (7) 12 %")


def test_a_machine_that_is_not_busy_names_none() -> None:
    (found,) = machine.processor(Use(89.9, 2.0, CALM), None)
    assert found.verdict is Verdict.OK
    assert "claude" not in found.text


@pytest.mark.parametrize(("percent", "verdict"), [(39.9, Verdict.OK), (40.0, Verdict.WARN), (100.0, Verdict.WARN)])
def test_an_agent_that_works_hard_is_told_although_the_machine_is_not_busy(percent: float, verdict: Verdict) -> None:
    processes = (*CALM, Process("python", 9, percent))
    cpu, agent = machine.processor(Use(50.0, 1.0, processes), 9)
    assert (cpu.check, cpu.verdict) == ("cpu", Verdict.OK)
    assert (agent.check, agent.verdict) == ("agent cpu", verdict)
    assert ("`claudios ps`" in (agent.remedy or "")) == (verdict is Verdict.WARN)


def test_disk_memory_and_limits_are_measured(tmp_path: Path) -> None:
    assert "free" in check_disk(tmp_path / "not" / "there" / "yet").text
    assert "available" in check_memory().text
    assert "open files allowed" in check_limits().text


def test_the_agents_own_use_of_the_processor_is_told_where_it_runs() -> None:
    assert [each.check for each in check_processor(None)] == ["cpu"]
    assert [each.check for each in check_processor(os.getpid())] == ["cpu", "agent cpu"]
