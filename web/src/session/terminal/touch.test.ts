import type { Terminal } from "@xterm/xterm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TouchScroll } from "./touch";

const LINE_PIXELS = 15;
const ROWS = 20;

let element: HTMLElement;
let scrolled: number;

beforeEach(() => {
  vi.useFakeTimers();
  element = document.createElement("div");
  const screen = document.createElement("div");
  screen.className = "xterm-screen";
  Object.defineProperty(screen, "clientHeight", { value: ROWS * LINE_PIXELS });
  element.append(screen);
  scrolled = 0;
});

afterEach(() => vi.useRealTimers());

function scrolling(isCalm: boolean): TouchScroll {
  const buffer = { active: { baseY: 1000, viewportY: 500, type: "normal" } };
  const scrollLines = (lines: number) => {
    scrolled += lines;
  };
  const terminal = { rows: ROWS, modes: { mouseTrackingMode: "none" }, buffer, scrollLines };
  return new TouchScroll(terminal as unknown as Terminal, element, document.createElement("div"), isCalm);
}

function touch(kind: string, clientY: number, timeStamp: number, pointerType = "touch"): void {
  const event = new MouseEvent(`pointer${kind}`, { clientY });
  for (const [name, value] of Object.entries({ pointerId: 1, pointerType, timeStamp }))
    Object.defineProperty(event, name, { value });
  element.dispatchEvent(event);
}

/** Draw a finger up by 90 pixels, and lift it so many milliseconds later. */
function flick(restMs: number): void {
  touch("down", 200, 0);
  for (const step of [1, 2, 3]) touch("move", 200 - step * 30, step * 16);
  touch("up", 110, 48 + restMs);
}

test("a flick goes on, ever slower, and stands", () => {
  scrolling(false);
  flick(10);
  expect(scrolled).toBe(6);
  vi.advanceTimersByTime(200);
  const soon = scrolled;
  expect(soon).toBeGreaterThan(15);
  vi.advanceTimersByTime(200);
  expect(scrolled - soon).toBeGreaterThan(0);
  expect(scrolled - soon).toBeLessThan(soon - 6);
  vi.advanceTimersByTime(5_000);
  const last = scrolled;
  vi.advanceTimersByTime(5_000);
  expect(scrolled).toBe(last);
});

test("nothing goes on after a rest, where it is to be calm, once it is touched, or by itself when it is closed", () => {
  const flicked = scrolling(false);
  flick(500);
  vi.advanceTimersByTime(1_000);
  expect(scrolled).toBe(6);
  flick(10);
  touch("down", 200, 60);
  vi.advanceTimersByTime(1_000);
  expect(scrolled).toBe(12);
  touch("up", 200, 2_000);
  flick(10);
  flicked.close();
  vi.advanceTimersByTime(1_000);
  expect(scrolled).toBe(18);

  element = element.cloneNode(true) as HTMLElement;
  Object.defineProperty(element.firstChild, "clientHeight", { value: ROWS * LINE_PIXELS });
  scrolling(true);
  flick(10);
  vi.advanceTimersByTime(1_000);
  expect(scrolled).toBe(24);
});

test("a mouse that is drawn over the screen scrolls nothing", () => {
  scrolling(false);
  touch("down", 200, 0, "mouse");
  touch("move", 100, 16, "mouse");
  expect(scrolled).toBe(0);
});
