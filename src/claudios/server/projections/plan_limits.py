"""The limits of a Claude plan: how much of each is used, as Claude says after an answer, and which one stopped a turn.

A CLI that is signed in to a plan reads both from the headers of each answer. One with an API key says nothing of
limits: its requests are refused for a moment, and tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from claudios.protocol.fields import Model
from claudios.server.projections.notices import Notices
from claudios.server.projections.shapes import Json, as_count, as_name_or_none, as_number, as_object, as_text

Standing = Literal["free", "near", "reached"]
_STANDINGS: dict[str, Standing] = {"allowed": "free", "allowed_warning": "near", "rejected": "reached"}
REFUSED = "rate_limit"
"""What the CLI calls an answer that was refused for a limit, or for a moment."""
MAX_WINDOWS = 8
MAX_USED = 100.0
MAX_MS = 10**14
"""The end of what is a time: that of the year 5138."""


class LimitWindow(Model):
    """How much of one limit is used: `used` is a share of it, None where that is not told."""

    kind: str
    used: float | None
    resets_ms: int | None


class PlanLimits(Model):
    """How an account's limits stood at `at_ms`, by this server's clock.

    `kind` is the limit that binds first, by Claude's name for it, such as `five_hour` or `seven_day`. With
    `uses_credits` Claude goes on beyond it, for money.
    """

    standing: Standing
    kind: str | None
    uses_credits: bool
    windows: tuple[LimitWindow, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The frame `seq` ended a turn because a limit was reached; `has_worked`: Claude said something before."""

    seq: int
    kind: str | None
    resets_ms: int
    has_worked: bool


@dataclass(frozen=True, slots=True)
class WentOn:
    """The frame `seq` completed a turn: no limit stops the session any more."""

    seq: int


class Limits:
    """Takes what Claude says of limits. Where several things are said before they are asked for, the newest counts."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._said: PlanLimits | None = None
        self._news: Stopped | WentOn | None = None
        self._rejected: Json = {}  # the newest report of a reached limit in this turn
        self._refusal: Json | None = None  # what the newest refused answer of this turn said itself

    def reported(self, message: Json, at_ms: int) -> None:
        """Take how the limits stand, at `at_ms` by the machine's clock."""
        info = as_object(message.get("rate_limit_info"))
        standing = _STANDINGS.get(as_text(info.get("status")))
        if standing is None:
            return
        windows = _windows(info, standing)
        uses_credits = info.get("isUsingOverage") is True
        if windows:
            kind = as_name_or_none(info.get("rateLimitType"))
            self._said = PlanLimits(
                standing=standing, kind=kind, uses_credits=uses_credits, windows=windows, at_ms=at_ms
            )
        if standing == "reached":
            self._rejected = info
        if standing != "free":
            self._tell(info, standing, uses_credits=uses_credits)

    def answered(self, message: Json) -> None:
        """Take an answer of the conversation: whether it was refused for a limit."""
        if message.get("error") == REFUSED:
            self._refusal = as_object(as_object(message.get("api_error_params")).get("rate_limit_info"))

    def turn_ended(self, seq: int, *, is_error: bool, has_worked: bool) -> None:
        """Take that the frame `seq` has ended a turn."""
        if not is_error:
            self._news = WentOn(seq)
        elif self._refusal is not None:
            info = self._refusal if _resets_ms(self._refusal) else self._rejected
            resets_ms = _resets_ms(info)
            if resets_ms is not None:  # else nobody knows when to go on
                self._news = Stopped(seq, as_name_or_none(info.get("rateLimitType")), resets_ms, has_worked)
        self._rejected, self._refusal = {}, None

    def process_ended(self) -> None:
        """Take that no turn of that process ends any more."""
        self._rejected, self._refusal = {}, None

    def said(self) -> PlanLimits | None:
        """Return how the limits stand, if that was said since the last call."""
        said, self._said = self._said, None
        return said

    def news(self) -> Stopped | WentOn | None:
        """Return how the newest turn ended, where that concerns limits and was not returned before."""
        news, self._news = self._news, None
        return news

    def save(self) -> Json:
        return {"rejected": _kept(self._rejected), "refusal": None if self._refusal is None else _kept(self._refusal)}

    def load(self, state: Json) -> None:
        self._rejected = as_object(state.get("rejected"))
        refusal = state.get("refusal")
        self._refusal = refusal if isinstance(refusal, dict) else None

    def _tell(self, info: Json, standing: Standing, *, uses_credits: bool) -> None:
        kind = as_text(info.get("rateLimitType")).replace("_", " ") or "usage"
        used = as_number(info.get("utilization"))
        share = f" ({used:.0%} used)" if used is not None else ""
        level: Literal["warning", "error"] = "warning"
        if standing == "near":
            text = f"The {kind} limit is nearly reached{share}."
        elif uses_credits:
            text = f"The {kind} limit is reached{share}. Claude goes on with usage credits."
        else:
            level, text = "error", f"The {kind} limit is reached{share}."
        self._notices.add(level, REFUSED, text, resets_ms=_resets_ms(info))


def _windows(info: Json, standing: Standing) -> tuple[LimitWindow, ...]:
    """Return what is said of each limit; an older CLI says it of the one that binds first alone."""
    found = []
    for name, entry in list(as_object(info.get("unifiedWindows")).items())[:MAX_WINDOWS]:
        window = as_object(entry)
        kind, used = as_name_or_none(name), _share(window.get("utilization"))
        if kind is not None and used is not None:
            found.append(LimitWindow(kind=kind, used=used, resets_ms=_resets_ms(window)))
    kind = as_name_or_none(info.get("rateLimitType"))
    if kind is not None and kind not in [each.kind for each in found]:
        used = _share(info.get("utilization"))
        used = 1.0 if used is None and standing == "reached" else used
        resets_ms = _resets_ms(info)
        if used is not None or resets_ms is not None:
            found.append(LimitWindow(kind=kind, used=used, resets_ms=resets_ms))
    return tuple(found)


def _share(value: object) -> float | None:
    share = as_number(value)
    return None if share is None or not isfinite(share) or share < 0 else min(share, MAX_USED)


def _resets_ms(info: Json) -> int | None:
    resets_ms = as_count(info.get("resetsAt")) * 1000
    return resets_ms if 0 < resets_ms < MAX_MS else None


def _kept(info: Json) -> Json:
    """Return what is needed of a report until its turn ends."""
    return {
        "rateLimitType": as_name_or_none(info.get("rateLimitType")),
        "resetsAt": as_count(info.get("resetsAt")),
    }
