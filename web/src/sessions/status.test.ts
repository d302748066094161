import { expect, test } from "vitest";
import { session } from "../testing/samples";
import { mostUrgentFirst } from "./status";

test("what needs a person comes first, then what is at work; those alike stay in their order", () => {
  const sorted = mostUrgentFirst([
    session({ id: "ended", state: "ended" }),
    session({ id: "idle" }),
    session({ id: "works", activity: "working" }),
    session({ id: "asks", pending_requests: 1 }),
    session({ id: "works too", activity: "working" }),
    session({ id: "away", agent_online: false }),
  ]);
  expect(sorted.map(({ id }) => id)).toEqual(["asks", "works", "works too", "idle", "away", "ended"]);
});
