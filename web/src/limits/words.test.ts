import { expect, it } from "vitest";
import { clock } from "../ui/format";
import { limitName, usedNow, when } from "./words";

it("calls limits what people call them, and one that nobody knows yet by its own name", () => {
  expect([limitName("five_hour"), limitName("thirty_day"), limitName(null)]).toEqual([
    "5-hour limit",
    "thirty day limit",
    "usage limit",
  ]);
});

it("names the day only where the time alone would mislead", () => {
  const now = Date.UTC(2026, 10, 30, 12);
  expect(when(now + 3_600_000, now)).toBe(`at ${clock(now + 3_600_000)}`);
  expect(when(now + 72 * 3_600_000, now)).toMatch(/^on Dec 3.*\d\d:\d\d$/);
});

it("takes a limit that has reset since for fresh", () => {
  const told = { kind: "five_hour", used: 1, resets_ms: 5_000 };
  expect([usedNow(told, 4_999), usedNow(told, 5_000), usedNow({ ...told, used: null }, 1)]).toEqual([1, 0, null]);
});
