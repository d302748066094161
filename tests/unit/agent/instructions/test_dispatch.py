"""Dispatch: rules I-4, I-5, I-7 and I-8."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from claudios.agent.instructions.dispatch import MAX_WAITING, Dispatch
from claudios.agent.policy import Policy
from claudios.protocol.errors import ClaudeNotFound, Conflict, SessionLost
from claudios.protocol.messages import (
    Command,
    EndReason,
    Instruction,
    Outcome,
    PermissionMode,
    Report,
    SessionState,
    SessionStatus,
    StartSession,
    TerminateSession,
)
from tests.helpers.instructions import instruction, user_line

ONE, TWO = "11111111-89ab-4cde-8f01-23456789abcd", "22222222-89ab-4cde-8f01-23456789abcd"


class Stage:
    """Sessions that do what a test says, and tell what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.hang: dict[str, asyncio.Event] = {}
        self.fail: Exception | None = None
        self.fail_to_give_up: Exception | None = None
        self.known: list[SessionStatus] = []

    async def start(self, body: StartSession) -> None:
        await self._ask(f"start {body.session_id[0]} in {body.directory}")

    async def give_up(self, body: StartSession) -> None:
        self.given_up.append(body.session_id)
        if self.fail_to_give_up is not None:
            raise self.fail_to_give_up

    async def write(self, body: Command) -> None:
        await self._ask(f"write {body.session_id[0]} {body.input.id[:4]}")

    async def terminate(self, body: TerminateSession) -> None:
        await self._ask(f"terminate {body.session_id[0]}")

    def statuses(self) -> Sequence[SessionStatus]:
        return self.known

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.hang:
            await self.hang[what].wait()
        if self.fail is not None:
            raise self.fail


class Hall:
    """A dispatch on a stage, its reports, and a clock."""

    def __init__(self, directory: Path) -> None:
        self.stage = Stage()
        self.reports: asyncio.Queue[Report] = asyncio.Queue()
        self.now_ms: int | None = 1000
        policy = Policy((), (PermissionMode.DEFAULT,), directory)
        self.begun_again: list[str] = []
        self.dispatch = Dispatch(
            self.stage,
            policy,
            lambda instruction: self.begun_again.append(instruction.id),
            self.reports.put_nowait,
            lambda: self.now_ms,
        )

    def submit(self, *instructions: Instruction, is_again: bool = False) -> None:
        self.dispatch.submit(instructions, is_again=is_again)

    async def outcome(self) -> tuple[Outcome, str | None]:
        report = await self.reports.get()
        return report.outcome, report.code


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    hall = Hall(tmp_path.resolve())
    yield hall
    await hall.dispatch.close()


def start(session: str = ONE, iseq: int = 1, **more: int) -> Instruction:
    return instruction(StartSession(session_id=session), iseq, **more)  # type: ignore[arg-type]


def write(name: str, session: str = ONE, iseq: int = 1, **more: int) -> Instruction:
    given = user_line("hi", f"{name}-89ab-4cde-8f01-23456789abcd")
    return instruction(Command(session_id=session, input=given), iseq, **more)  # type: ignore[arg-type]


def terminate(session: str = ONE, iseq: int = 1) -> Instruction:
    return instruction(TerminateSession(session_id=session), iseq)


async def test_an_instruction_that_was_carried_out_is_done(hall: Hall, tmp_path: Path) -> None:
    """I-5"""
    hall.submit(start())
    assert await hall.outcome() == (Outcome.DONE, None)
    assert hall.stage.asked == [f"start 1 in {tmp_path.resolve()}"]


@pytest.mark.parametrize(
    ("failure", "outcome", "code"),
    [
        (Conflict(), Outcome.REFUSED, "conflict"),
        (ClaudeNotFound(), Outcome.FAILED, "claude_not_found"),
        (SessionLost(), Outcome.SESSION_LOST, "session_lost"),
        (ZeroDivisionError(), Outcome.FAILED, "internal"),
    ],
)
async def test_a_failure_is_an_outcome_and_the_next_instruction_is_carried_out(
    hall: Hall, failure: Exception, outcome: Outcome, code: str
) -> None:
    """I-5"""
    hall.stage.fail = failure
    hall.submit(start())
    assert await hall.outcome() == (outcome, code)
    hall.stage.fail = None
    hall.submit(write("aaaaaaaa", iseq=2))
    assert await hall.outcome() == (Outcome.DONE, None)


