import { describe, expect, test } from "vitest";
import { mentionAt, withPath } from "./mentions";

describe("a path that is being typed", () => {
  test.each([
    ["look at @", 9, { at: 8, typed: "" }],
    ["@src/ma", 7, { at: 0, typed: "src/ma" }],
    ["@src/main and", 4, { at: 0, typed: "src" }],
    ["one\n@two", 8, { at: 4, typed: "two" }],
    ["ada@example.org", 15, null],
    ["@done ", 6, null],
    ["none", 4, null],
  ])("in %j at %i", (draft, cursor, mention) => {
    expect(mentionAt(draft, cursor)).toEqual(mention);
  });

  test("is replaced up to the cursor, and a directory can be gone into", () => {
    const mention = { at: 3, typed: "ma" };
    expect(withPath("see@ma!", mention, "src/main.py")).toEqual({ draft: "see@src/main.py !", cursor: 16 });
    expect(withPath("see@ma!", mention, "src/")).toEqual({ draft: "see@src/!", cursor: 8 });
    expect(withPath("see@ma!", mention, "my notes.md")).toEqual({ draft: 'see@"my notes.md" !', cursor: 18 });
  });
});
