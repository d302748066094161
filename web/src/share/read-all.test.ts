import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answerCalls } from "../testing/page";
import { message } from "../testing/samples";
import { readAll } from "./read-all";

const PIECE = { title: "", state: "ended", mode: "chat", model: null, created_ms: 1, expires_ms: 2 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function tooMany(seconds: number | string) {
  const error = { code: "too_many", message: "Wait a little." };
  return Response.json({ error }, { status: 429, headers: { "retry-after": String(seconds) } });
}

const noise = () => {};

test("a transcript of more pieces than are given out at once is read whole, as soon as the server says", async () => {
  let left = 300;
  const asked = answerCalls((_method, _path, body) => {
    if (left === 0) {
      left = 1; // one a second from here on
      return tooMany(1);
    }
    left -= 1;
    const { after } = body as { after: number };
    return { ...PIECE, items: [message(after + 1, "x")], has_more: after + 1 < 320 };
  });
  const told: number[] = [];
  const reading = readAll("the-code", (read) => told.push(read), new AbortController().signal);
  await vi.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toBe(300);
  expect(asked).toHaveLength(301);
  await vi.advanceTimersByTimeAsync(999);
  expect(asked).toHaveLength(301); // not before it was said
  await vi.advanceTimersByTimeAsync(20_000);
  const { items } = await reading;
  expect(items.map(({ no }) => no)).toEqual(Array.from({ length: 320 }, (_, at) => at + 1));
});

test.each(["3600", "Wed, 21 Oct 2026 07:28:00 GMT"])(
  "a wait that has no near end, %s, is told instead",
  async (after) => {
    answerCalls(() => tooMany(after));
    await expect(readAll("the-code", noise, new AbortController().signal)).rejects.toThrow("Wait a little.");
  },
);

test("nobody waits for a page that was closed", async () => {
  const asked = answerCalls(() => tooMany(5));
  const closing = new AbortController();
  const reading = readAll("the-code", noise, closing.signal);
  const refused = expect(reading).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(1_000);
  closing.abort();
  await refused;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});