async def test_what_was_made_for_a_start_that_came_to_nothing_is_given_up_before_that_is_told(hall: Hall) -> None:
    hall.stage.fail = Conflict()
    hall.submit(start())
    await hall.outcome()
    assert hall.stage.given_up == [ONE]
    hall.submit(write("aaaaaaaa", iseq=2))
    await hall.outcome()
    hall.stage.fail = None
    hall.submit(start(TWO, iseq=3, expires_ms=999), is_again=True)  # an earlier process may have begun it, and crashed
    assert await hall.outcome() == (Outcome.EXPIRED, "expired")
    assert hall.stage.given_up == [ONE, TWO]


async def test_what_cannot_be_given_up_keeps_no_outcome_and_no_lane_up(hall: Hall) -> None:
    hall.stage.fail, hall.stage.fail_to_give_up = Conflict(), ZeroDivisionError()
    hall.submit(start(), write("aaaaaaaa", iseq=2))
    assert await hall.outcome() == (Outcome.REFUSED, "conflict")
    assert await hall.outcome() == (Outcome.REFUSED, "conflict")
    assert hall.stage.given_up == [ONE]
    hall.stage.fail = None
    hall.submit(write("bbbbbbbb", iseq=3))
    assert await hall.outcome() == (Outcome.DONE, None)


async def test_a_body_that_is_not_valid_is_refused(hall: Hall) -> None:
    """I-5"""
    hall.submit(start().model_copy(update={"body": "{}"}))
    assert await hall.outcome() == (Outcome.REFUSED, "message_invalid")
    assert hall.stage.asked == []


async def test_what_policy_forbids_never_reaches_the_sessions(hall: Hall) -> None:
    """I-9"""
    hall.submit(instruction(StartSession(session_id=ONE, permission_mode=PermissionMode.BYPASS)))
    assert await hall.outcome() == (Outcome.REFUSED, "policy_forbids")
    assert hall.stage.asked == []


async def test_an_instruction_after_its_time_is_expired_by_the_servers_clock(hall: Hall) -> None:
    """I-4"""
    hall.now_ms = 2000
    hall.submit(start(expires_ms=2000))
    assert await hall.outcome() == (Outcome.EXPIRED, "expired")
    hall.submit(start(expires_ms=2001))
    assert await hall.outcome() == (Outcome.DONE, None)
    hall.now_ms = None
    hall.submit(start(expires_ms=1))
    assert await hall.outcome() == (Outcome.DONE, None)


async def test_instructions_of_one_session_keep_their_order_while_another_session_goes_on(hall: Hall) -> None:
    """I-7"""
    waiting = hall.stage.hang["write 1 aaaa"] = asyncio.Event()
    hall.submit(write("aaaaaaaa"), write("bbbbbbbb", iseq=2), write("cccccccc", session=TWO, iseq=3))
    assert (await hall.reports.get()).instruction_id == "ins_3"
    assert hall.stage.asked == ["write 1 aaaa", "write 2 cccc"]
    waiting.set()
    assert [(await hall.reports.get()).instruction_id for _ in range(2)] == ["ins_1", "ins_2"]
    assert hall.stage.asked[2:] == ["write 1 bbbb"]


async def test_a_terminate_passes_commands_that_hang(hall: Hall) -> None:
    """I-7"""
    hall.stage.hang["write 1 aaaa"] = asyncio.Event()
    hall.submit(write("aaaaaaaa"), write("bbbbbbbb", iseq=2), terminate(iseq=3))
    assert (await hall.reports.get()).instruction_id == "ins_3"
    assert hall.stage.asked == ["write 1 aaaa", "terminate 1"]


