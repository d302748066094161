"""What stands in the place of output that was dropped."""

from __future__ import annotations

import json
from hashlib import sha256

from claudios.protocol.frame import Stream
from claudios.shim.gap import Gap


def told(gap: Gap) -> dict[str, object]:
    stream, payload = gap.tell("quota")
    assert stream is Stream.EVENT
    event = json.loads(payload)
    assert (event.pop("event"), event.pop("reason")) == ("gap", "quota")
    dropped: dict[str, object] = event.pop("dropped")
    assert event == {}
    return dropped


def test_it_tells_of_each_stream_how_much_and_the_digest_of_just_that() -> None:
    """F-6"""
    gap = Gap()
    for read in (b"a" * 10, b"b" * 5 + b"\n"):
        gap.drop(Stream.STDOUT, read)
    gap.drop(Stream.STDERR, b"half a line")
    whole = b"a" * 10 + b"b" * 5 + b"\n"
    assert told(gap) == {
        "stdout": {"bytes": 16, "sha256": sha256(whole).hexdigest(), "ends_line": True},
        "stderr": {"bytes": 11, "sha256": sha256(b"half a line").hexdigest(), "ends_line": False},
    }


def test_it_is_empty_until_something_is_dropped_and_again_once_it_is_told() -> None:
    gap = Gap()
    were_empty = [gap.is_empty]
    gap.drop(Stream.STDOUT, b"x\n")
    were_empty.append(gap.is_empty)
    told(gap)
    assert [*were_empty, gap.is_empty] == [True, False, True]
    gap.drop(Stream.STDOUT, b"y")
    assert told(gap) == {"stdout": {"bytes": 1, "sha256": sha256(b"y").hexdigest(), "ends_line": False}}
