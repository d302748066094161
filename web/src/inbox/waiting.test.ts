import { expect, test } from "vitest";
import { session } from "../testing/samples";
import { waitingTerminals } from "./waiting";

const asks = { mode: "terminal", state: "running", activity: "waiting", agent_online: true } as const;

test("a terminal waits for a person where Claude asks on its screen and its machine is there, the oldest first", () => {
  const found = waitingTerminals([
    session({ id: "newer", ...asks, updated_ms: 2 }),
    session({ id: "older", ...asks, updated_ms: 1 }),
    session({ id: "busy", ...asks, activity: "working" }),
    session({ id: "away", ...asks, agent_online: false }),
    session({ id: "over", ...asks, state: "ended" }),
    session({ id: "chat", ...asks, mode: "chat", pending_requests: 1 }),
  ]);
  expect(found.map(({ id }) => id)).toEqual(["older", "newer"]);
});
