import { describe, expect, test } from "vitest";
import { plainText } from "./ansi";
import { rows } from "./diff";
import { summarize } from "./summary";

describe("a tool call in one line", () => {
  test.each([
    ["Bash", { command: "make test\nmake lint" }, "Run", "make test …"],
    ["Read", { file_path: "/home/ada/project/a.py" }, "Read", "~/project/a.py"],
    ["TodoWrite", { todos: [{ status: "completed" }, { status: "pending" }] }, "Update the list", "1 of 2 done"],
    ["mcp__calc__add", { a: 1, note: "sum" }, "calc · add", "sum"],
    ["SomethingNew", { deep: { x: 1 } }, "SomethingNew", ""],
    ["Bash", { command: 7 }, "Run", ""],
    ["AskUserQuestion", { questions: "none" }, "Ask", ""],
  ])("%s %j", (name, input, verb, subject) => {
    expect(summarize(name, input)).toMatchObject({ verb, subject });
  });
});

describe("a program's output", () => {
  const ESC = "\u001b";
  test.each([
    ["colours", `${ESC}[31mred${ESC}[0m`, "red"],
    ["a title", `${ESC}]0;owned\u0007text`, "text"],
    ["the clipboard", `${ESC}]52;c;aGk=${ESC}\\text`, "text"],
    ["a link", `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`, "click"],
    ["a device string", `${ESC}P1$r0m${ESC}\\text`, "text"],
    ["control characters", "a\u0000b\u0007c", "abc"],
    ["Windows line ends", "a\r\nb", "a\nb"],
    ["text that runs backwards", "a\u202eb", "a\ufffdb"],
  ])("is shown without %s", (_, output, shown) => {
    expect(plainText(output)).toBe(shown);
  });
});

describe("a diff", () => {
  test("shows what went and what came", () => {
    expect(rows("a\nb\nc\n", "a\nB\nc\n")).toEqual([
      { sign: " ", text: "a" },
      { sign: "-", text: "b" },
      { sign: "+", text: "B" },
      { sign: " ", text: "c" },
    ]);
  });

  test("leaves out long unchanged stretches and says how many lines", () => {
    const many = Array.from({ length: 30 }, (_, at) => `line ${at}`).join("\n");
    const found = rows(`${many}\nold\n`, `${many}\nnew\n`);
    expect(found[0]).toEqual({ skipped: 27 });
    expect(found).toHaveLength(1 + 3 + 2);
  });

  test("of a new file is all new", () => {
    expect(rows("", "x\ny")).toEqual([
      { sign: "+", text: "x" },
      { sign: "+", text: "y" },
    ]);
  });
});
