import { describe, expect, test } from "vitest";
import { message, prompt, SESSION_ID } from "../testing/samples";
import type { PatchMessage } from "./messages";
import { Transcript } from "./transcript";

const page = (position: number, ...items: ReturnType<typeof message>[]) => ({ items, position, has_earlier: false });
const patch = (position: number, ...changes: PatchMessage["changes"]): PatchMessage => ({
  type: "patch",
  session_id: SESSION_ID,
  position,
  changes,
});
const textOf = (transcript: Transcript, no: number) => {
  const item = transcript.item(no);
  return item !== undefined && "text" in item.body ? item.body.text : undefined;
};

describe("a transcript", () => {
  test("grows word by word", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "Hel", { streaming: true })), false);
    transcript.applyPatch(patch(6, { op: "append", no: 1, field: "text", text: "lo" }));
    transcript.applyPatch(patch(7, { op: "append", no: 1, field: "text", text: " you" }));
    expect(textOf(transcript, 1)).toBe("Hello you");
    expect(transcript.position).toBe(7);
  });

  test("takes text only once, however often it is delivered", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "a")), false);
    const again = patch(6, { op: "append", no: 1, field: "text", text: "b" });
    transcript.applyPatch(again);
    transcript.applyPatch(again);
    expect(textOf(transcript, 1)).toBe("ab");
  });

  test("does not add live text that its page already holds", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(8, message(1, "whole", { seq: 8 })), false);
    transcript.applyPatch(patch(7, { op: "append", no: 1, field: "text", text: "le" }));
    expect(textOf(transcript, 1)).toBe("whole");
  });

  test("lets the final line replace what was streamed", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "Helo wrld", { streaming: true })), false);
    transcript.applyPatch(patch(9, { op: "upsert", item: message(1, "Hello world", { seq: 9 }) }));
    expect(textOf(transcript, 1)).toBe("Hello world");
  });

  test("keeps what is newer when an older state of an item comes late", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(9, message(1, "new", { seq: 9 })), false);
    transcript.applyPatch(patch(10, { op: "upsert", item: message(1, "old", { seq: 4 }) }));
    expect(textOf(transcript, 1)).toBe("new");
  });

  test("takes a change that people made at the same position of the log", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(9, message(1, "asked", { seq: 9 })), false);
    transcript.applyPatch(patch(9, { op: "upsert", item: message(1, "answered", { seq: 9 }) }));
    expect(textOf(transcript, 1)).toBe("answered");
  });

  test("resumes after a break without losing what it has", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "a"), message(2, "b")), false);
    transcript.applyItems(page(12, message(2, "b!", { seq: 11 }), message(3, "c", { seq: 12 })), true);
    expect(transcript.order).toEqual([1, 2, 3]);
    expect(textOf(transcript, 2)).toBe("b!");
    expect(transcript.position).toBe(12);
  });

  test("begins anew when it is given the newest items as a whole", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "a"), message(2, "b")), false);
    transcript.applyItems({ items: [message(900, "z", { seq: 1000 })], position: 1000, has_earlier: true }, false);
    expect(transcript.order).toEqual([900]);
    expect(transcript.hasEarlier).toBe(true);
  });

  test("puts earlier items before those it has, and does not touch these", () => {
    const transcript = new Transcript();
    transcript.applyItems({ items: [message(3, "c")], position: 5, has_earlier: true }, false);
    const third = transcript.item(3);
    transcript.applyEarlier({ items: [message(1, "a"), message(2, "b")], position: 5, has_earlier: false });
    expect(transcript.order).toEqual([1, 2, 3]);
    expect(transcript.item(3)).toBe(third);
    expect(transcript.hasEarlier).toBe(false);
  });

  test("says that it is out of step when text belongs to an item it never saw", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "a")), false);
    const changed = transcript.applyPatch(patch(6, { op: "append", no: 7, field: "text", text: "x" }));
    expect(changed.outOfStep).toBe(true);
    expect(transcript.position).toBe(5);
  });

  test("keeps its order the same object while only words change", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, message(1, "a")), false);
    const { order } = transcript;
    const changed = transcript.applyPatch(patch(6, { op: "append", no: 1, field: "text", text: "b" }));
    expect(transcript.order).toBe(order);
    expect(changed).toEqual({ order: false, items: [1], outOfStep: false });
  });

  test("knows which prompts have arrived", () => {
    const transcript = new Transcript();
    transcript.applyItems(page(5, prompt(1, "hi", "c1")), false);
    expect(transcript.prompts.has("c1")).toBe(true);
  });
});
