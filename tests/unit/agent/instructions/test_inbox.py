"""The inbox: rules I-1 to I-3, I-6, I-8 and I-10."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from claudios.agent.instructions.inbox import ATTEMPTS, OUTCOMES_KEPT, Inbox
from claudios.protocol.errors import DiskFull
from claudios.protocol.messages import Command, Outcome, Received, Report, TerminateSession
from tests.helpers.instructions import AGENT_ID, KEYS, instruction, user_line

SESSION = "01234567-89ab-4cde-8f01-23456789abcd"
END = TerminateSession(session_id=SESSION)
DONE = Outcome.DONE


class Desk:
    """An inbox, what it posts, and the means to lose the process and begin anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.posted: list[Received | Report] = []
        self.inbox = Inbox(path, KEYS.instruct, self.posted.append)

    def restart(self) -> None:
        """Begin anew with nothing but the file, as after a crash."""
        self.posted.clear()
        self.inbox = Inbox(self.path, KEYS.instruct, self.posted.append)

    def finish(self, identity: str, outcome: Outcome = DONE) -> Report:
        report = Report(instruction_id=identity, outcome=outcome)
        self.inbox.finish(report)
        return report


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "journal")


def test_an_instruction_is_in_the_journal_before_the_server_hears_that_it_is(tmp_path: Path) -> None:
    """I-1"""
    path = tmp_path / "journal"
    journal_when_told: list[bytes] = []
    inbox = Inbox(path, KEYS.instruct, lambda _: journal_when_told.append(path.read_bytes()))
    taken = instruction(END)
    assert inbox.take(AGENT_ID, [taken]) == [taken]
    assert len(journal_when_told) == 1
    assert taken.signature.encode() in journal_when_told[0]


