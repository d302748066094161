import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encoded } from "../../testing/frames";
import { LogReader, type LogView, MOST_FRAMES } from "./log-reader";

const LAST = 100_000;
const MOST_READ = 4 * MOST_FRAMES;

class Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  close() {}
  send() {}
}

let sockets: Socket[];
let asked: string[];
let answers: (() => void)[];
let view: LogView;
let reader: LogReader;

function frames(from: number, to: number): ArrayBuffer {
  const pieces = Array.from({ length: to - from + 1 }, (_, at) => encoded(from + at, 2, "x"));
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const piece of pieces) {
    bytes.set(piece, start);
    start += piece.length;
  }
  return bytes.buffer;
}

const socket = () => sockets.at(-1) as Socket;
const come = (from: number, to: number) => socket().onmessage?.({ data: frames(from, to) });
const first = () => view.frames[0]?.seq;

beforeEach(() => {
  [sockets, asked, answers] = [[], [], []];
  vi.stubGlobal(
    "WebSocket",
    class extends Socket {
      constructor() {
        super();
        sockets.push(this);
      }
    },
  );
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    const after = Number(new URL(path, location.href).searchParams.get("after"));
    return new Promise((resolve) => answers.push(() => resolve(new Response(frames(after + 1, after + 500)))));
  });
  reader = new LogReader("s1", LAST, (told) => {
    view = told;
  });
  socket().onopen?.();
});

afterEach(() => reader.close());

test("what came before is loaded, and stands before what is there", async () => {
  come(LAST - 499, LAST);
  const loading = reader.loadEarlier();
  answers[0]?.();
  await loading;
  await vi.waitFor(() => expect(first()).toBe(LAST - 999));
  expect(view.frames.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, at) => LAST - 999 + at));
});

test("where no more fits nothing is loaded that would be let go again", async () => {
  reader.isAtEnd = false;
  come(LAST - 499, LAST - 499 + MOST_READ);
  await vi.waitFor(() => expect(view.isFull).toBe(true));
  await reader.loadEarlier();
  expect(asked).toEqual([]);
  reader.isAtEnd = true;
  come(LAST + MOST_READ, LAST + MOST_READ);
  await vi.waitFor(() => expect(view.isFull).toBe(false));
  expect(view.frames).toHaveLength(MOST_FRAMES);
});

test("what was loaded is not put before a gap where frames were let go meanwhile", async () => {
  come(LAST - 499, LAST);
  const loading = reader.loadEarlier();
  come(LAST + 1, LAST + MOST_FRAMES);
  answers[0]?.();
  await loading;
  await vi.waitFor(() => expect(first()).toBe(LAST + 1));
});

test("the log of a session that is gone is not asked for again", async () => {
  vi.useFakeTimers();
  socket().onclose?.({ code: 4403 });
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect(sockets).toHaveLength(1);
  expect(view).toMatchObject({ isGone: true, isBusy: false, problem: expect.stringMatching(/not to be seen/) });
});
