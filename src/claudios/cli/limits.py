"""The limits of a Claude plan, as people read them at a terminal."""

from __future__ import annotations

import time

from claudios.cli.text import age
from claudios.client.shapes import LimitWindow, PlanLimits

_SHORT = {"five_hour": "5h", "seven_day": "7d"}


def in_words(limits: PlanLimits | None, now_ms: int | None = None) -> str:
    """Return how much of each limit is used: `5h 91% (resets in 40m), 7d 15%`. Empty where nothing is known.

    What has reset since is fresh again; when the others reset is said of those that are nearly or wholly used up.
    """
    if limits is None:
        return ""
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return ", ".join(_window(each, now) for each in limits.windows if each.used is not None)


def _window(window: LimitWindow, now_ms: int) -> str:
    name = _SHORT.get(window.kind, window.kind.replace("_", " "))
    if window.resets_ms is not None and window.resets_ms <= now_ms:
        return f"{name} reset"
    used = window.used or 0.0
    is_much = used >= 0.75 and window.resets_ms is not None
    return f"{name} {used:.0%}" + (f" (resets in {age(now_ms, window.resets_ms)})" if is_much else "")
