"""The cases of the fault suite: what is done to ClaudiOS, and what must hold all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEMANDED = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One case. `is_repeated` where chance decides, so that `make faults` runs it DEMANDED times; `needs` a service."""

    id: str
    fault: str
    holds: str
    is_repeated: bool = False
    needs: str = ""


_ALL = (
    Row("N1", "acknowledgement lost after commit", "resent; every byte stored exactly once", is_repeated=True),
    Row("N3", "link goes silent without FIN or RST", "noticed within 20 s, or the poll's hold + 15 s; nothing lost"),
    Row("N4", "8 KB/s link, 100 KB/s producer, 5 min", "memory within base + 32 MiB, catches up in order"),
    Row("N6", "one hour without server, 200 agents, virtual clock", "delays uniform, cap 60 s, no two agents alike"),
    Row("N8", "429/503 with Retry-After as number, date, absurd, garbage", "honoured up to 15 min; nothing dropped"),
    Row("N10", "bad certificate; http:// to another machine", "refused with the reason; never downgraded"),
    Row(
        "A1",
        "daemon SIGKILL at each step of start_session and command",
        "one process, one write to stdin, the outcome reported",
        is_repeated=True,
    ),
    Row("A2", "daemon SIGKILL while five sessions stream", "adopted; byte-identical; no gap", is_repeated=True),
    Row("A3", "shim SIGKILL", "child and grandchildren gone in 2 s, epoch lost, other sessions untouched"),
    Row("A4", "everything killed, machine rebooted", "new epoch, a (session, seq) never used twice, resume offered"),
    Row("A6", "two daemons, same directory or same token", "refused, with who holds it"),
    Row("A7", "daemon upgraded under load, shims of the older version", "adopted, nothing lost"),
    Row("A9", "an instruction whose handling always crashes", "set aside as poison after 5, the queue goes on"),
    Row(
        "S1",
        "SIGKILL of a replica that holds links",
        "agents elsewhere in seconds, delivered in 2 s",
        needs="PostgreSQL",
    ),
    Row("S2", "killed between commit and wake-up", "delivered by the sweep in 2 s"),
    Row("S3", "NATS dead for 2 min", "nothing lost; live view by the store; recovers by itself", needs="NATS"),
    Row("S4", "PostgreSQL immediate stop and start", "503, spooled, no early acknowledgement", needs="PostgreSQL"),
    Row("S9", "SIGTERM of a server under load", "no error a person sees; agents told when to return"),
    Row("D1", "disk full under the spool", "back-pressure or GAP; torn tail cut; heals when space returns"),
    Row(
        "D2",
        "power loss at every file operation of spool and journal",
        "durable and acknowledged frames intact; no seq reused",
        is_repeated=True,
    ),
    Row("P1", "CLI obeys end of input, only SIGTERM, nothing", "ended within 5/10/15 s; its last message stored"),
    Row("P2", "CLI leaves children that left the process group", "none marked with the session alive after 2 s"),
    Row("P4", "a line of 100 MB; JSON nested 10,000 deep", "memory bounded in agent, server and page; all stored"),
    Row("P6", "invalid UTF-8, NUL, split code points, CRLF", "stored byte for byte; replaced only in the view"),
    Row("C1", "wall clock a day forward, a day back, mid-session", "chain intact; no mass expiry"),
    Row("B1", "viewer reads 1 KB/s, or stops", "queue within 1 MiB, lagged, exact resume; others unharmed"),
    Row("B2", "subscribe against publish, 10,000 interleavings", "never a gap or a duplicate", is_repeated=True),
    Row("X1", "forged signature", "refused, nothing stored, audited"),
    Row("X2", "replay: later, elsewhere, by another agent, of an older boot", "refused, or provably without effect"),
    Row("X4", "compressed bomb, 100 KB to 100 MB", "refused before it is expanded"),
    Row("X5", "malformed frames and messages, fuzzed", "4xx or closed; never 5xx, never a crash"),
    Row("X6", "every route by every stranger", "the same 404/403, nothing told"),
    Row("X7", "agent A sends for agent B's session", "refused, audited"),
    Row("X8", "foreign Origin, text/plain, form POST, GET that changes", "refused"),
    Row("X9", "WebSocket Origin foreign, null, look-alike, other port", "refused before the upgrade"),
    Row("X10", "password guessing, enumeration, argon2 flood", "slowed, the same timing, nobody locked out"),
    Row("X12", "a canary token in logs, arguments, environment, errors, spool", "not found"),
    Row(
        "X13", "links out, `..`, a directory swapped for a link, pipes and devices", "refused, nothing of outside seen"
    ),
    Row("X15", "terminal escapes in output", "no clipboard write, no bad link, nothing typed back, bounded page"),
    Row("X16", "script in markdown, HTML, SVG, names; remote images", "no script runs, no request leaves, CSP silent"),
    Row("X17", "log tampered", "verify names the first bad position; fails closed"),
    Row("X19", "server to agent: unsigned, expired, replayed, for another agent", "refused and reported"),
    Row("SOAK", "random faults over five busy sessions, one of them the real CLI", "after a quiet phase all is there"),
)

ROWS: Mapping[str, Row] = {row.id: row for row in _ALL}
