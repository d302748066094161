import { describe, expect, test } from "vitest";
import { ago, agoInWords, bytes, cost, duration, fullTime, plural, until } from "./format";

const NOW = Date.UTC(2026, 10, 22, 12);

describe("numbers as people read them", () => {
  test.each([
    [10_000, "now"],
    [5 * 60_000, "5 min"],
    [3 * 3_600_000, "3 h"],
    [30 * 3_600_000, "Nov 21"],
    [400 * 86_400_000, "Oct 18, 2025"],
  ])("%i ms ago is %s", (past, words) => {
    expect(ago(NOW - past, NOW)).toBe(words);
  });

  test.each([
    [10_000, "just now"],
    [5 * 60_000, "5 min ago"],
    [30 * 3_600_000, "on Nov 21"],
  ])("%i ms ago is %s in a sentence", (past, words) => {
    expect(agoInWords(NOW - past, NOW)).toBe(words);
  });

  test.each([
    [340, "340 ms"],
    [4_200, "4.2 s"],
    [200_000, "3 min 20 s"],
    [7_200_000, "2 h"],
  ])("%i ms last %s", (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  test("a time that is beyond every calendar is said to be that", () => {
    expect([8.64e15 + 1, -1e20, Number.NaN].map(fullTime)).toEqual(Array(3).fill("at a time beyond the calendar"));
    expect(fullTime(NOW)).toContain("2026");
    expect(fullTime(8.64e15)).toContain("275760");
  });

  test("the rest", () => {
    expect(bytes(1536)).toBe("1.5 kB");
    expect(bytes(220 * 2 ** 30)).toBe("220 GB");
    expect(cost(0.0042)).toBe("$0.0042");
    expect(cost(1.371)).toBe("$1.37");
    expect(plural(1, "agent")).toBe("1 agent");
    expect(plural(2, "batch", "batches")).toBe("2 batches");
    expect(until(NOW + 90_000_000, NOW)).toBe("in 25 h");
    expect(until(NOW - 1, NOW)).toBe("expired");
  });
});
