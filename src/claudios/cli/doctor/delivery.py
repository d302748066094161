"""Output that has not arrived: what the spools on this machine hold beyond what the server has stored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from claudios.cli.doctor.finding import Finding, fail, ok, warn
from claudios.cli.text import size
from claudios.protocol.errors import FrameInvalid
from claudios.protocol.frame import locate
from claudios.protocol.ids import is_uuid

LATE_SECONDS = 30.0
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Held:
    """A session's newest segment: its last whole frame, when that was captured, and whether the file is sound."""

    session_id: str
    last_seq: int
    last_wall_ms: int
    bytes_held: int
    problem: str | None = None


def held(state_directory: Path) -> Iterator[Held]:
    """Yield what each session's spool holds; nothing is changed by looking."""
    for spool in sorted((state_directory / "sessions").glob("*/spool")):
        segments = sorted(spool.glob("*.seg"))
        if segments and is_uuid(spool.parent.name):
            yield _newest(spool.parent.name, segments)


def check_delivery(state_directory: Path, stored: Mapping[str, object], *, is_online: bool) -> Iterator[Finding]:
    """Compare the spools with what the server has; `stored` holds the last stored seq by session."""
    behind = 0
    for each in held(state_directory):
        name = each.session_id[:8]
        if each.problem is not None:
            yield warn(
                "spool",
                f"session {name}: {each.problem}",
                "What arrived is safe. A write may be under way: look again.",
            )
        known = stored.get(each.session_id)
        if not isinstance(known, int) or each.last_seq <= known:
            continue
        age = time.time() - each.last_wall_ms / 1000
        if age < LATE_SECONDS:
            continue
        behind += 1
        if behind <= MOST_SHOWN:
            waiting = f"frames {known + 1} to {each.last_seq} have waited {age:.0f} s ({size(each.bytes_held)} held)"
            yield fail(
                "delivery",
                f"session {name}: {waiting}",
                "Look at the agent's log. `claudios agent restart` starts it anew; sessions go on."
                if is_online
                else "The agent is not connected: mend that first, then they are delivered by themselves.",
            )
    if not behind:
        yield ok("delivery", "all output that is older than 30 s has arrived at the server")


def _newest(session_id: str, segments: list[Path]) -> Held:
    total = sum(each.stat().st_size for each in segments)
    raw = segments[-1].read_bytes()
    seq, wall_ms, problem = int(segments[-1].stem) - 1, 0, None
    try:
        for found in locate(raw):
            seq, wall_ms = found.seq, found.wall_ms
    except FrameInvalid as broken:
        problem = broken.message
    return Held(session_id, seq, wall_ms, total, problem)
