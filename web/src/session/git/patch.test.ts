import { expect, test } from "vitest";
import { firstRows, MOST_ROWS, unifiedRows } from "./patch";

test("each line of a patch has its number, and what lies between hunks is counted", () => {
  const patch = "@@ -3,3 +3,3 @@ class A:\n a\n-b\n+c\n d\n@@ -20 +20,2 @@\n x\n+y\n\\ No newline at end of file";
  expect(unifiedRows(patch)).toEqual([
    { skipped: 2 },
    { sign: " ", text: "a", was: 3, is: 3 },
    { sign: "-", text: "b", was: 4 },
    { sign: "+", text: "c", is: 4 },
    { sign: " ", text: "d", was: 5, is: 5 },
    { skipped: 14 },
    { sign: " ", text: "x", was: 20, is: 20 },
    { sign: "+", text: "y", is: 21 },
    { sign: " ", text: "\\ No newline at end of file" },
  ]);
});

test("a new file begins with its first line", () => {
  expect(unifiedRows("@@ -0,0 +1,2 @@\n+a\n+")).toEqual([
    { sign: "+", text: "a", is: 1 },
    { sign: "+", text: "", is: 2 },
  ]);
});

test("of a patch with very many lines the first are shown", () => {
  const lines = (count: number) => `@@ -0,0 +1,${count} @@\n${Array(count).fill("+").join("\n")}`;
  const most = firstRows(lines(MOST_ROWS));
  expect([most.rows.length, most.isCut]).toEqual([MOST_ROWS, false]);
  const more = firstRows(lines(MOST_ROWS + 1));
  expect([more.rows.length, more.isCut]).toEqual([MOST_ROWS, true]);
});
