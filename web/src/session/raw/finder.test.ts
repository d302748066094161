import { expect, test } from "vitest";
import { Finder } from "./finder";
import type { LogFrame } from "./frames";

let looks = 0;

/** A frame that counts how often its text is read. */
const frame = (seq: number, text: string): LogFrame => ({
  seq,
  epoch: 1,
  stream: "stdout",
  atMs: 0,
  get text() {
    looks += 1;
    return text;
  },
});

test("a text is found whatever its case, and no frame is searched again while the log grows", () => {
  const frames = [frame(1, "A Needle"), frame(2, "hay")];
  const finder = new Finder("needle");
  expect(finder.in(frames).map(({ seq }) => seq)).toEqual([1]);
  expect(finder.in([...frames, frame(3, "NEEDLES")]).map(({ seq }) => seq)).toEqual([1, 3]);
  expect(looks).toBe(3);
  expect(new Finder("").in(frames)).toBe(frames);
});
