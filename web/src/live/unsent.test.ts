import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../api/http";
import { unsent as prompt } from "../testing/samples";
import { fillStorage } from "../testing/storage";
import { noteEntered } from "./person";
import { Unsent, type UnsentPrompt } from "./unsent";
import { kept, write } from "./unsent-kept";

const UNREACHABLE = new ApiError(0, "unreachable", "The server cannot be reached.");
const REFUSED = new ApiError(409, "conflict", "This session has ended.");

/** What the server was given, and how it answers: with a failure, or by taking it. */
let given: string[];
let answer: (prompt: UnsentPrompt, signal: AbortSignal) => Promise<void>;
let held: string[];
let doubts: number;
let nowMs: number;
let turn: Promise<unknown> | null;
let passTime: () => void;

function open(): Unsent {
  return new Unsent({
    send: (sent, signal) => {
      given.push(sent.id);
      return answer(sent, signal);
    },
    alone: (_, __, run) => {
      if (turn === null) return run();
      const ours = turn.then(run);
      turn = ours.catch(() => {});
      return ours;
    },
    changed: () => {},
    held: ({ id }) => held.push(id),
    doubted: () => {
      doubts += 1;
    },
    now: () => nowMs,
    after: (_, run) => {
      passTime = run;
      return () => {};
    },
    random: () => 0.5,
  });
}

const takes = async () => {};
const fails = (failure: Error) => async () => {
  throw failure;
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  given = [];
  held = [];
  doubts = 0;
  nowMs = 5_000;
  turn = null;
  answer = takes;
  passTime = () => {};
});

