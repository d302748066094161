"""The lines that are written to Claude's standard input. Each is one JSON object, without its newline.

The forms are those of the stream-json input of the CLI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson


def user_message(text: str, uuid: str) -> str:
    """Return a person's prompt. `uuid` is what the CLI knows it by: the same one twice is run once."""
    return _line(
        {
            "type": "user",
            "message": {"role": "user", "content": text},
            "parent_tool_use_id": None,
            "session_id": "",
            "uuid": uuid,
        }
    )


def interrupt(request_id: str) -> str:
    """Return the request to stop the running turn."""
    return _control(request_id, {"subtype": "interrupt"})


def set_model(request_id: str, model: str | None) -> str:
    """Return the request to use another model from the next turn on; None is the CLI's own choice."""
    return _control(request_id, {"subtype": "set_model", "model": model})


def set_permission_mode(request_id: str, mode: str) -> str:
    """Return the request to go on in another permission mode."""
    return _control(request_id, {"subtype": "set_permission_mode", "mode": mode})


def set_effort(request_id: str, effort: str) -> str:
    """Return the request to make another effort from the next turn on."""
    return _control(request_id, {"subtype": "apply_flag_settings", "settings": {"effortLevel": effort}})


def stop_task(request_id: str, task_id: str) -> str:
    """Return the request to stop a task that runs in the background."""
    return _control(request_id, {"subtype": "stop_task", "task_id": task_id})


def nothing() -> str:
    """Return a line that has no effect: it stands where a withdrawn one stood."""
    return _line({"type": "keep_alive"})


def allow(
    request_id: str,
    updated_input: Mapping[str, object] | None,
    permissions: Sequence[Mapping[str, object]] = (),
) -> str:
    """Return the answer that lets a tool run, with changed input and lasting permissions where given."""
    response: dict[str, object] = {"behavior": "allow"}
    if updated_input is not None:
        response["updatedInput"] = dict(updated_input)
    if permissions:
        response["updatedPermissions"] = [dict(permission) for permission in permissions]
    return _answer(request_id, response)


def deny(request_id: str, message: str, *, interrupt: bool = False) -> str:
    """Return the answer that forbids a tool; the model reads `message`. `interrupt` ends the turn as well."""
    response: dict[str, object] = {"behavior": "deny", "message": message}
    if interrupt:
        response["interrupt"] = True
    return _answer(request_id, response)


def unsupported(request_id: str, subtype: str) -> str:
    """Return the answer to a control request of a kind that is not served here."""
    error = f"Unsupported control request subtype: {subtype}"
    response = {"subtype": "error", "request_id": request_id, "error": error}
    return _line({"type": "control_response", "response": response})


def _control(request_id: str, request: Mapping[str, object]) -> str:
    return _line({"type": "control_request", "request_id": request_id, "request": dict(request)})


def _answer(request_id: str, response: Mapping[str, object]) -> str:
    return _line(
        {
            "type": "control_response",
            "response": {"subtype": "success", "request_id": request_id, "response": dict(response)},
        }
    )


def _line(value: Mapping[str, object]) -> str:
    return orjson.dumps(value).decode()
