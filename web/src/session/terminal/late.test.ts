import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useIsLate } from "./late";

beforeEach(() => void vi.useFakeTimers({ now: 10_000 }));
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

test("what is taken as fast as it is typed is never late, and one that is not is, after a second", () => {
  const { result, rerender } = renderHook(({ sinceMs }) => useIsLate(sinceMs), {
    initialProps: { sinceMs: 10_000 as number | null },
  });
  pass(600);
  rerender({ sinceMs: 10_500 });
  pass(600);
  expect(result.current).toBe(false);
  pass(300);
  expect(result.current).toBe(true);
  rerender({ sinceMs: null });
  expect(result.current).toBe(false);
});