describe("what is unsent", () => {
  test("is kept before it is sent, and no longer than until the server has it", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = async () => void expect(kept("ada").map(({ id }) => id)).toEqual(["c1"]);
    unsent.add(prompt());
    await settled();
    expect(given).toEqual(["c1"]);
    expect(kept("ada")).toEqual([]);
    expect(unsent.all).toEqual([]);
  });

  test("is sent under the same id once the server is back, in the order in which it was written", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(UNREACHABLE);
    unsent.add(prompt({ id: "c1", createdMs: 1 }));
    unsent.add(prompt({ id: "c2", createdMs: 2 }));
    await settled();
    expect(given).toEqual(["c1"]);
    expect(unsent.all.map(({ message }) => message?.includes("cannot be reached"))).toEqual([true, true]);
    answer = takes;
    unsent.connected();
    await settled();
    expect(given).toEqual(["c1", "c1", "c2"]);
    expect(unsent.all).toEqual([]);
  });

  test("is tried again by itself where nothing tells that the server is back", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(UNREACHABLE);
    unsent.add(prompt());
    await settled();
    answer = takes;
    passTime();
    await settled();
    expect(given).toEqual(["c1", "c1"]);
  });

  test("is sent by the page that is opened next, for the same person only", async () => {
    const before = open();
    await before.begin("ada");
    answer = fails(UNREACHABLE);
    before.add(prompt());
    await settled();
    answer = takes;
    const ofOther = open();
    await ofOther.begin("grace");
    await settled();
    expect(given).toEqual(["c1"]);
    const after = open();
    await after.begin("ada");
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    await before.look(); // the other window has sent it
    expect(before.all).toEqual([]);
  });

  test("waits, and has asked who is signed in, where the server knows nobody any more", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(new ApiError(401, "not_signed_in", "Sign in."));
    unsent.add(prompt());
    await settled();
    expect(doubts).toBe(1);
    expect(unsent.all[0]).toMatchObject({ isHeld: false });
    expect(kept("ada")).toHaveLength(1);
  });

  test("stays kept where a newer page has written what this one does not understand", async () => {
    write("ada", { ...prompt({ id: "c1" }), refusal: null });
    const newer = JSON.stringify({ ...prompt({ id: "c2" }), refusal: null, way: "by_post" });
    localStorage.setItem("claudios.unsent.ada.c2", newer);
    const unsent = open();
    await unsent.begin("ada");
    await settled();
    expect(given).toEqual(["c1"]);
    expect(localStorage.getItem("claudios.unsent.ada.c2")).not.toBeNull();
  });

  test("says so where this browser has no room to keep it, until it has", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(UNREACHABLE);
    const makeRoom = fillStorage();
    unsent.add(prompt());
    await settled();
    expect(kept("ada")).toEqual([]);
    expect(unsent.hasUnkept).toBe(true);
    expect(unsent.all[0]?.message).toMatch(/no room to keep it: leave this page open/);
    makeRoom();
    passTime();
    await settled();
    passTime();
    await settled();
    expect(unsent.hasUnkept).toBe(false);
    expect(unsent.all[0]?.message).toMatch(/It is kept in this browser/);
    expect(kept("ada")).toHaveLength(1);
  });

  test("is sent by one of two windows that both have it", async () => {
    const before = open();
    await before.begin("ada");
    answer = fails(UNREACHABLE);
    before.add(prompt());
    await settled();
    before.end();
    turn = Promise.resolve();
    let arrive = () => {};
    answer = () =>
      new Promise<void>((resolve) => {
        arrive = resolve;
      });
    const [one, other] = [open(), open()];
    await Promise.all([one.begin("ada"), other.begin("ada")]);
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    arrive();
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    expect([...one.all, ...other.all]).toEqual([]);
  });

  test("does not come back once another window has settled it", async () => {
    const one = open();
    await one.begin("ada");
    answer = fails(UNREACHABLE);
    one.add(prompt({ id: "c1" }));
    await settled();
    const other = open();
    const looking = other.begin("ada"); // it still asks for images when the prompt is settled
    one.settle("c1");
    await looking;
    expect(other.all).toEqual([]);
    one.add(prompt({ id: "c2" }));
    await settled();
    await other.look();
    one.settle("c2");
    other.again("c2");
    await settled();
    expect(other.all).toEqual([]);
    expect(kept("ada")).toEqual([]);
  });

  test("is not sent long after it was written unless somebody says so", async () => {
    const before = open();
    await before.begin("ada");
    answer = fails(UNREACHABLE);
    before.add(prompt());
    await settled();
    before.end();
    answer = takes;
    nowMs += 3_700_000;
    const after = open();
    await after.begin("ada");
    await settled();
    expect(given).toEqual(["c1"]);
    expect(held).toEqual(["c1"]);
    expect(after.all[0]?.message).toBe("It was written more than an hour ago: is it still to be sent?");
    after.again("c1");
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    expect(after.all).toEqual([]);
  });

  test("is not sent in the name of somebody who has signed in in another window", async () => {
    const unsent = open();
    await unsent.begin("ada");
    for (const other of [null, "grace"]) {
      noteEntered(other);
      unsent.add(prompt());
      await settled();
      expect(given).toEqual([]);
      expect(kept("ada").map(({ id }) => id)).toEqual(["c1"]);
    }
    expect(doubts).toBe(2);
    noteEntered("ada");
    passTime();
    await settled();
    expect(given).toEqual(["c1"]);
  });

  test("does not wait for an answer to what was asked before the server was back", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    unsent.add(prompt());
    answer = takes;
    unsent.connected();
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    expect(unsent.all).toEqual([]);
  });

  test("is let go of where somebody dismisses it while it is on its way, and says that it was", async () => {
    const unsent = open();
    await unsent.begin("ada");
    const dismissed: AbortSignal[] = [];
    answer = (_, signal) =>
      new Promise((_resolve, reject) => {
        dismissed.push(signal);
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    unsent.add(prompt({ id: "c1", createdMs: 1 }));
    unsent.add(prompt({ id: "c2", createdMs: 2 }));
    answer = takes;
    expect(unsent.dismiss("c2")).toBe(false);
    expect(unsent.dismiss("c1")).toBe(true);
    expect(dismissed.map(({ aborted }) => aborted)).toEqual([true]);
    unsent.add(prompt({ id: "c3", createdMs: 3 }));
    await settled();
    expect(given).toEqual(["c1", "c3"]);
    expect(kept("ada")).toEqual([]);
  });

  test("is held when the server refuses it, until somebody says that it is to be sent", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(REFUSED);
    unsent.add(prompt());
    await settled();
    unsent.connected();
    await settled();
    expect(given).toEqual(["c1"]);
    expect(unsent.all[0]).toMatchObject({ message: "This session has ended.", isHeld: true });
    const reloaded = open();
    await reloaded.begin("ada");
    await settled();
    expect(reloaded.all[0]).toMatchObject({ message: "This session has ended.", isHeld: true });
    answer = takes;
    reloaded.again("c1");
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    expect(kept("ada")).toEqual([]);
  });

  test("does not keep what is to be sent at once behind one for which the queue has no room", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = ({ way }) => (way === "queue" ? fails(new ApiError(429, "too_many", "50 wait at most."))() : takes());
    unsent.add(prompt({ id: "c1", way: "queue", createdMs: 1 }));
    unsent.add(prompt({ id: "c2", way: "command", createdMs: 2 }));
    await settled();
    expect(given).toEqual(["c1", "c2"]);
    expect(unsent.all).toMatchObject([{ id: "c1", isHeld: true, message: "50 wait at most." }]);
    answer = fails(new ApiError(429, "too_many", "Too much is under way."));
    unsent.add(prompt({ id: "c3" }));
    await settled();
    expect(unsent.all[1]).toMatchObject({ id: "c3", isHeld: false });
  });

  test("does not go without its images unless somebody says so", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(UNREACHABLE);
    const attached = [{ id: "i1", mediaType: "image/png", data: "aW1n", bytes: 3 }];
    unsent.add(prompt({ attached }));
    await settled();
    const reloaded = open(); // this browser of tests keeps no images
    await reloaded.begin("ada");
    await settled();
    expect(given).toEqual(["c1"]);
    expect(reloaded.all[0]?.message).toMatch(/did not keep its images/);
  });

  test("is not lost, and said to be unsent, where its session is gone", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(new ApiError(404, "not_found", "There is no such session."));
    unsent.add(prompt());
    await settled();
    expect(held).toEqual(["c1"]);
    expect(unsent.all[0]).toMatchObject({ isHeld: true, message: expect.stringMatching(/^Its session was deleted/) });
    expect(kept("ada").map(({ text }) => text)).toEqual(["hello"]);
  });

  test("is not tried any more once its session was deleted, and is not lost with it", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(UNREACHABLE);
    unsent.add(prompt({ id: "c1", createdMs: 5_000 }));
    unsent.add(prompt({ id: "c2", createdMs: 5_001, sessionId: "another" }));
    await settled();
    unsent.sessionGone(prompt().sessionId);
    expect(held).toEqual(["c1"]);
    expect(unsent.all.map(({ isHeld }) => isHeld)).toEqual([true, false]);
    expect(kept("ada").map(({ refusal }) => refusal)).toEqual([expect.stringMatching(/deleted/), null]);
  });

  test("is sent once the server is back, whatever a proxy has answered while it was away", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(new ApiError(404, "error", "The server answered 404."));
    unsent.add(prompt());
    await settled();
    expect(unsent.all[0]).toMatchObject({ isHeld: false });
    answer = takes;
    unsent.connected();
    await settled();
    expect(given).toEqual(["c1", "c1"]);
    expect(unsent.all).toEqual([]);
  });

  test("is not sent over and over where it is too large for a proxy", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = fails(new ApiError(413, "error", "The server answered 413."));
    unsent.add(prompt());
    await settled();
    expect(held).toEqual(["c1"]);
  });

  test("of one session does not wait for that of another", async () => {
    const unsent = open();
    await unsent.begin("ada");
    answer = ({ sessionId }) => (sessionId === "s1" ? new Promise(() => {}) : takes());
    unsent.add(prompt({ id: "c1", sessionId: "s1" }));
    unsent.add(prompt({ id: "c2", sessionId: "s2" }));
    await settled();
    expect(unsent.all.map(({ id }) => id)).toEqual(["c1"]);
  });
});
