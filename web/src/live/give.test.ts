import { expect, test } from "vitest";
import { answerCalls, quietLive } from "../testing/page";
import { instruction, SESSION_ID, session, unsent } from "../testing/samples";
import { give } from "./give";

const ENDED = { error: { code: "conflict", message: "This session has ended." } };
const signal = new AbortController().signal;

function endedServer(): [string, unknown][] {
  return answerCalls((_, path) => {
    if (path.endsWith("/resume")) return session({ state: "queued", epoch: 2, updated_ms: 9_000 });
    return path.endsWith("/commands") ? Response.json(ENDED, { status: 409 }) : instruction();
  });
}

test("a prompt for a session that has ended meanwhile resumes it under its own id, once somebody has said so", async () => {
  const { store } = quietLive();
  store.putSession(session({ state: "ended", reason: "exited" }));
  const asked = endedServer();
  await give(store, unsent({ isToldAgain: true }), signal);
  expect(asked).toEqual([
    [`POST /sessions/${SESSION_ID}/commands`, { text: "hello", id: "c1" }],
    [`POST /sessions/${SESSION_ID}/resume`, { prompt: "hello", id: "c1" }],
  ]);
  expect(store.session(SESSION_ID)?.epoch).toBe(2);
});

test("a prompt does not resume a session by itself", async () => {
  const { store } = quietLive();
  store.putSession(session({ state: "ended", reason: "exited" }));
  const asked = endedServer();
  await expect(give(store, unsent(), signal)).rejects.toMatchObject({ code: "conflict" });
  expect(asked).toHaveLength(1);
});
