import { beforeEach, describe, expect, test, vi } from "vitest";
import { agent, instruction, message, prompt, request, SESSION_ID, session, unsent } from "../testing/samples";
import type { ItemsMessage } from "./messages";
import { Store } from "./store";
import { topic } from "./topic";
import { Topics } from "./topics";

let store: Store;
let flush: () => void;

beforeEach(() => {
  let scheduled: (() => void) | null = null;
  store = new Store(
    new Topics((run) => {
      scheduled = run;
    }),
  );
  flush = () => scheduled?.();
});

const items = (changes: Partial<ItemsMessage> = {}): ItemsMessage => ({
  type: "items",
  session_id: SESSION_ID,
  items: [],
  position: 5,
  has_earlier: false,
  reset: true,
  session: session(),
  requests: [],
  ...changes,
});

const waiting = () => store.transcripts.prompts(SESSION_ID, store.session(SESSION_ID)?.state === "ended");

function subscribed(...given: ItemsMessage["items"]): void {
  store.receive(items({ items: given }));
}

describe("the store", () => {
  test("shows sessions newest first, the same list until one changes", () => {
    store.putSession(session({ id: "old", created_ms: 1 }));
    store.putSession(session({ id: "new", created_ms: 2 }));
    expect(store.sessions.map(({ id }) => id)).toEqual(["new", "old"]);
    expect(store.sessions).toBe(store.sessions);
  });

  test("does not let a slow answer undo what came live", () => {
    store.putSession(session({ state: "ended", updated_ms: 50 }));
    store.putSession(session({ state: "running", updated_ms: 40 }));
    expect(store.session(SESSION_ID)?.state).toBe("ended");
  });

  test("tells only those whose item changed, once a frame", () => {
    subscribed(message(1, "a"), message(2, "b"));
    flush();
    const first = vi.fn();
    const second = vi.fn();
    const order = vi.fn();
    store.topics.listen(topic.item(SESSION_ID, 1), first);
    store.topics.listen(topic.item(SESSION_ID, 2), second);
    store.topics.listen(topic.transcript(SESSION_ID), order);
    for (const position of [6, 7, 8])
      store.receive({
        type: "patch",
        session_id: SESSION_ID,
        position,
        changes: [{ op: "append", no: 2, field: "text", text: "." }],
      });
    flush();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
    expect(order).not.toHaveBeenCalled();
    expect(store.transcripts.item(SESSION_ID, 2)?.body).toMatchObject({ text: "b..." });
  });

  test("asks for the whole once, and then only for what is new", () => {
    expect(store.transcripts.position(SESSION_ID)).toBeUndefined();
    store.receive(items({ items: [message(1, "a")], position: 9 }));
    expect(store.transcripts.position(SESSION_ID)).toBe(9);
  });

  test("asks for the whole again when it has lost its thread", () => {
    subscribed(message(1, "a"));
    const lost = vi.fn();
    store.transcripts.onLost = lost;
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    store.receive({
      type: "patch",
      session_id: SESSION_ID,
      position: 6,
      changes: [{ op: "append", no: 9, field: "text", text: "?" }],
    });
    expect(lost).toHaveBeenCalledWith(SESSION_ID);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(store.transcripts.position(SESSION_ID)).toBeUndefined();
  });

  test("begins anew when too much has changed to be told apart", () => {
    subscribed(message(1, "a"), message(2, "b"));
    store.receive(items({ items: [message(900, "z")], position: 1000, has_earlier: true, reset: true }));
    expect(store.transcripts.view(SESSION_ID)).toMatchObject({ order: [900], hasEarlier: true, isLoaded: true });
  });

  test("does not let a list that was long on its way undo what came live meanwhile", () => {
    const { revision } = store;
    store.receive({ type: "agent", agent: agent({ online: true }) });
    store.receive({ type: "request", request: request() });
    store.replaceAgents([agent({ online: false })], revision);
    store.replacePending([], revision);
    expect(store.agent("a1")?.online).toBe(true);
    expect(store.pendingRequests).toHaveLength(1);
    store.replacePending([], store.revision);
    expect(store.pendingRequests).toHaveLength(0);
  });

  test("takes a session's requests as the server knows them, those answered elsewhere being gone", () => {
    store.putRequest(request({ id: "gone" }));
    store.putRequest(request({ id: "other", session_id: "another" }));
    store.receive(items({ requests: [request({ id: "here" })] }));
    expect(store.pendingRequests.map(({ id }) => id).sort()).toEqual(["here", "other"]);
  });

  test("keeps requests of two sessions apart that have the same id", () => {
    store.putRequest(request({ tool_name: "Bash" }));
    store.putRequest(request({ session_id: "another", tool_name: "Write" }));
    expect(store.request(SESSION_ID, "r1")?.tool_name).toBe("Bash");
    expect(store.pendingRequests).toHaveLength(2);
  });

  test("knows that a session is cut off as soon as its agent is", () => {
    store.putAgent(agent({ online: true }));
    store.putSession(session({ agent_online: true }));
    store.receive({ type: "agent", agent: agent({ online: false, name: "old laptop" }) });
    expect(store.session(SESSION_ID)).toMatchObject({ agent_online: false, agent_name: "old laptop" });
    store.putSession(session({ agent_online: true, updated_ms: 9_000 }));
    expect(store.session(SESSION_ID)?.agent_online).toBe(false);
  });

  test("lets go of agents that are no longer there", () => {
    store.putAgent(agent({ id: "a1", project_id: "p1" }));
    store.putAgent(agent({ id: "a2", project_id: "p2" }));
    store.replaceAgents([agent({ id: "a2" })], store.revision);
    expect(store.agents.map(({ id }) => id)).toEqual(["a2"]);
  });

  test("says what was refused when it is not a prompt, which says so itself", () => {
    const refused = vi.fn();
    store.onRefused = refused;
    store.receive({ type: "instruction", instruction: instruction({ state: "refused" }) });
    expect(refused).not.toHaveBeenCalled();
    store.receive({ type: "instruction", instruction: instruction({ id: "t1", text: null, state: "refused" }) });
    expect(refused).toHaveBeenCalledTimes(1);
  });
});

