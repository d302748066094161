import { beforeEach, describe, expect, test } from "vitest";
import { Store } from "../live/store";
import { Topics } from "../live/topics";
import { agent, message, request, SESSION_ID, session } from "../testing/samples";
import {
  LONGEST_MS,
  MOST_CHARACTERS,
  MOST_ITEMS,
  MOST_SESSIONS,
  MOST_TRANSCRIPTS,
  nearestSessions,
  newestItems,
} from "./bounds";
import { Copies, type Shelf } from "./copies";
import { Keeper } from "./keeper";

class Memory implements Shelf {
  readonly kept = new Map<string, unknown>();
  async get<T>(key: string): Promise<T | undefined> {
    return this.kept.get(key) as T | undefined;
  }
  async put(key: string, value: unknown): Promise<void> {
    this.kept.set(key, value);
  }
  async delete(key: string): Promise<void> {
    this.kept.delete(key);
  }
  async keys(): Promise<readonly string[]> {
    return [...this.kept.keys()];
  }
  async clear(): Promise<void> {
    this.kept.clear();
  }
}

const ADA = { id: "ada", username: "ada" } as never;
const SERVER = { version: "1" } as never;

let shelf: Memory;
let copies: Copies;
const SHAPES = "those of now";
let store: Store;
let keeper: Keeper;
let nowMs: number;
let entered: string;

beforeEach(() => {
  nowMs = 1_000_000;
  entered = "ada";
  shelf = new Memory();
  copies = new Copies(shelf, () => nowMs, SHAPES);
  store = new Store(new Topics((run) => run()));
  keeper = new Keeper({
    copies,
    store,
    known: () => ({ me: ADA, server: SERVER, projects: null }),
    heardMs: () => nowMs,
    isEntered: (person) => person === entered,
    after: () => () => {},
  });
  keeper.begin("ada");
  store.setConnection({ state: "live", isFollowing: true }, nowMs);
  store.putSession(session());
  store.putAgent(agent());
  store.putRequest(request());
});

function read(): void {
  store.receive({
    type: "items",
    session_id: SESSION_ID,
    items: [message(1, "Hello"), message(2, "World")],
    position: 2,
    has_earlier: false,
    reset: true,
    session: session(),
    requests: [],
  });
}

describe("what is kept", () => {
  test("is what the page shows, as of when the server was last heard, for the person it is of", async () => {
    const stop = keeper.follow(SESSION_ID);
    read();
    keeper.flushAll();
    const lists = await keeper.lists("ada");
    expect(lists?.atMs).toBe(1_000_000);
    expect(lists?.value.sessions.map(({ id }) => id)).toEqual([SESSION_ID]);
    expect(lists?.value.agents).toHaveLength(1);
    const copy = await keeper.transcript(SESSION_ID);
    expect(copy?.value.items.map(({ no }) => no)).toEqual([1, 2]);
    expect(await keeper.lists("bob")).toBeNull();
    stop();
  });

  test("is written only while the server is followed and the person is still the one who signed in last", async () => {
    store.setConnection({ state: "waiting", retryAtMs: 0, attempts: 1 }, nowMs);
    keeper.flushAll();
    expect(shelf.kept.size).toBe(0);
    store.setConnection({ state: "live", isFollowing: true }, nowMs);
    entered = "bob";
    keeper.flushAll();
    expect(shelf.kept.size).toBe(0);
    entered = "ada";
    keeper.flushAll();
    expect(shelf.kept.size).toBe(1);
  });

  test("is gone once the person has signed out, and when another one begins", async () => {
    keeper.flushAll();
    await keeper.end();
    expect(shelf.kept.size).toBe(0);
    keeper.flushAll();
    expect(shelf.kept.size).toBe(0);
    keeper.begin("ada");
    keeper.flushAll();
    expect(shelf.kept.size).toBe(1);
    await copies.tidy("bob");
    expect(shelf.kept.size).toBe(0);
  });

  test("is not found any more when it is old", async () => {
    keeper.flushAll();
    nowMs += LONGEST_MS - 1;
    expect(await keeper.lists("ada")).not.toBeNull();
    nowMs += 1;
    expect(await keeper.lists("ada")).toBeNull();
    await copies.tidy("ada");
    expect(shelf.kept.size).toBe(0);
  });

  test("is not read by a page that knows other shapes", async () => {
    await copies.putTranscript({ person: "ada", atMs: nowMs, value: { session: session({ id: "s1" }), items: [] } });
    expect(await copies.transcript("ada", "s1")).not.toBeNull();
    const newer = new Copies(shelf, () => nowMs, "those of later");
    expect(await newer.transcript("ada", "s1")).toBeNull();
    await newer.tidy("ada");
    expect(shelf.kept.size).toBe(0);
  });

  test("is of the transcripts looked at last only", async () => {
    for (let at = 0; at < MOST_TRANSCRIPTS + 3; at++)
      await copies.putTranscript({ person: "ada", atMs: at, value: { session: session({ id: `s${at}` }), items: [] } });
    expect([...shelf.kept.keys()].sort()[0]).toBe("transcript.s10");
    expect(shelf.kept.size).toBe(MOST_TRANSCRIPTS);
    expect(shelf.kept.has("transcript.s2")).toBe(false);
    expect(shelf.kept.has("transcript.s3")).toBe(true);
  });

  test("leaves a deleted session out", async () => {
    keeper.follow(SESSION_ID);
    read();
    keeper.flushAll();
    keeper.sessionGone(SESSION_ID);
    expect(await keeper.transcript(SESSION_ID)).toBeNull();
  });

  test("is never what came from a copy itself: that would look newer than it is", async () => {
    store.beginWithCopies({ me: ADA, server: SERVER, projects: null, agents: [], sessions: [], requests: [] }, 5);
    store.setConnection({ state: "live", isFollowing: true }, nowMs);
    keeper.flushAll();
    expect(shelf.kept.size).toBe(0);
    store.endWithCopies();
    keeper.flushAll();
    expect(shelf.kept.size).toBe(1);
  });
});

describe("bounds", () => {
  test("the newest items are kept, as many as there is room for", () => {
    const items = Array.from({ length: MOST_ITEMS + 50 }, (_, at) => message(at + 1, "x"));
    expect(newestItems(items).map(({ no }) => no)).toEqual(items.slice(50).map(({ no }) => no));
    const large = [message(1, "x".repeat(MOST_CHARACTERS)), message(2, "y"), message(3, "z")];
    expect(newestItems(large).map(({ no }) => no)).toEqual([2, 3]);
  });

  test("sessions that have not ended come first", () => {
    const ended = Array.from({ length: MOST_SESSIONS }, (_, at) =>
      session({ id: `e${at}`, state: "ended", updated_ms: 9_000 + at }),
    );
    const kept = nearestSessions([...ended, session({ id: "lives", updated_ms: 1 })]);
    expect(kept).toHaveLength(MOST_SESSIONS);
    expect(kept[0]?.id).toBe("lives");
    expect(kept.some(({ id }) => id === "e0")).toBe(false);
  });
});
