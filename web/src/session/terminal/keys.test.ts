import { expect, test } from "vitest";
import { Keys, TOO_OLD_MS } from "./keys";

const ids = (typed: readonly { id: string }[]) => typed.map(({ id }) => id);

test("what is typed is sent at once where the machine is there, and kept until it has it", () => {
  const keys = new Keys();
  keys.registered(1, 0);
  expect(keys.type("a", "YQ==", 0)).toBe(true);
  keys.type("b", "YQ==", 5);
  expect([keys.count, keys.oldestMs]).toEqual([2, 0]);
  keys.taken("a");
  expect([keys.count, keys.oldestMs]).toEqual([1, 5]);
  keys.taken("b");
  expect([keys.count, keys.oldestMs]).toEqual([0, null]);
});

test("what has no receipt is sent again to the machine's next registration, in order, and to the same one not", () => {
  const keys = new Keys();
  keys.registered(1, 0);
  for (const id of ["a", "b", "c"]) keys.type(id, "", 0);
  keys.taken("b");
  expect(keys.registered(1, 1).again).toEqual([]);
  expect(ids(keys.registered(2, 1).again)).toEqual(["a", "c"]);
});

test("while the machine is away nothing is sent, and what was typed first goes first", () => {
  const keys = new Keys();
  keys.registered(1, 0);
  keys.type("a", "", 0);
  keys.hold();
  expect(keys.type("b", "", 1)).toBe(false);
  expect(ids(keys.registered(1, 2).again)).toEqual(["a", "b"]);
  expect(keys.type("c", "", 3)).toBe(true);
});

test("what is old by then is dropped, and that is told", () => {
  const keys = new Keys();
  keys.type("old", "", 0);
  keys.type("new", "", 5_000);
  const { again, dropped } = keys.registered(1, TOO_OLD_MS + 1);
  expect([ids(again), dropped]).toEqual([["new"], 1]);
});

test("before anything is known of the machine nothing is sent", () => {
  const keys = new Keys();
  expect(keys.type("a", "", 0)).toBe(false);
  keys.registered(null, 1);
  expect(keys.type("b", "", 1)).toBe(false);
});
