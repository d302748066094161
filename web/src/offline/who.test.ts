import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../api/http";
import { keys } from "../api/resources";
import type { Live } from "../live/live";
import { noteEntered } from "../live/person";
import { answerCalls, quietLive } from "../testing/page";
import { session } from "../testing/samples";
import { Copies, type Copy, type Lists, type Shelf } from "./copies";
import { Keeper } from "./keeper";
import { whoIsHere } from "./who";

const ADA = { id: "ada", username: "ada" } as Lists["me"];
const SHAPES = "those of now";
const COPY: Copy<Lists> & { shapes: string } = {
  shapes: SHAPES,
  person: "ada",
  atMs: Date.now() - 60_000,
  value: { me: ADA, server: {} as never, projects: null, agents: [], sessions: [session()], requests: [] },
};

let kept: Map<string, unknown>;
let live: Live;
let client: QueryClient;

beforeEach(() => {
  kept = new Map<string, unknown>([["lists", COPY]]);
  const shelf = {
    keys: async () => [...kept.keys()],
    get: async (key: string) => kept.get(key),
    clear: async () => kept.clear(),
  } as Partial<Shelf> as Shelf;
  const made = quietLive();
  const { store } = made;
  const rest = { known: () => null, heardMs: () => 0, isEntered: () => true, after: () => () => {} };
  live = { ...made, keeper: new Keeper({ copies: new Copies(shelf, Date.now, SHAPES), store, ...rest }) };
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  noteEntered("ada");
});

const isAway = () => {
  throw new TypeError("Failed to fetch");
};

test("without a server, the page begins with what is kept of who signed in last", async () => {
  answerCalls(isAway);
  expect(await whoIsHere(client, live)).toEqual(ADA);
  expect(live.store.sessions).toHaveLength(1);
  expect(live.store.standing).toEqual({ asOfMs: COPY.atMs, isCutOff: true });
  expect(await whoIsHere(client, live)).toEqual(ADA);
});

test("without a server and without copies, nobody is made up", async () => {
  answerCalls(isAway);
  kept.clear();
  await expect(whoIsHere(client, live)).rejects.toBeInstanceOf(ApiError);
  noteEntered(null);
  kept.set("lists", COPY);
  await expect(whoIsHere(client, live)).rejects.toBeInstanceOf(ApiError);
  expect(live.store.sessions).toHaveLength(0);
});

test("a proxy that answers for a server that is away does not speak for it", async () => {
  answerCalls(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  expect(await whoIsHere(client, live)).toEqual(ADA);
});

test("a server that cannot tell just now, as without its database, is as good as away", async () => {
  const error = { code: "unavailable", message: "The database does not answer." };
  answerCalls(() => Response.json({ error }, { status: 503 }));
  expect(await whoIsHere(client, live)).toEqual(ADA);
});

test("where the server answers, it decides, and what is kept is wiped when nobody is signed in", async () => {
  answerCalls((_, path) => (path === "/server" ? { signed_in: true } : { id: "ada", username: "ada the second" }));
  expect(await whoIsHere(client, live)).toMatchObject({ username: "ada the second" });
  expect(live.store.sessions).toHaveLength(0);
  expect(kept.size).toBe(1);
  client.removeQueries({ queryKey: keys.me });
  answerCalls(() => ({ signed_in: false }));
  expect(await whoIsHere(client, live)).toBeNull();
  expect(kept.size).toBe(0);
});