describe("a session that is told to end", () => {
  const told = (changes: Parameters<typeof instruction>[0] = {}) =>
    instruction({ id: "t1", kind: "terminate_session", text: null, ...changes });

  test("is ending until it has ended, and no more once it is resumed", () => {
    store.putSession(session());
    store.takeInstruction(told({ state: "queued" }));
    expect(store.session(SESSION_ID)?.is_ending).toBe(true);
    store.receive({ type: "instruction", instruction: told({ state: "done" }) });
    store.receive({ type: "session", session: session({ updated_ms: 3_000 }) });
    expect(store.session(SESSION_ID)?.is_ending).toBe(true);
    store.receive({ type: "session", session: session({ state: "ended", updated_ms: 4_000 }) });
    expect(store.session(SESSION_ID)?.is_ending ?? false).toBe(false);
    store.receive({ type: "session", session: session({ epoch: 2, updated_ms: 5_000 }) });
    expect(store.session(SESSION_ID)?.is_ending ?? false).toBe(false);
  });

  test("is not ending any more when its machine would not do it, nor of what was done long ago", () => {
    store.putSession(session());
    store.takeInstruction(told({ state: "queued" }));
    store.receive({ type: "instruction", instruction: told({ state: "refused" }) });
    expect(store.session(SESSION_ID)?.is_ending).toBe(false);
    store.takeInstruction(told({ state: "queued" })); // an answer that was overtaken by what its machine said
    expect(store.session(SESSION_ID)?.is_ending).toBe(false);
    store.takeInstruction(told({ state: "done" }));
    expect(store.session(SESSION_ID)?.is_ending).toBe(false);
  });
});

