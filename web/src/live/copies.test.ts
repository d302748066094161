import { beforeEach, expect, test } from "vitest";
import { message, SESSION_ID, session } from "../testing/samples";
import { AT_FIRST, standingAfter } from "./standing";
import { Store } from "./store";
import { Topics } from "./topics";

let store: Store;

beforeEach(() => {
  store = new Store(new Topics((run) => run()));
});

const LISTS = { me: {} as never, server: {} as never, projects: null, agents: [], requests: [] };
const items = (texts: readonly string[]) => ({
  type: "items" as const,
  session_id: SESSION_ID,
  items: texts.map((text, at) => message(at + 1, text)),
  position: texts.length,
  has_earlier: false,
  reset: true,
  session: session(),
  requests: [],
});

test("what a copy says is replaced by what the server says, and dropped where it says nothing", () => {
  store.beginWithCopies({ ...LISTS, sessions: [session({ title: "Old" }), session({ id: "gone" })] }, 7);
  expect(store.standing).toEqual({ asOfMs: 7, isCutOff: true });
  store.setConnection({ state: "connecting" }, 0);
  expect(store.standing).toEqual({ asOfMs: 7, isCutOff: true });
  store.setConnection({ state: "live", isFollowing: true }, 9);
  store.putSessions([session({ title: "New" })], store.revision);
  expect(store.sessions).toHaveLength(2);
  store.endWithCopies();
  expect(store.sessions.map(({ title }) => title)).toEqual(["New"]);
  expect(store.standing).toEqual(AT_FIRST);
});

test("a transcript from a copy is asked for anew as a whole, and never overwrites what the server has told", () => {
  store.transcripts.takeCopy(SESSION_ID, [message(1, "Old"), message(2, "Older words")], 7);
  expect(store.transcripts.view(SESSION_ID).asOfMs).toBe(7);
  expect(store.transcripts.position(SESSION_ID)).toBeUndefined();
  store.receive(items(["New"]));
  expect(store.transcripts.view(SESSION_ID)).toMatchObject({ asOfMs: null, order: [1] });
  expect(store.transcripts.position(SESSION_ID)).toBe(1);
  store.transcripts.takeCopy(SESSION_ID, [message(1, "Old")], 7);
  expect(store.transcripts.item(SESSION_ID, 1)?.body).toMatchObject({ text: "New" });
});

test("the page is cut off from the second failure on, and stays so while it tries", () => {
  const live = { state: "live", isFollowing: true } as const;
  const failed = (attempts: number) => ({ state: "waiting", retryAtMs: 0, attempts }) as const;
  const first = standingAfter(AT_FIRST, live, failed(1), 5);
  expect(first).toEqual({ asOfMs: 5, isCutOff: false });
  const trying = standingAfter(first, failed(1), { state: "connecting" }, 5);
  const second = standingAfter(trying, { state: "connecting" }, failed(2), 6);
  expect(second).toEqual({ asOfMs: 5, isCutOff: true });
  expect(standingAfter(second, failed(2), { state: "connecting" }, 6)).toEqual(second);
  expect(standingAfter(second, { state: "connecting" }, { state: "live", isFollowing: false }, 7)).toEqual({
    asOfMs: 5,
    isCutOff: false,
  });
  expect(standingAfter(second, failed(2), live, 7)).toEqual(AT_FIRST);
});
