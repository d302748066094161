import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useKeyboardInset } from "./keyboard-inset";

test("a phone's keyboard takes its height from what is above it, and zooming in takes nothing", () => {
  const viewport = Object.assign(new EventTarget(), { height: 844, offsetTop: 0, scale: 1 });
  vi.stubGlobal("visualViewport", viewport);
  vi.stubGlobal("innerHeight", 844);
  const { result } = renderHook(useKeyboardInset);
  const become = (changes: Partial<typeof viewport>) =>
    act(() => {
      Object.assign(viewport, changes);
      viewport.dispatchEvent(new Event("resize"));
    });
  become({ height: 500 });
  expect(result.current).toBe(344);
  become({ height: 250, scale: 2 });
  expect(result.current).toBe(344);
  become({ height: 844, scale: 1 });
  expect(result.current).toBe(0);
});
