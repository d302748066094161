"""When to try again. Pure: the caller sleeps."""

from __future__ import annotations

from collections.abc import Callable

WINDOW_SECONDS = 1.0
MAX_WINDOW_SECONDS = 60.0
MAX_RETRY_AFTER_SECONDS = 900.0


class Backoff:
    """Full jitter: the n-th delay is uniform between 0 and 1 s·2ⁿ, at most 60 s.

    `uniform` returns a random number from 0 up to 1, from a generator seeded per process: two agents that lost the
    same server come back apart.
    """

    def __init__(self, uniform: Callable[[], float]) -> None:
        self._uniform = uniform
        self._failures = 0

    def next_seconds(self, at_least: float = 0.0) -> float:
        """Count a failure and return how long to wait. A wait the server asked for is kept, and jittered upwards."""
        window = min(MAX_WINDOW_SECONDS, WINDOW_SECONDS * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        return min(at_least, MAX_RETRY_AFTER_SECONDS) + self._uniform() * window

    def reset(self) -> None:
        """Begin again with the shortest window: the link was good for a while."""
        self._failures = 0


def retry_after_seconds(header: str | None, now_seconds: float) -> float | None:
    """Read a Retry-After header (RFC 9110 §10.2.3), a number or a date, as at most 15 minutes; None when it is neither.

    `now_seconds` is the Unix time that a date is compared with.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        # Past nine digits it is absurd, and converting it could be made expensive.
        seconds = float(text) if len(text) <= 9 else MAX_RETRY_AFTER_SECONDS
    else:
        from email.utils import parsedate_to_datetime  # seldom needed, and 1 MB

        try:
            seconds = parsedate_to_datetime(text).timestamp() - now_seconds
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
