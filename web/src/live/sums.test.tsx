import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AT_MOST_EVERY_MS, useFreshSums } from "./sums";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const later = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

it("asks once for many changes, and again for later ones", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const ask = vi.fn(() => Promise.resolve(1));
  const { rerender, unmount } = renderHook(
    ({ seen }) => {
      useFreshSums(["usage"], seen);
      useQuery({ queryKey: ["usage", "day"], queryFn: ask });
    },
    { initialProps: { seen: 0 }, wrapper },
  );
  await later(10 * AT_MOST_EVERY_MS);
  expect(ask).toHaveBeenCalledTimes(1);
  for (let seen = 1; seen < 10; seen++) rerender({ seen });
  await later(AT_MOST_EVERY_MS - 1);
  expect(ask).toHaveBeenCalledTimes(1);
  rerender({ seen: 10 });
  await later(10 * AT_MOST_EVERY_MS);
  expect(ask).toHaveBeenCalledTimes(2);
  rerender({ seen: 11 });
  await later(AT_MOST_EVERY_MS);
  expect(ask).toHaveBeenCalledTimes(3);
  unmount();
});
