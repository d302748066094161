"""Images in a log: an item holds their place, from which they are read again."""

from __future__ import annotations

from base64 import b64encode

from claudios.protocol.frame import decode
from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.pictures import picture
from claudios.server.projections.shapes import Json, parse
from tests.unit.server.projections.transcripts import (
    PROMPT,
    folded,
    happened,
    log_of,
    out,
    said,
    text,
    tool_result,
    tool_use,
    user,
    written,
)

PNG = b"\x89PNG\r\n\x1a\n one"
GIF = b"GIF89a two"


def image(raw: bytes, media_type: str = "image/png") -> dict[str, object]:
    source = {"type": "base64", "media_type": media_type, "data": b64encode(raw).decode()}
    return {"type": "image", "source": source}


def shown(frames: list[bytes], places: object) -> list[tuple[str, bytes] | None]:
    """Return the images at these places of a log whose lines are each in one frame."""
    found = []
    assert isinstance(places, list)
    for place in places:
        frame = next(each for each in decode(b"".join(frames)) if each.seq == place["seq"])
        line = parse(frame.payload[place["offset"] :].partition(b"\n")[0])
        assert line is not None
        found.append(picture(line, place["number"]))
    return found


def test_the_images_of_a_prompt_and_of_each_result_are_found_where_the_item_says() -> None:
    two = tool_result("toolu_2", [image(GIF, "image/gif"), image(PNG)])
    frames = log_of(
        [
            happened("started"),
            written(user("first", "other"), user([image(PNG), image(GIF), text("look")], PROMPT)),
            out(said(tool_use("toolu_1", "Read")), said(tool_use("toolu_2", "mcp__x__draw"))),
            out(tool_result("toolu_1", [text("drawn"), image(PNG)]), two),
        ]
    )
    _, _, prompt, read, drawn = (item.body for item in folded(frames))
    assert (prompt["text"], prompt["images"]) == ("look", 2)
    assert shown(frames, prompt["pictures"]) == [("image/png", PNG), ("image/gif", GIF)]
    assert (read["result"], shown(frames, read["pictures"])) == ("drawn", [("image/png", PNG)])
    assert (drawn["result"], shown(frames, drawn["pictures"])) == ("", [("image/gif", GIF), ("image/png", PNG)])


def test_the_place_of_a_line_that_had_begun_is_kept_over_a_checkpoint() -> None:
    asked, line = out(said(tool_use("toolu_1", "Read"))), out(tool_result("toolu_1", [image(PNG)]))
    frames = log_of([happened("started"), asked, (line[0], b'{"type":"x"}\n' + line[1][:40]), (line[0], line[1][40:])])
    whole = folded(frames)[1].body["pictures"]
    before = Fold()
    before.feed(b"".join(frames[:3]))
    checkpoint = Checkpoint.of(before.checkpoint().encoded())
    assert checkpoint is not None
    stored = [entry for entry in before.dirty() if entry.no in checkpoint.open_items]
    after = Fold.restore(checkpoint, stored)
    after.feed(b"".join(frames[checkpoint.resume_seq - 1 :]))
    assert whole == [{"seq": 3, "offset": 13, "number": 0}]
    assert [entry.body["pictures"] for entry in after.dirty() if entry.kind == "tool"] == [whole]


def test_what_is_no_image_with_its_data_is_shown_as_json_and_never_fetched() -> None:
    remote = {"type": "image", "source": {"type": "url", "url": "http://example.org/a.png"}}
    drawing = image(b"<svg/>", "image/svg+xml")
    asked = out(said(tool_use("toolu_1", "mcp__x__draw")), tool_result("toolu_1", [remote, drawing]))
    tool = folded(log_of([happened("started"), asked]))[1].body
    assert tool["pictures"] == []
    assert '"url":"http://example.org/a.png"' in str(tool["result"])
    assert '"media_type":"image/svg+xml"' in str(tool["result"])


def test_data_that_is_not_what_it_says_is_no_image() -> None:
    message: Json = user([image(b"<script>"), {"type": "image", "source": {"type": "base64", "data": "%"}}, image(PNG)])
    assert picture(message, 0) is None
    assert picture(message, 1) == ("image/png", PNG)  # the second says no type, and is not counted
    assert picture(message, 2) is None


def test_two_results_in_one_line_have_their_own_images() -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [image(PNG)]},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": [image(GIF, "image/gif")]},
    ]
    asked = said(tool_use("toolu_1", "Read"), tool_use("toolu_2", "Read"))
    frames = log_of([happened("started"), out(asked), out(user(results))])
    _, first, second = (item.body for item in folded(frames))
    assert shown(frames, first["pictures"]) == [("image/png", PNG)]
    assert shown(frames, second["pictures"]) == [("image/gif", GIF)]
