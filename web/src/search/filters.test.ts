import { expect, test } from "vitest";
import { isEnough, readParams, wantedOf } from "./filters";

test("what an address says is read, and what means nothing is not", () => {
  expect(readParams({ q: "retry", state: "ended", when: "week", cost: 1, order: "newest", project: "p" })).toEqual({
    q: "retry",
    state: "ended",
    when: "week",
    cost: 1,
    order: "newest",
    project: "p",
  });
  expect(readParams({ q: {}, state: "odd", when: "toString", cost: -1, order: "best", agent: 3 })).toEqual({});
  expect(readParams({ q: 404 })).toEqual({ q: "404" }); // the router reads digits as a number
});

test("the same question within a minute is the same question", () => {
  const at = 1_700_000_000_000;
  expect(wantedOf({ q: "x", when: "day" }, at)).toEqual(wantedOf({ q: "x", when: "day" }, at + 1));
  expect(wantedOf({ q: "x", when: "day" }, at).since_ms).toBe(Math.floor(at / 60_000) * 60_000 - 86_400_000);
});

test.each([
  ["re", false],
  ["r e t", false],
  ['"re" t', false],
  ["ret", true],
  ["据", true],
  ["データ", true],
  ["   ", false],
])("%s is enough to search for: %s", (q, is) => {
  expect(isEnough(q)).toBe(is);
});
