"""What the user is told while they look elsewhere, and by which ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claudios.client.http import Http, segment
from claudios.client.reading import read_all


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to be told: push, ntfy or webhook. `problem` says why the newest notification did not arrive."""

    id: str
    kind: str
    name: str
    address: str
    created_ms: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What was told, and how it went: `state` is pending, sent, withdrawn (not needed any more) or failed."""

    id: str
    channel_id: str
    channel_name: str
    kind: str
    title: str
    text: str
    state: str
    attempts: int
    created_ms: int
    session_id: str | None = None
    problem: str | None = None


class NotificationRequests:
    """The requests about them, for `Client`."""

    _http: Http

    def notifications(self) -> tuple[Notification, ...]:
        """Return what the user was told lately, newest first."""
        return read_all(Notification, self._http.ask("GET", "/notifications"))

    def channels(self) -> tuple[Channel, ...]:
        """Return the ways by which the user is told."""
        return read_all(Channel, self._http.ask("GET", "/notifications/channels"))

    def test_channel(self, channel_id: str) -> None:
        """Send a notification one way that shows that it works. Raises TooMany."""
        self._http.ask("POST", f"/notifications/channels/{segment(channel_id)}/test", {})

    def muted_projects(self) -> tuple[str, ...]:
        """Return the ids of the projects that the user is not told of."""
        return tuple(str(each) for each in _muted(self._settings()))

    def mute_projects(self, project_ids: tuple[str, ...]) -> None:
        """Say which projects the user is not to be told of; all other choices stay."""
        self._http.ask("PUT", "/notifications/settings", {**self._settings(), "muted_projects": list(project_ids)})

    def _settings(self) -> Mapping[str, object]:
        found = self._http.ask("GET", "/notifications/settings")
        return found if isinstance(found, dict) else {}


def _muted(settings: Mapping[str, object]) -> list[object]:
    found = settings.get("muted_projects")
    return found if isinstance(found, list) else []
