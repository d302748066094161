"""Where a session's output goes on, and where it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from claudios.agent.output.flow import Flow
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.protocol.errors import ChainBroken

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
