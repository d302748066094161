import { expect, test } from "vitest";
import { Finger } from "./swipe";

function moved(from: [number, number], ...through: [number, number][]): Finger {
  const finger = new Finger({ x: from[0], y: from[1], atMs: 0 });
  for (const [x, y] of through) finger.move({ x, y });
  return finger;
}

const at = (atMs: number) => ({ x: 0, y: 0, atMs });

test("a finger that comes in from the edge is told from one that began elsewhere, went down, or took its time", () => {
  expect(moved([5, 300], [30, 302], [80, 310]).isFromEdge(at(200))).toBe(true);
  expect(moved([60, 300], [90, 302], [140, 310]).isFromEdge(at(200))).toBe(false);
  expect(moved([5, 300], [30, 302], [80, 310]).isFromEdge(at(2_000))).toBe(false);
  expect(moved([5, 300], [6, 330], [80, 340]).isFromEdge(at(200))).toBe(false);
});

test("what begins as scrolling stays scrolling, and what begins across stays across", () => {
  expect(moved([200, 300], [199, 280], [60, 280]).swipe).toEqual({ kind: "other" });
  expect(moved([200, 300], [180, 301], [150, 360]).swipe).toEqual({ kind: "across", byPx: -50 });
  expect(moved([200, 300], [196, 303]).swipe).toEqual({ kind: "undecided" });
});

test("a finger to the left is none to the right", () => {
  expect(moved([300, 300], [270, 300], [200, 305]).isToLeft(at(100))).toBe(true);
  expect(moved([200, 300], [230, 300], [300, 305]).isToLeft(at(100))).toBe(false);
});
