"""Images to Claude and from its tools: the real CLI, and a scripted model that keeps what it was sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.protocol.images import MAX_IMAGES, MAX_IMAGES_BYTES
from claudios.server.projections.lines import MAX_LINE_BYTES
from claudios.server.serving import Serving
from claudios.server.web.pictures import MAX_READ_BYTES, READ_BYTES
from tests.helpers.claude import claude_environment_for
from tests.helpers.images import images_sent, png
from tests.helpers.model import running_model
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import line, new_agent, take
from tests.helpers.terminals import send
from tests.helpers.viewers import Page, page
from tests.integration.test_viewer_real_claude import kinds, running_agent, until_turn

pytestmark = pytest.mark.integration

RED = png(40, 30, seed=1)
BLUE = png(64, 64, seed=2)
JPEG = b"\xff\xd8\xff\xe0" + bytes(16)


@dataclass
class Place:
    """A project with an agent that runs the real CLI, and what its model was sent."""

    owner: Person
    watching: Page
    project: str
    agent: str
    work: Path
    bodies: Path

    async def start(self, **wanted: object) -> str:
        body = {"agent_id": self.agent, "directory": str(self.work), **wanted}
        session = await self.owner.ask("POST", f"/projects/{self.project}/sessions", body)
        await self.watching.subscribe(session["id"])
        return str(session["id"])

    async def shown(self, session_id: str, item: dict[str, Any]) -> list[bytes]:
        """Return the images of an item, as a page gets them."""
        found = []
        for at in item["body"]["pictures"]:
            path = f"/api/v1/sessions/{session_id}/images/{at['seq']}/{at['offset']}/{at['number']}"
            answer = await self.owner.http.get(path)
            assert answer.headers["content-type"] in ("image/png", "image/jpeg", "image/webp")
            assert answer.headers["x-content-type-options"] == "nosniff"
            found.append(answer.content)
        return found


@pytest.fixture
async def place(server: Serving, people: People, tmp_path: Path, claude_cli: Path) -> AsyncIterator[Place]:
    async with _place(server, people, tmp_path, claude_cli, "websocket") as made:
        yield made


@asynccontextmanager
async def _place(
    server: Serving, people: People, tmp_path: Path, claude_cli: Path, transport: str
) -> AsyncIterator[Place]:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "pictures"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "here"})
    work, bodies = tmp_path / "work", tmp_path / "bodies"
    work.mkdir()
    with running_model("--bodies", str(bodies)) as model:
        environment = claude_environment_for(model.url, tmp_path / "claude-home")
        async with (
            running_agent(server.url, made["token"], tmp_path, claude_cli, environment, transport),
            page(owner) as watching,
        ):
            yield Place(owner, watching, project["id"], made["agent"]["id"], work, bodies)


def base64(*images: bytes) -> list[str]:
    return [b64encode(raw).decode() for raw in images]


@pytest.mark.parametrize("transport", ["websocket", "poll"])
async def test_the_model_gets_the_bytes_that_a_person_sent_and_the_transcript_shows_them(
    server: Serving, people: People, tmp_path: Path, claude_cli: Path, transport: str
) -> None:
    async with _place(server, people, tmp_path, claude_cli, transport) as place:
        session_id = await place.start(prompt="[[say First.]]", images=base64(RED))
        items = await until_turn(place.watching, session_id, 1)
        assert images_sent(place.bodies) == [RED]

        body = {"text": "[[say Second.]]", "images": base64(BLUE, RED)}
        sent = await place.owner.ask("POST", f"/sessions/{session_id}/commands", body)
        assert sent["images"] == 2
        items = await until_turn(place.watching, session_id, 2)
        assert images_sent(place.bodies) == [RED, BLUE, RED]
        first, second = (item for item in items if item["kind"] == "user")
        assert first["body"]["text"] == "[[say First.]]"
        assert await place.shown(session_id, first) == [RED]
        assert await place.shown(session_id, second) == [BLUE, RED]
        waiting = await place.owner.http.get(f"/api/v1/sessions/{session_id}/prompts/{sent['id']}/images/1")
        assert (waiting.content, waiting.headers["content-type"]) == (RED, "image/png")


async def test_as_much_as_may_be_sent_reaches_the_model(place: Place) -> None:
    large = png(860, 770)
    assert MAX_IMAGES_BYTES - 20_000 < len(large) <= MAX_IMAGES_BYTES
    words = "x" * 400_000
    session_id = await place.start(prompt=f"[[say Seen.]] {words}", images=base64(large))
    items = await until_turn(place.watching, session_id, 1)
    assert len(images_sent(place.bodies)) == 1
    asked = next(item for item in items if item["kind"] == "user")
    assert await place.shown(session_id, asked) == [large]
    assert (await place.owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True


async def test_a_prompt_that_waits_keeps_its_images_over_an_edit(place: Place) -> None:
    session_id = await place.start(prompt="[[text 4000 rate=400]]")
    await place.watching.until(session_id, lambda items: "message" in kinds(items))
    waiting = {"id": str(uuid4()), "text": "[[say Waited.]]", "images": base64(BLUE)}
    queue = await place.owner.ask("POST", f"/sessions/{session_id}/prompts", waiting)
    assert [each["images"] for each in queue["prompts"]] == [1]
    edited = {"text": "[[say Edited.]]", "instead_of": waiting["text"]}
    queue = await place.owner.ask("PATCH", f"/sessions/{session_id}/prompts/{waiting['id']}", edited)
    assert [(each["text"], each["images"]) for each in queue["prompts"]] == [("[[say Edited.]]", 1)]
    await place.owner.ask("POST", f"/sessions/{session_id}/interrupt")
    items = await until_turn(place.watching, session_id, 2)
    assert [item["body"]["text"] for item in items if item["kind"] == "message"][-1] == "Edited."
    assert images_sent(place.bodies) == [BLUE]


async def test_a_resumed_session_takes_images(place: Place) -> None:
    session_id = await place.start(prompt="[[say First.]]")
    await until_turn(place.watching, session_id, 1)
    await place.owner.ask("POST", f"/sessions/{session_id}/terminate")
    await place.watching.expect("session", matching=lambda told: told["session"]["state"] == "ended")
    refused = await place.owner.ask("POST", f"/sessions/{session_id}/resume", {"images": base64(RED)}, expect=422)
    assert "Images go with a prompt" in refused["error"]["message"]
    again = {"prompt": "[[say Back.]]", "images": base64(RED)}
    await place.owner.ask("POST", f"/sessions/{session_id}/resume", again)
    await until_turn(place.watching, session_id, 2)
    assert images_sent(place.bodies) == [RED]


async def test_an_image_that_claude_reads_is_shown(place: Place) -> None:
    (place.work / "picture.png").write_bytes(RED)
    session_id = await place.start(prompt=f"[[read {place.work / 'picture.png'}]] [[say Seen.]]")
    items = await until_turn(place.watching, session_id, 1)
    tool = next(item for item in items if item["kind"] == "tool")
    assert await place.shown(session_id, tool) == [RED]
    assert kinds(items).count("user") == 1  # what comes with a result stands in no prompt, too
    assert len(str(tool["body"])) < 5000  # the item holds the place of the image, not the image
    for wrong in ("1/0/0", "999/0/0", f"{tool['body']['pictures'][0]['seq']}/1/0"):
        answer = await place.owner.http.get(f"/api/v1/sessions/{session_id}/images/{wrong}")
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("images", "why"),
    [
        (base64(RED) * (MAX_IMAGES + 1), "9 images, and 8 is the most"),
        (base64(RED, b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "Image 2 is not a PNG"),
        (base64(JPEG + bytes(MAX_IMAGES_BYTES)), "2,000,000 is the most"),
        (["not Base64!"], "images"),
    ],
)
async def test_what_claude_takes_no_images_of_is_refused(people: People, images: list[str], why: str) -> None:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "pictures"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "away"})
    body = {"agent_id": made["agent"]["id"], "prompt": "look", "images": images}
    refused = await owner.ask("POST", f"/projects/{project['id']}/sessions", body, expect=422)
    assert why in refused["error"]["message"]


@pytest.mark.parametrize(
    ("between_bytes", "status"), [(MAX_READ_BYTES // 8, 200), (MAX_READ_BYTES + MAX_LINE_BYTES, 404)]
)
async def test_a_line_is_not_sought_without_end_in_what_another_stream_said_meanwhile(
    server: Serving, people: People, between_bytes: int, status: int
) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    session = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id})
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": base64(RED)[0]}}
    said = line({"type": "user", "message": {"content": [image]}})
    output = agent.output(session["id"])
    other = (Stream.STDERR, b"x" * MAX_PAYLOAD_BYTES)
    async with agent.link() as link:
        await take(link, agent)
        await send(link, output, said[:100])
        for _ in range(between_bytes // READ_BYTES):
            await send(link, output, *[other] * (READ_BYTES // MAX_PAYLOAD_BYTES))
        await send(link, output, said[100:])
    answer = await owner.http.get(f"/api/v1/sessions/{session['id']}/images/1/0/0")
    assert answer.status_code == status
    assert (answer.content == RED) is (status == 200)


async def test_the_same_id_with_other_images_is_a_conflict(people: People) -> None:
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "pictures"})
    made = await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "away"})
    body = {"agent_id": made["agent"]["id"], "id": str(uuid4()), "prompt": "look", "images": base64(RED)}
    path = f"/projects/{project['id']}/sessions"
    first = await owner.ask("POST", path, body)
    assert (await owner.ask("POST", path, body))["id"] == first["id"]
    await owner.ask("POST", path, {**body, "images": base64(BLUE)}, expect=409)