describe("a prompt", () => {
  const states = () => waiting().map(({ state }) => state);

  test("shows from the key press until it stands in the transcript", () => {
    subscribed(message(1, "hello"));
    store.transcripts.changeOutbox(SESSION_ID, (outbox) => outbox.putUnsent(unsent({ text: "do it" })));
    expect(states()).toEqual(["sending"]);
    store.transcripts.takeInstruction(instruction({ id: "c1", state: "queued" }));
    expect(states()).toEqual(["queued"]);
    store.receive({ type: "instruction", instruction: instruction({ id: "c1", state: "taken" }) });
    expect(states()).toEqual(["taken"]);
    store.receive({
      type: "patch",
      session_id: SESSION_ID,
      position: 6,
      changes: [{ op: "upsert", item: prompt(2, "do it", "c1") }],
    });
    expect(states()).toEqual([]);
  });

  test("that could not be sent says so until it is put aside", () => {
    subscribed();
    const message = "The server cannot be reached.";
    store.transcripts.changeOutbox(SESSION_ID, (outbox) => outbox.putUnsent(unsent({ message })));
    expect(waiting()[0]).toMatchObject({ state: "unsent", message });
    store.transcripts.changeOutbox(SESSION_ID, (outbox) => outbox.forget("c1"));
    expect(states()).toEqual([]);
  });

  test("that the server has is not forgotten with what was unsent, nor shown as unsent again", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ id: "c1", state: "queued" }));
    store.transcripts.changeOutbox(SESSION_ID, (outbox) => outbox.putUnsent(unsent({ message: "No answer." })));
    store.transcripts.changeOutbox(SESSION_ID, (outbox) => outbox.forget("c1"));
    expect(states()).toEqual(["queued"]);
  });

  test("that was not done stays in sight, over a reload too, until somebody settles it", () => {
    subscribed(message(1, "much later"));
    store.transcripts.takeInstruction(instruction({ state: "unknown", created_ms: 10 }));
    expect(states()).toEqual(["unknown"]);
    store.transcripts.takeInstruction(instruction({ state: "dropped", created_ms: 10 }));
    expect(states()).toEqual([]);
  });

  test("that was withdrawn stays until something newer is said", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ state: "withdrawn" }));
    expect(states()).toEqual(["withdrawn"]);
    subscribed(message(4_000, "newer"));
    expect(states()).toEqual([]);
  });

  test("that was sent again stands for both, and goes when the transcript has its uuid", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ id: "c1", state: "retried" }));
    store.transcripts.takeInstruction(instruction({ id: "c2", input_id: "c1", state: "sent" }));
    expect(waiting().map(({ id }) => id)).toEqual(["c2"]);
    subscribed(prompt(1, "hello", "c1"));
    expect(states()).toEqual([]);
  });

  test("does not go back when an answer was overtaken by news", () => {
    subscribed();
    store.receive({ type: "instruction", instruction: instruction({ state: "refused" }) });
    store.transcripts.takeInstruction(instruction({ state: "sent" }));
    expect(states()).toEqual(["refused"]);
  });

  test("shows what somebody else edited", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ text: "one thing" }));
    expect(waiting()[0]?.text).toBe("one thing");
    store.receive({ type: "instruction", instruction: instruction({ text: "another" }) });
    expect(waiting()[0]?.text).toBe("another");
  });

  test("is not out of sight for a moment between being taken and being told of", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ state: "sent" }));
    store.transcripts.takeInstruction(instruction({ state: "done" }));
    expect(states()).toEqual(["done"]);
    subscribed(prompt(1, "hello", "c1"));
    expect(states()).toEqual([]);
  });

  test("that an ended session never took up is not lost with it", () => {
    subscribed();
    store.transcripts.takeInstruction(instruction({ state: "sent" }));
    store.transcripts.takeInstruction(instruction({ state: "done" }));
    store.putSession(session({ state: "ended", reason: "failed", updated_ms: 9_000 }));
    expect(states()).toEqual(["session_lost"]);
    expect(waiting()).toBe(waiting());
  });

  test("that was done before this page came is history", () => {
    subscribed(message(1, "hello"));
    store.transcripts.takeInstruction(instruction({ state: "done" }));
    expect(states()).toEqual([]);
  });

  test("of two states of what waits keeps the newer, in whatever order they come", () => {
    const queue = (version: number) => ({ session_id: "s1", version, prompts: [] });
    store.receive({ type: "queue", queue: queue(4) });
    store.putQueue(queue(3));
    expect(store.queue("s1")?.version).toBe(4);
  });
});
