import { describe, expect, it } from "vitest";
import { agent, request, session } from "../testing/samples";
import { arranged, glance, groupOf, isLookedFor, oldestRequests, shownOf } from "./groups";
import type { OverviewSearch } from "./search";

const glanceOf = (changes: Parameters<typeof session>[0], ...asked: Parameters<typeof request>[0][]) => {
  const one = session(changes);
  const requests = oldestRequests(asked.map((each) => request({ session_id: one.id, ...each })));
  return glance(one, requests.get(one.id), agent({ last_seen_ms: 9_000 }));
};

describe("a session at a glance", () => {
  it("waits for what was asked first, since then", () => {
    const seen = glanceOf({ pending_requests: 2 }, { id: "r1", created_ms: 3_000 }, { id: "r2", created_ms: 4_000 });
    expect([seen.group, seen.waitsFor, seen.sinceMs]).toEqual(["waiting", "Run make test", 3_000]);
  });

  it("waits for a plan to be approved, an answer, or a tool that asks for nothing in particular, in words", () => {
    const waitsFor = (changes: Parameters<typeof request>[0]) => glanceOf({ pending_requests: 1 }, changes).waitsFor;
    const plan = {
      kind: "plan",
      tool_name: "ExitPlanMode",
      title: "ExitPlanMode",
      input: { plan: "1. Begin" },
    } as const;
    expect(waitsFor(plan)).toBe("A plan to approve");
    expect(waitsFor({ kind: "question", tool_name: "AskUserQuestion", title: "AskUserQuestion", input: {} })).toBe(
      "An answer",
    );
    expect(waitsFor({ tool_name: "EnterPlanMode", title: "EnterPlanMode", input: {} })).toBe("Begin planning");
    expect(waitsFor({ tool_name: "Tidy", title: "Tidy up", input: {} })).toBe("Tidy up");
  });

  it("waits in its terminal where nothing is asked elsewhere", () => {
    const seen = glanceOf({ mode: "terminal", activity: "waiting", since_ms: 5_000 });
    expect([seen.group, seen.waitsFor, seen.sinceMs]).toEqual(["waiting", "An answer in its terminal", 5_000]);
  });

  it("is unknown since its machine was last heard of", () => {
    const seen = glanceOf({ agent_online: false, activity: "working" });
    expect([seen.group, seen.waitsFor, seen.sinceMs]).toEqual(["unknown", "laptop to come back", 9_000]);
  });

  it("works, is idle or has ended since it is so", () => {
    expect(groupOf(session({ activity: "working" }))).toBe("working");
    expect(groupOf(session({ state: "queued" }))).toBe("working");
    expect(glanceOf({ activity: "idle", since_ms: 7_000 })).toMatchObject({ group: "idle", sinceMs: 7_000 });
    expect(glanceOf({ state: "ended", reason: "lost", since_ms: 8_000 })).toMatchObject({
      group: "ended",
      waitsFor: null,
      sinceMs: 8_000,
    });
  });
});

describe("what is looked for", () => {
  const one = session({ title: "Mend the Fence", last_text: "done", directory: "/garden" });

  it("may be anywhere in what is said of a session", () => {
    for (const text of ["fence", "DONE", "/gard", "laptop", "home"]) expect(isLookedFor(one, { text })).toBe(true);
    expect(isLookedFor(one, { text: "hedge" })).toBe(false);
  });

  it("leaves archived sessions out, or everything else, and counts the others all the same", () => {
    const away = session({ id: "away", state: "ended", archived_ms: 5 });
    const over = session({ id: "over", state: "ended" });
    const here = session({ id: "here", pending_requests: 1 });
    const sessions = [away, over, here];
    const shown = (state: OverviewSearch["state"]) => {
      const groups = arranged(
        sessions.filter((each) => isLookedFor(each, { state })).map((each) => glance(each, undefined, undefined)),
      );
      const ids = shownOf(groups, state).flatMap(({ glances }) => glances.map(({ session: { id } }) => id));
      return [groups.waiting.length, ...ids];
    };
    expect(shown(undefined)).toEqual([1, "here", "over"]);
    expect(shown("ended")).toEqual([1, "over"]);
    expect(shown("archived")).toEqual([1, "away"]);
  });
});

it("shows first who has waited longest, and of the others what changed last", () => {
  const times = [3_000, 1_000, 2_000];
  const waiting = times.map((ms) => glanceOf({ id: `w${ms}`, pending_requests: 1 }, { created_ms: ms }));
  const idle = times.map((ms) => glanceOf({ id: `i${ms}`, since_ms: ms }));
  const groups = arranged([...waiting, ...idle]);
  expect(groups.waiting.map(({ sinceMs }) => sinceMs)).toEqual([1_000, 2_000, 3_000]);
  expect(groups.idle.map(({ sinceMs }) => sinceMs)).toEqual([3_000, 2_000, 1_000]);
});
