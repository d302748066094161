"""Where a session's output goes on, and where it must not."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from claudios.agent.output.flow import Flow
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.protocol.errors import ChainBroken, DiskFull
from claudios.protocol.signing import GENESIS

SESSION = "00000000-0000-4000-8000-000000000001"


def test_a_server_that_lost_what_it_had_confirmed_gets_no_more_and_people_learn_why(tmp_path: Path) -> None:
    """O-3: as after an older back-up was restored; what follows would look continuous and is not."""
    spool = Spool(tmp_path, SESSION)
    spool.skip_to(5, b"h" * 32)
    spool.grow(9)
    flow = Flow(spool, Sealer(bytes(32), "agt_a", SESSION, 5, b"h" * 32))
    with pytest.raises(ChainBroken, match=r"ends at frame 3, though the server had confirmed 5.*older back-up"):
        flow.go_on_after(3, b"x" * 32)
    assert not flow.has_more
    assert spool.acked_seq == 5


def test_an_end_that_a_full_disk_does_not_let_move_is_held_and_told_of(tmp_path: Path) -> None:
    """It was nobody's error, and ended the daemon's streamer."""
    spool = Spool(tmp_path, SESSION)
    spool.append_events(1, [{"event": "ended"}])
    flow = Flow(spool, Sealer(bytes(32), "agt_a", SESSION, 0, GENESIS))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(DiskFull, match="behind frame 5"):
            flow.go_on_after(5, b"x" * 32)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not flow.has_more
    flow = Flow(spool, Sealer(bytes(32), "agt_a", SESSION, 0, GENESIS))
    flow.go_on_after(5, b"x" * 32)
    assert (flow.has_more, flow.sealer.seq, spool.head_seq) == (True, 5, 6)