def test_a_full_disk_keeps_no_outcome_from_the_server(desk: Desk) -> None:
    """D1: what is not journaled of a report costs a repetition after a crash; the instruction itself is not taken."""
    desk.inbox.take(AGENT_ID, [instruction(END, 1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (desk.path.stat().st_size, limits[1]))
    try:
        report = desk.finish(instruction(END, 1).id)
        desk.inbox.settle(["another"])
        with pytest.raises(DiskFull, match="too large"):
            desk.inbox.take(AGENT_ID, [instruction(END, 2)])
        assert desk.inbox.take(AGENT_ID, [instruction(END, 3)]) == [], "what follows is not taken before it"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert desk.posted == [Received(iseq=1), report, Received(iseq=1)]
    assert desk.inbox.unreported() == [report]
    assert desk.inbox.received == 1
    again = [instruction(END, 2), instruction(END, 3)]
    assert desk.inbox.take(AGENT_ID, again) == again
    assert desk.inbox.received == 3


def test_the_agent_starts_on_a_full_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """D1: the journal is put in order at the start, which may wait."""
    desk.inbox.take(AGENT_ID, [instruction(END, 1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        desk.restart()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert desk.inbox.received == 1


def test_the_cursor_survives_a_restart(desk: Desk) -> None:
    """I-1"""
    desk.inbox.take(AGENT_ID, [instruction(END, 1), instruction(END, 2)])
    assert desk.posted == [Received(iseq=2)]
    desk.restart()
    assert desk.inbox.received == 2


@pytest.mark.fault("X19")
@pytest.mark.parametrize(
    "forge",
    [
        lambda good: good.model_copy(update={"signature": "0" * 64}),
        lambda good: good.model_copy(update={"iseq": 2}),
        lambda good: good.model_copy(update={"body": good.body + " "}),
        lambda good: good.model_copy(update={"expires_ms": good.expires_ms + 1}),
        lambda good: instruction(END, agent_id="agt_bbbbbbbbbbbbbbbbbbbb"),
    ],
)
def test_an_instruction_that_is_not_signed_for_this_agent_is_refused_and_reported(
    desk: Desk, forge: Callable[[object], object]
) -> None:
    """I-2"""
    forged = forge(instruction(END))
    assert desk.inbox.take(AGENT_ID, [forged]) == []  # type: ignore[list-item]
    (report,) = [posted for posted in desk.posted if isinstance(posted, Report)]
    assert (report.outcome, report.code) == (Outcome.REFUSED, "signature_invalid")
    desk.restart()
    assert desk.inbox.unfinished() == []
    assert desk.inbox.received > 0  # it does not come again and again


@pytest.mark.fault("X19")
def test_every_flipped_bit_of_a_signature_is_refused(desk: Desk) -> None:
    """I-2"""
    good = instruction(END)
    raw = bytes.fromhex(good.signature)
    for bit in range(len(raw) * 8):
        flipped = (int.from_bytes(raw, "big") ^ 1 << bit).to_bytes(len(raw), "big").hex()
        assert desk.inbox.take(AGENT_ID, [good.model_copy(update={"signature": flipped, "id": f"x{bit}"})]) == []
    assert desk.inbox.take(AGENT_ID, [good]) == [good]


@pytest.mark.fault("X19")
def test_a_duplicate_gives_the_first_outcome_and_no_second_effect(desk: Desk) -> None:
    """I-3"""
    desk.inbox.take(AGENT_ID, [instruction(END)])
    report = desk.finish("ins_1", Outcome.SESSION_LOST)
    desk.inbox.settle(["ins_1"])
    desk.posted.clear()
    assert desk.inbox.take(AGENT_ID, [instruction(END)]) == []
    assert report in desk.posted
    desk.restart()
    assert desk.inbox.take(AGENT_ID, [instruction(END)]) == []
    assert report in desk.posted


@pytest.mark.fault("X19")
def test_a_duplicate_under_a_new_number_has_no_second_effect(desk: Desk) -> None:
    """I-3"""
    desk.inbox.take(AGENT_ID, [instruction(END, 1, identity="same")])
    report = desk.finish("same")
    assert desk.inbox.take(AGENT_ID, [instruction(END, 2, identity="same")]) == []
    assert desk.posted.count(report) == 2
    assert desk.inbox.received == 2


def test_a_duplicate_of_what_is_under_way_is_not_begun_twice(desk: Desk) -> None:
    """I-3"""
    assert len(desk.inbox.take(AGENT_ID, [instruction(END)])) == 1
    assert desk.inbox.take(AGENT_ID, [instruction(END)]) == []


def test_what_comes_twice_in_one_message_is_taken_once(desk: Desk) -> None:
    """I-3: the server sends again what it takes for lost, and on a slow link the first was still on its way."""
    once = instruction(END)
    assert desk.inbox.take(AGENT_ID, [once, once]) == [once]
    desk.restart()
    assert desk.inbox.unfinished() == [once]


def test_reports_are_repeated_until_the_server_has_them(desk: Desk) -> None:
    """I-6"""
    desk.inbox.take(AGENT_ID, [instruction(END, 1), instruction(END, 2)])
    first, second = desk.finish("ins_1"), desk.finish("ins_2")
    assert desk.inbox.unreported() == [first, second]
    desk.inbox.settle(["ins_1"])
    assert desk.inbox.unreported() == [second]
    desk.restart()
    assert desk.inbox.unreported() == [second]
    desk.inbox.settle(["ins_2"])
    desk.restart()
    assert desk.inbox.unreported() == []


def test_what_a_crash_left_unfinished_is_given_out_again_in_order(desk: Desk) -> None:
    """I-8"""
    commands = [instruction(Command(session_id=SESSION, input=user_line(str(n))), n) for n in (1, 2, 3)]
    desk.inbox.take(AGENT_ID, commands)
    desk.finish("ins_2")
    desk.restart()
    assert desk.inbox.unfinished() == [commands[0], commands[2]]


def test_an_outcome_that_the_crash_swallowed_is_found_again(desk: Desk) -> None:
    """I-8: an outcome is written without waiting for the disk; losing it means to do the same thing again."""
    desk.inbox.take(AGENT_ID, [instruction(END)])
    size = desk.path.stat().st_size
    desk.finish("ins_1")
    with desk.path.open("rb+") as file:
        file.truncate(size)
    desk.restart()
    assert desk.inbox.unfinished() == [instruction(END)]


def test_an_instruction_that_always_crashes_the_agent_is_set_aside(desk: Desk) -> None:
    """I-10"""
    desk.inbox.take(AGENT_ID, [instruction(END, 1), instruction(END, 2)])
    desk.finish("ins_2")
    for _ in range(ATTEMPTS - 1):
        desk.restart()
        (left,) = desk.inbox.unfinished()
        desk.inbox.begin_again(left)
    desk.restart()
    assert desk.inbox.unfinished() == []
    (report,) = [posted for posted in desk.posted if isinstance(posted, Report)]
    assert (report.instruction_id, report.outcome, report.code) == ("ins_1", Outcome.FAILED, "poison_instruction")
    desk.restart()
    assert desk.inbox.unfinished() == []


def test_what_waits_beside_one_that_crashes_the_agent_is_not_set_aside(desk: Desk) -> None:
    """I-10: it was never begun, so it is not what crashes the agent."""
    desk.inbox.take(AGENT_ID, [instruction(END, 1), instruction(END, 2)])
    for _ in range(ATTEMPTS - 1):
        desk.restart()
        desk.inbox.begin_again(desk.inbox.unfinished()[0])
    desk.restart()
    assert desk.inbox.unfinished() == [instruction(END, 2)]


def test_what_outlasts_many_restarts_of_the_agent_is_not_set_aside(desk: Desk) -> None:
    """I-10: a command that waits for room on the disk is under way at each of them, and crashes nothing."""
    desk.inbox.take(AGENT_ID, [instruction(END, 1)])
    for _ in range(2 * ATTEMPTS):
        desk.inbox.close()
        desk.restart()
        (left,) = desk.inbox.unfinished()
        desk.inbox.begin_again(left)


def test_the_journal_does_not_grow_with_what_is_settled(desk: Desk) -> None:
    desk.inbox.take(AGENT_ID, [instruction(Command(session_id=SESSION, input=user_line("x" * 50_000)))])
    desk.finish("ins_1")
    desk.inbox.settle(["ins_1"])
    assert desk.path.stat().st_size > 50_000
    desk.restart()
    assert desk.path.stat().st_size < 1_000


def test_only_so_many_outcomes_are_remembered_and_none_that_the_server_lacks(desk: Desk) -> None:
    """I-6"""
    desk.finish("kept")
    for n in range(OUTCOMES_KEPT + 10):
        desk.finish(f"done-{n}")
        desk.inbox.settle([f"done-{n}"])
    desk.restart()
    assert [report.instruction_id for report in desk.inbox.unreported()] == ["kept"]
    desk.posted.clear()
    desk.inbox.take(AGENT_ID, [instruction(END, identity="done-1009")])
    assert any(isinstance(posted, Report) for posted in desk.posted)


def test_a_damaged_end_of_the_journal_is_cut_and_said(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """I-1"""
    desk.inbox.take(AGENT_ID, [instruction(END)])
    with desk.path.open("ab") as file:
        file.write(b"00000000 {")
    desk.restart()
    assert "10 damaged bytes" in caplog.text
    assert desk.inbox.received == 1