async def test_a_terminate_waits_for_the_start(hall: Hall, tmp_path: Path) -> None:
    """I-7"""
    name = f"start 1 in {tmp_path.resolve()}"
    waiting = hall.stage.hang[name] = asyncio.Event()
    hall.submit(start(), terminate(iseq=2))
    hall.submit(start(TWO, iseq=3))
    await hall.reports.get()
    assert "terminate 1" not in hall.stage.asked
    waiting.set()
    assert [(await hall.reports.get()).instruction_id for _ in range(2)] == ["ins_1", "ins_2"]
    assert hall.stage.asked[-1] == "terminate 1"


async def test_a_flood_is_refused_beyond_the_bound_and_recovers(hall: Hall) -> None:
    waiting = hall.stage.hang["write 1 aaaa"] = asyncio.Event()
    hall.submit(*[write("aaaaaaaa", iseq=n + 1) for n in range(MAX_WAITING + 1)])
    assert await hall.outcome() == (Outcome.REFUSED, "too_many")
    waiting.set()
    for _ in range(MAX_WAITING):
        assert await hall.outcome() == (Outcome.DONE, None)
    hall.submit(write("bbbbbbbb"))
    assert await hall.outcome() == (Outcome.DONE, None)


async def test_after_a_crash_a_command_whose_session_is_gone_has_an_unknown_outcome(hall: Hall) -> None:
    """I-8: it may have been written just before."""
    hall.stage.fail = SessionLost()
    hall.submit(write("aaaaaaaa"), is_again=True)
    assert await hall.outcome() == (Outcome.UNKNOWN, "outcome_unknown")


async def test_after_a_crash_a_command_past_its_time_is_not_written_and_its_outcome_unknown(hall: Hall) -> None:
    """I-4, I-8"""
    hall.submit(write("aaaaaaaa", expires_ms=1), is_again=True)
    assert await hall.outcome() == (Outcome.UNKNOWN, "outcome_unknown")
    assert hall.stage.asked == []


async def test_after_a_crash_a_start_that_happened_is_done_and_one_past_its_time_is_expired(hall: Hall) -> None:
    """I-4, I-8"""
    hall.stage.known = [
        SessionStatus(session_id=ONE, epoch=1, state=SessionState.ENDED, reason=EndReason.EXITED, exit_code=0)
    ]
    hall.submit(start(expires_ms=1), start(TWO, iseq=2, expires_ms=1), is_again=True)
    outcomes = {(await hall.reports.get()).instruction_id: None for _ in range(2)}
    assert set(outcomes) == {"ins_1", "ins_2"}
    assert [asked[:7] for asked in hall.stage.asked] == ["start 1"]


async def test_closing_leaves_what_is_under_way_without_an_outcome(hall: Hall) -> None:
    """I-8: the journal gives it out again."""
    hall.stage.hang["write 1 aaaa"] = asyncio.Event()
    hall.submit(write("aaaaaaaa"), write("bbbbbbbb", iseq=2))
    await asyncio.sleep(0)
    await hall.dispatch.close()
    assert hall.reports.empty()


async def test_the_log_names_instruction_and_session_and_never_the_prompt(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    given = user_line("my secret prompt")
    hall.submit(instruction(Command(session_id=ONE, input=given)))
    await hall.outcome()
    assert f"Received instruction: command ({ONE})" in caplog.messages
    assert "secret" not in caplog.text


async def test_what_a_crash_left_is_begun_again_one_after_the_other(hall: Hall) -> None:
    """I-10: the one that kills the agent is the last that was begun."""
    hang = hall.stage.hang[f"terminate {ONE[0]}"] = asyncio.Event()
    hall.submit(terminate(ONE, 1), terminate(TWO, 2), is_again=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert hall.begun_again == ["ins_1"]
    hang.set()
    assert await hall.outcome() == (Outcome.DONE, None)
    assert await hall.outcome() == (Outcome.DONE, None)
    assert hall.begun_again == ["ins_1", "ins_2"]


async def test_one_that_takes_long_after_a_crash_does_not_keep_the_others_waiting(hall: Hall) -> None:
    """I-10: a command may wait for room on the disk for hours."""
    hall.stage.hang[f"terminate {ONE[0]}"] = asyncio.Event()
    hall.submit(terminate(ONE, 1), terminate(TWO, 2), is_again=True)
    assert await hall.outcome() == (Outcome.DONE, None)
    assert hall.begun_again == ["ins_1", "ins_2"]
