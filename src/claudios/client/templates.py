"""Templates that sessions are started from, and the directories an agent's sessions used last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claudios.client.http import Http, segment
from claudios.client.reading import read, read_all


@dataclass(frozen=True, slots=True)
class Template:
    """What a session is started with, under a name; None: whoever starts it is to choose.

    `placeholders` are the places in its prompt that are filled in first, as `protocol.placeholders` has them.
    """

    id: str
    project_id: str
    name: str
    created_ms: int
    updated_ms: int
    prompt: str | None = None
    agent_id: str | None = None
    directory: str | None = None
    model: str | None = None
    permission_mode: str | None = None
    effort: str | None = None
    placeholders: tuple[str, ...] = ()
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class RecentDirectory:
    """A directory of an agent's machine, and when a session was started in it last."""

    directory: str
    used_ms: int


class TemplateRequests:
    """The requests about them, for `Client`."""

    _http: Http

    def templates(self, project_id: str | None = None) -> tuple[Template, ...]:
        """Return the templates of a project, or of all in which the user may start sessions, by name."""
        return read_all(Template, self._http.ask("GET", "/templates", query={"project_id": project_id}))

    def create_template(self, project_id: str, name: str, settings: Mapping[str, str | None]) -> Template:
        """Keep settings, keyed as `Template` has them, under a name. Raises Conflict for one in use."""
        body = {"name": name, **settings}
        return read(Template, self._http.ask("POST", f"/projects/{segment(project_id)}/templates", body))

    def remove_template(self, template: Template) -> None:
        """Remove a template."""
        path = f"/projects/{segment(template.project_id)}/templates/{segment(template.id)}"
        self._http.ask("DELETE", path)

    def recent_directories(self, agent_id: str) -> tuple[RecentDirectory, ...]:
        """Return the directories that sessions were started in on an agent, the one used last first."""
        path = f"/agents/{segment(agent_id)}/recent-directories"
        return read_all(RecentDirectory, self._http.ask("GET", path))
