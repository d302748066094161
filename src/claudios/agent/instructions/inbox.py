"""The inbox: every instruction is on disk before it has an effect, and its outcome is kept until the server has it.

The journal holds link messages as they are: `instruction` when one is taken, `report` when it is finished, `reported`
when the server has the report, `received` for the cursor alone; `attempt` each time one is begun again after a crash of
the daemon, and `stopped` when it did not crash. Losing `report` lines costs nothing: the instruction is finished again,
which is idempotent.
"""

from __future__ import annotations

import hmac
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic_core import from_json, to_json

from claudios.agent.instructions.journal import Journal
from claudios.protocol.errors import ClaudiosError, DiskFull, SignatureInvalid
from claudios.protocol.messages import Instruction, Outcome, Received, Report, Reported
from claudios.protocol.signing import sign_instruction

OUTCOMES_KEPT = 1000
COMPACT_ABOVE_BYTES = 4 * 1024 * 1024
ATTEMPTS = 5

_log = logging.getLogger(__name__)


class PoisonInstruction(ClaudiosError):
    """The agent crashed each time it tried this. See its log; send the instruction anew when the cause is mended."""

    code = "poison_instruction"


class Inbox:
    """The instructions of one agent, as far as they have come."""

    def __init__(self, path: Path, instruct_key: bytes, post: Callable[[Received | Report], None]) -> None:
        """Read the journal at `path`; `post` sends what the server is to know."""
        self._key = instruct_key
        self._post = post
        self._journal = Journal(path)
        self._open: dict[str, Instruction] = {}
        self._reports: dict[str, Report] = {}
        self._unreported: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._is_behind = False  # something was not taken, and the server will send it again
        self.received = 0
        if self._journal.cut_bytes:
            _log.warning("The journal ended in %d damaged bytes, which were cut.", self._journal.cut_bytes)
        for line in self._journal.lines:
            self._replay(line)
        with _if_the_disk_allows():
            self._compact()

    def take(self, agent_id: str, instructions: Sequence[Instruction]) -> list[Instruction]:
        """Journal what is new, durably, and return what is to be carried out. Raises DiskFull: then nothing is taken.

        A wrong signature is refused and reported. A known id gives its recorded outcome again, and no second effect.
        What follows on something that was not taken is left too: the server sends both again.
        """
        if self._is_behind:
            instructions = [*self._in_order(instructions)]
        fresh: dict[str, Instruction] = {}
        lines: list[bytes] = []
        for instruction in instructions:
            if instruction.id in self._reports:
                self._unreported.add(instruction.id)
                self._post(self._reports[instruction.id])
            elif not self._is_signed(agent_id, instruction):
                _log.error("Refused instruction %s: it is not signed for this agent.", instruction.id)
                lines.append(_line(Received(iseq=instruction.iseq)))
                refused = SignatureInvalid("The instruction is not signed with this agent's key. Rotate the token.")
                self.finish(_report(instruction.id, Outcome.REFUSED, refused))
            elif instruction.id not in self._open and instruction.id not in fresh:
                lines.append(_line(instruction))
                fresh[instruction.id] = instruction
        sys.audit("claudios.inbox.taken")
        if lines:
            self._keep(lines)
        self._is_behind = self._is_behind and not instructions
        sys.audit("claudios.inbox.journaled")
        self.received = max([self.received, *(instruction.iseq for instruction in instructions)])
        self._open.update(fresh)
        self._post(Received(iseq=self.received))
        return list(fresh.values())

    def finish(self, report: Report) -> None:
        """Record what became of an instruction, and tell the server."""
        self._open.pop(report.instruction_id, None)
        self._attempts.pop(report.instruction_id, None)
        self._remember(report)
        with _if_the_disk_allows():
            self._journal.append([_line(report)], durable=False)
        sys.audit("claudios.inbox.finished")
        self._post(report)

    def settle(self, instruction_ids: Sequence[str]) -> None:
        """Stop telling the server what it has committed."""
        self._unreported.difference_update(instruction_ids)
        with _if_the_disk_allows():
            self._journal.append([_line(Reported(instruction_ids=tuple(instruction_ids)))], durable=False)
            sys.audit("claudios.inbox.settled")
            if self._journal.size > COMPACT_ABOVE_BYTES:
                self._compact()

    def unreported(self) -> list[Report]:
        """Return the outcomes that the server has not confirmed, oldest first."""
        return [report for report in self._reports.values() if report.instruction_id in self._unreported]

    def unfinished(self) -> list[Instruction]:
        """Return what an earlier process took and did not finish; `begin_again` with each.

        What was begun ATTEMPTS times is reported as failed instead: something about it kills the daemon.
        """
        for instruction in list(self._open.values()):
            if self._attempts[instruction.id] + 1 >= ATTEMPTS:
                self.finish(_report(instruction.id, Outcome.FAILED, PoisonInstruction()))
        return list(self._open.values())

    def begin_again(self, instruction: Instruction) -> None:
        """Count, durably, that an instruction is tried once more."""
        self._attempts[instruction.id] += 1
        with _if_the_disk_allows():
            self._journal.append([_attempt(instruction.id)], durable=True)

    def close(self) -> None:
        """Close the journal; what is unfinished has not crashed anything."""
        if self._open:
            with _if_the_disk_allows():
                self._journal.append([to_json({"type": "stopped"})], durable=False)
        self._journal.close()

    def _in_order(self, instructions: Sequence[Instruction]) -> Iterator[Instruction]:
        reached = self.received
        for instruction in instructions:
            if instruction.iseq > reached + 1:
                return
            reached = max(reached, instruction.iseq)
            yield instruction

    def _keep(self, lines: Sequence[bytes]) -> None:
        try:
            self._journal.append(lines, durable=True)
        except OSError as problem:
            self._is_behind = True
            raise DiskFull(f"The journal cannot be written: {problem.strerror}. Free some space.") from problem

    def _is_signed(self, agent_id: str, instruction: Instruction) -> bool:
        expected = sign_instruction(
            self._key,
            agent_id,
            iseq=instruction.iseq,
            instruction_id=instruction.id,
            kind=instruction.kind,
            body=instruction.body,
            issued_ms=instruction.issued_ms,
            expires_ms=instruction.expires_ms,
        )
        return hmac.compare_digest(expected, bytes.fromhex(instruction.signature))

    def _remember(self, report: Report) -> None:
        self._reports.pop(report.instruction_id, None)
        self._reports[report.instruction_id] = report
        self._unreported.add(report.instruction_id)
        if len(self._reports) > OUTCOMES_KEPT:
            for known in list(self._reports):
                if known not in self._unreported:
                    del self._reports[known]
                    break

    def _replay(self, line: bytes) -> None:
        kind = from_json(line)["type"]
        if kind == "instruction":
            instruction = Instruction.model_validate_json(line)
            self.received = max(self.received, instruction.iseq)
            self._open[instruction.id] = instruction
        elif kind == "report":
            report = Report.model_validate_json(line)
            self._open.pop(report.instruction_id, None)
            self._remember(report)
        elif kind == "reported":
            self._unreported.difference_update(Reported.model_validate_json(line).instruction_ids)
        elif kind == "received":
            self.received = max(self.received, Received.model_validate_json(line).iseq)
        elif kind == "attempt":
            self._attempts[from_json(line)["id"]] += 1
        elif kind == "stopped":
            self._attempts.clear()

    def _compact(self) -> None:
        lines = [_line(Received(iseq=self.received))]
        lines += [_line(report) for report in self._reports.values()]
        lines.append(_line(Reported(instruction_ids=tuple(i for i in self._reports if i not in self._unreported))))
        for instruction in self._open.values():
            lines.append(_line(instruction))
            lines += [_attempt(instruction.id)] * self._attempts[instruction.id]
        self._journal.rewrite(lines)


@contextmanager
def _if_the_disk_allows() -> Iterator[None]:
    """Journal what may be lost: a full disk keeps no outcome from the server, and ends neither link nor lane."""
    try:
        yield
    except OSError as problem:
        _log.warning("The journal takes nothing: %s. Free some space.", problem)


def _report(instruction_id: str, outcome: Outcome, reason: ClaudiosError) -> Report:
    return Report(instruction_id=instruction_id, outcome=outcome, code=reason.code, message=reason.message)


def _line(message: Instruction | Report | Reported | Received) -> bytes:
    return message.model_dump_json(exclude_none=True).encode()


def _attempt(instruction_id: str) -> bytes:
    return to_json({"type": "attempt", "id": instruction_id})
