import { render, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import type { Item } from "../api/types";
import { LiveProvider } from "../live/hooks";
import { answerCalls, quietLive } from "../testing/page";
import { message, SESSION_ID, session } from "../testing/samples";
import { OpenStates, useOpen } from "./open-state";
import { FARTHEST_ITEMS, rowOf, useTarget } from "./target";

const call = (no: number, use: string, parent: string | null = null) =>
  ({
    ...message(no, ""),
    kind: "tool",
    parent,
    body: { tool_use_id: use, name: "Task", input: {} },
  }) as unknown as Item;

function transcripts(...items: Item[]) {
  const { store } = quietLive();
  store.transcripts.takeShared(SESSION_ID, items);
  return store.transcripts;
}

test("an item stands in its own row, unfolded", () => {
  const here = transcripts(message(3, "a"), message(5, "b"), message(8, "c"));
  expect(rowOf(here, SESSION_ID, 5)).toEqual({ row: 1, unfold: [5] });
});

test("what a subagent of a subagent said stands in the row of the first call, and each call is unfolded", () => {
  const here = transcripts(message(1, "a"), call(2, "one"), call(3, "two", "one"), {
    ...message(4, "x"),
    parent: "two",
  });
  expect(rowOf(here, SESSION_ID, 4)).toEqual({ row: 1, unfold: [4, 3, 2] });
});

test("where an item is gone, the nearest before it is as near as one gets", () => {
  const here = transcripts(message(3, "a"), message(5, "b"), message(8, "c"));
  expect(rowOf(here, SESSION_ID, 7).row).toBe(1);
  expect(rowOf(here, SESSION_ID, 1).row).toBe(0);
});

function goTo(target: number | undefined, newest: number) {
  const live = quietLive();
  live.store.transcripts.takeItems({
    type: "items",
    session_id: SESSION_ID,
    items: [message(newest, "the newest")],
    position: 1,
    has_earlier: true,
    reset: true,
    session: session(),
    requests: [],
  });
  const asked = answerCalls((_method, path) => {
    const before = Number(new URL(path, "http://x").searchParams.get("before"));
    const items = Array.from({ length: Math.min(1000, before - 1) }, (_, at) =>
      message(before - Math.min(1000, before - 1) + at, "x"),
    );
    return { items, position: 1, has_earlier: (items[0]?.no ?? 1) > 1 };
  });
  const scrollToIndex = vi.fn();
  const virtualizer = { scrollToIndex };
  const letGo = () => {};
  const hook = renderHook(({ wanted }) => useTarget(SESSION_ID, wanted, virtualizer, letGo), {
    initialProps: { wanted: target },
    wrapper: ({ children }: { children: ReactNode }) => createElement(LiveProvider, { live, children }),
  });
  return { ...hook, asked, scrollToIndex };
}

test("the transcript is loaded back to a place, a thousand items at a time", async () => {
  const { result, asked, scrollToIndex } = goTo(2_500, 5_000);
  expect(result.current).toEqual({ found: undefined, toLoad: 2_500, isTooFar: false });
  await expect.poll(() => result.current).toEqual({ found: 2_500, toLoad: 0, isTooFar: false });
  expect(asked).toHaveLength(3);
  expect(scrollToIndex).toHaveBeenCalledOnce();
});

test("the row of a place is drawn anew once it is to be unfolded, also where all is loaded already", () => {
  const live = quietLive();
  live.store.transcripts.takeShared(SESSION_ID, [message(3, "a"), message(5, "b")]);
  const virtualizer = { scrollToIndex: () => {} };
  const letGo = () => {};
  const Row = ({ no }: { no: number }) => (useOpen(`${SESSION_ID}:${no}`)[0] ? "unfolded" : "folded");
  const List = () => {
    const { found } = useTarget(SESSION_ID, 3, virtualizer, letGo);
    return createElement(Row, { key: found === 3 ? "found" : "row", no: 3 });
  };
  const wrapper = ({ children }: { children: ReactNode }) => createElement(LiveProvider, { live, children });
  const { container } = render(createElement(OpenStates, null, createElement(List)), { wrapper });
  expect(container.textContent).toBe("unfolded");
});

test("nothing is loaded for a place that is too far back", async () => {
  const { result, asked, rerender } = goTo(1, FARTHEST_ITEMS + 2);
  expect(result.current).toEqual({ found: undefined, toLoad: FARTHEST_ITEMS + 1, isTooFar: true });
  expect(asked).toEqual([]);
  rerender({ wanted: FARTHEST_ITEMS + 1 }); // one that is near is still gone to
  await expect.poll(() => result.current.found).toBe(FARTHEST_ITEMS + 1);
  expect(asked).toHaveLength(1);
});

test("loading ends when the place is asked for no more", async () => {
  const { asked, rerender, result } = goTo(1, 5_000);
  rerender({ wanted: undefined });
  await expect.poll(() => asked.length).toBe(1);
  expect(result.current.toLoad).toBe(0);
  rerender({ wanted: 5_000 });
  await expect.poll(() => result.current.found).toBe(5_000);
  expect(asked).toHaveLength(1);
});
