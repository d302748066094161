"""Requests made up from the API's own description: whatever comes, the answer is never a 5xx (X5)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from claudios.server.app import describe
from claudios.server.config import Config
from claudios.server.serving import running
from tests.helpers.server import PASSWORD

pytestmark = pytest.mark.integration

schema = schemathesis.openapi.from_dict(describe().openapi())


def described() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    """Return the operations by name. Of tests with the same name, workers that share a run do only one."""
    found: dict[str, APIOperation[Any, Any, Any, Any]] = {}
    for each in schema.get_all_operations():
        assert isinstance(each, Ok), each
        operation = each.ok()
        found[operation.definition.raw["operationId"]] = operation
    return found


OPERATIONS = described()
WITHOUT_TOKEN = {"sign_out", "delete_project", "revoke_token", "change_me"}


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server in a thread of its own, and the API token of somebody who owns all that is in it."""
    directory, started, stop = tmp_path_factory.mktemp("server"), threading.Event(), threading.Event()
    found: list[tuple[str, str]] = []

    async def serve() -> None:
        async with running(Config(state_dir=Path(directory), port=0)) as serving:
            async with httpx2.AsyncClient(base_url=serving.url, headers={"origin": serving.url}, timeout=60) as http:
                await http.post("/api/v1/auth/register", json={"username": "ada", "password": PASSWORD})
                token = (await http.post("/api/v1/tokens", json={"name": "fuzz"})).json()["token"]
            found.append((serving.url, token))
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(30)
    yield found[0]
    stop.set()
    thread.join()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPERATIONS)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_made_up_requests_never_break_the_server(name: str, signed_in: tuple[str, str], data: st.DataObject) -> None:
    url, token = signed_in
    headers = {} if name in WITHOUT_TOKEN else {"authorization": f"Bearer {token}"}
    case = data.draw(st.one_of(*(OPERATIONS[name].as_strategy(mode) for mode in schemathesis.GenerationMode)))
    case.call_and_validate(base_url=url, headers=headers, checks=[not_a_server_error])
