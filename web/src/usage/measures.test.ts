import { describe, expect, it } from "vitest";
import { ceiling, dayBefore, MEANINGS, shortDay } from "./measures";

describe("ceiling", () => {
  it.each([
    [0, 1],
    [0.0049, 0.005],
    [1, 1],
    [1.01, 2],
    [2.2, 2.5],
    [7, 10],
    [1_300_000, 2_000_000],
  ])("of %d is %d", (value, top) => expect(ceiling(value)).toBeCloseTo(top, 12));
});

describe("days", () => {
  it("are counted back over a month's end", () => {
    expect(dayBefore(new Date(2026, 11, 1, 23, 59), 1)).toBe("2026-11-30");
    expect(dayBefore(new Date(2026, 0, 3), 3)).toBe("2025-12-31");
  });
  it("are shown as themselves, wherever one is", () => expect(shortDay("2026-11-26")).toBe("Nov 26"));
});

describe("tokens", () => {
  it("are all of them, from and to the cache as well", () => {
    const amounts = {
      turns: 1,
      duration_ms: 5,
      input_tokens: 1,
      output_tokens: 10,
      cache_read_tokens: 100,
      cache_write_tokens: 1000,
      cost_usd: 0.5,
    };
    expect(MEANINGS.tokens.of(amounts)).toBe(1111);
  });
});
