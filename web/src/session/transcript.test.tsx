import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import { answerCalls, faults, quietLive, show } from "../testing/page";
import { message, SESSION_ID, session } from "../testing/samples";
import { OpenStates } from "./open-state";
import { TranscriptList } from "./transcript";

function Sought() {
  const [target, setTarget] = useState<number | undefined>(5);
  return (
    <OpenStates>
      <TranscriptList
        sessionId={SESSION_ID}
        empty={null}
        mayCommand={false}
        sentId={null}
        target={target}
        onStop={() => setTarget(undefined)}
      />
    </OpenStates>
  );
}

test("who waits for a place far back stops it, and nothing more is loaded", async () => {
  const live = quietLive();
  live.store.transcripts.takeItems({
    type: "items",
    session_id: SESSION_ID,
    items: [message(9_000, "the newest")],
    position: 1,
    has_earlier: true,
    reset: true,
    session: session(),
    requests: [],
  });
  let arrive = (_page: unknown) => {};
  const asked = answerCalls(() => new Promise((resolve) => (arrive = resolve)));
  const { container } = show(<Sought />, live);
  const stop = await screen.findByRole("button", { name: "Stop" });
  expect(screen.getByText("Loading back to this place: 8,995 items to go")).toBeDefined();
  expect(asked).toHaveLength(1);
  expect(await faults(container)).toEqual([]);
  stop.focus();
  fireEvent.click(stop);
  expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("log"));
  arrive({ items: [message(8_999, "before it")], position: 1, has_earlier: true });
  await expect.poll(() => live.store.transcripts.view(SESSION_ID).order).toEqual([8_999, 9_000]);
  expect(asked).toHaveLength(1);
});
