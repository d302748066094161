"""The server's time: rule I-4."""

from __future__ import annotations

from claudios.agent.client.clock import ServerClock


def test_the_servers_time_goes_on_with_the_monotonic_clock() -> None:
    """I-4: whatever happens to the wall clock meanwhile."""
    monotonic = [100.0]
    clock = ServerClock(lambda: monotonic[0])
    assert clock.now_ms() is None
    clock.set(1_000_000)
    assert clock.now_ms() == 1_000_000
    monotonic[0] += 2.5
    assert clock.now_ms() == 1_002_500
    clock.set(5)
    assert clock.now_ms() == 5
