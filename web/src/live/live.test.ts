import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { answerCalls, quietLive } from "../testing/page";
import { instruction, SESSION_ID, unsent } from "../testing/samples";
import { instructionsInto, queueInto } from "./queries";

test("a prompt is no longer unsent once the server says that it has it, also where only an answer says so", async () => {
  const { store, unsent: kept } = quietLive();
  answerCalls((method, path) => {
    if (method === "POST") return new Promise(() => {});
    if (path.endsWith("/instructions")) return [instruction({ id: "c1" })];
    const prompts = [{ id: "c2", text: "hello", images: 0, created_by: "ada", created_ms: 1 }];
    return { session_id: SESSION_ID, version: 1, prompts };
  });
  await kept.begin("ada");
  kept.add(unsent({ id: "c1", createdMs: Date.now() }));
  kept.add(unsent({ id: "c2", way: "queue", createdMs: Date.now() }));
  const client = new QueryClient();
  await client.fetchQuery(instructionsInto(store, SESSION_ID));
  expect(kept.all.map(({ id }) => id)).toEqual(["c2"]);
  await client.fetchQuery(queueInto(store, SESSION_ID));
  expect(kept.all).toEqual([]);
});
