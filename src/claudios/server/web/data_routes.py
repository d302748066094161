"""The raw routes of the data path: the agents' carriers and the viewers' sockets."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Scope

from claudios.server.data_path import DataPath
from claudios.server.web.agent_link import LinkSocket
from claudios.server.web.agent_poll import LinkPoll
from claudios.server.web.live_log import LiveLog
from claudios.server.web.terminal_socket import TerminalSocket
from claudios.server.web.viewer_socket import ViewerSocket


def _data_path(scope: Scope) -> DataPath:
    found: DataPath = HTTPConnection(scope).app.state.data_path
    return found


ROUTES: tuple[BaseRoute, ...] = (
    WebSocketRoute("/agent/v1/link", LinkSocket(lambda scope: _data_path(scope).links)),
    Route("/agent/v1/sync", LinkPoll(lambda scope: _data_path(scope).links), methods=["POST"]),
    WebSocketRoute("/api/v1/live", ViewerSocket(_data_path)),
    WebSocketRoute("/api/v1/sessions/{session_id}/live-log", LiveLog(lambda scope: _data_path(scope).watching)),
    WebSocketRoute("/api/v1/sessions/{session_id}/terminal", TerminalSocket(_data_path)),
)
