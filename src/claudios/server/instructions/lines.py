"""The lines that are written to Claude's standard input. Each is one JSON object, without its newline.

The forms are those of the stream-json input of the CLI.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

import orjson

from claudios.protocol.images import media_type_of


def user_message(text: str, uuid: str, images: Sequence[bytes] = ()) -> str:
    """Return a person's prompt, its images first. The CLI knows it by `uuid`: the same one twice is run once."""
    content = [*map(_image, images), {"type": "text", "text": text}] if images else text
    return _line(
        {
            "type": "user",
            "message": {"role": "user", "content": content},
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


def _image(raw: bytes) -> dict[str, object]:
    source = {"type": "base64", "media_type": media_type_of(raw), "data": b64encode(raw).decode()}
    return {"type": "image", "source": source}


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
