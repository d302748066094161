import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { answerCalls, quietLive } from "../testing/page";
import { session } from "../testing/samples";
import { livingInto, type PageEnd, sessionsInto } from "./queries";

/** A server with so many sessions, of which always `alike` are as old. */
function serve(count: number, alike = 3) {
  const all = Array.from({ length: count }, (_, n) =>
    session({ id: `s${String(n).padStart(5, "0")}`, created_ms: 9_000_000 - Math.floor(n / alike) }),
  );
  return answerCalls((_, path) => {
    const asked = new URLSearchParams(path.split("?")[1]);
    const before = Number(asked.get("before_ms") ?? Number.POSITIVE_INFINITY);
    const last = asked.get("before_id");
    return all
      .filter(({ id, created_ms }) => created_ms < before || (created_ms === before && last !== null && id > last))
      .slice(0, Number(asked.get("limit")));
  });
}

it.each([3, 2_345])("reads all that has not ended, however much that is and if %i are as old", async (alike) => {
  const asked = serve(2_345, alike);
  const { store } = quietLive();
  expect(await new QueryClient().fetchQuery(livingInto(store))).toBe(2_345);
  expect(store.sessions).toHaveLength(2_345);
  expect(asked).toHaveLength(3);
  expect(asked.every(([path]) => path.includes("is_ended=false"))).toBe(true);
});

it.each([3, 250])(
  "pages through the others without a gap, and says where that ends, if %i are as old",
  async (alike) => {
    serve(250, alike);
    const { store } = quietLive();
    const client = new QueryClient();
    let before: PageEnd | null | undefined;
    for (let page = 0; before !== null; page++) {
      expect(page).toBeLessThan(4);
      before = await client.fetchQuery(sessionsInto(store, { is_ended: true, ...before }));
    }
    expect(store.sessions).toHaveLength(250);
  },
);

it("learns what became of those that ended or were deleted while the connection was broken", async () => {
  const living = session({ id: "s1", activity: "working" });
  const { store } = quietLive();
  for (const id of ["s1", "s2", "s3"]) store.putSession({ ...living, id });
  store.putSession({ ...living, id: "s4", state: "ended" });
  const asked = answerCalls((_, path) => {
    if (path.startsWith("/sessions?")) {
      store.putSession({ ...living, id: "s5" }); // begun since: no list tells of it
      return [living];
    }
    if (path === "/sessions/s2") return { ...living, id: "s2", state: "ended", archived_ms: 5, updated_ms: 9_000_000 };
    return Response.json({ error: { code: "not_found", message: "There is no such session." } }, { status: 404 });
  });
  await new QueryClient().fetchQuery(livingInto(store));
  expect(store.session("s2")?.state).toBe("ended");
  expect(store.session("s3")).toBeUndefined();
  expect([store.session("s1"), store.session("s5")].map((each) => each?.state)).toEqual(["running", "running"]);
  expect(asked.map(([path]) => path).filter((path) => !path.includes("?"))).toEqual([
    "GET /sessions/s2",
    "GET /sessions/s3",
  ]);
});

it("knows nothing better of a session while the server does not answer", async () => {
  const { store } = quietLive();
  store.putSession(session({ id: "s1" }));
  answerCalls((_, path) =>
    path.startsWith("/sessions?") ? [] : Response.json({ error: { code: "internal", message: "" } }, { status: 500 }),
  );
  await expect(new QueryClient().fetchQuery({ ...livingInto(store), retry: false })).rejects.toThrow();
  expect(store.session("s1")?.state).toBe("running");
});
