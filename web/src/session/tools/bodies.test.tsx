import { screen } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import type { Json, JsonObject, ToolItem } from "../../api/types";
import { faults, show } from "../../testing/page";
import { ToolBody } from "./bodies";

function unfolded(name: string, input: JsonObject, changes: Partial<ToolItem["body"]> = {}) {
  const item: ToolItem = {
    no: 1,
    kind: "tool",
    created_seq: 1,
    updated_seq: 1,
    at_ms: 1_000,
    parent: null,
    body: {
      tool_use_id: "t1",
      name,
      input,
      input_text: "",
      streaming: false,
      state: "done",
      result: "ok",
      result_truncated: false,
      detail: null,
      ...changes,
    },
  };
  return show(<ToolBody item={item} />);
}

const lines = (label: string) =>
  [...screen.getByRole("group", { name: label }).querySelectorAll("div > div > div")].map((row) =>
    [...row.children].map((part) => part.textContent).join("|"),
  );
const PATCH: Json = [
  { oldStart: 7, newStart: 7, lines: [" a", "-b", "+B", "+C", " d", "\\ No newline at end of file"] },
];

describe("a file that was written", () => {
  test("over another shows what changed and in which lines", async () => {
    const detail = { type: "update", structuredPatch: PATCH };
    const { container } = unfolded("Write", { file_path: "/a", content: "all of it" }, { detail });
    expect(lines("Change")).toEqual([
      "",
      "7| |a",
      "8|-|b",
      "8|+|B",
      "9|+|C",
      "10| |d",
      "| |\\ No newline at end of file",
    ]);
    expect(screen.getByText("⋯ 6 unchanged")).toBeTruthy();
    expect(screen.queryByText("all of it")).toBeNull();
    expect(await faults(container)).toEqual([]);
  });

  test("anew shows all of it, and as it was says so", () => {
    const { unmount } = unfolded("Write", { content: "a\nb\n" }, { detail: { type: "create", structuredPatch: [] } });
    expect(lines("Content written")).toEqual(["1|+|a", "2|+|b"]);
    unmount();
    unfolded("Write", { content: "a" }, { detail: { type: "update", structuredPatch: [], originalFile: "a" } });
    expect(screen.getByText(/Nothing changed/)).toBeTruthy();
  });

  test("in a notebook shows the cell as it was", () => {
    unfolded("NotebookEdit", { cell_id: "c1", new_source: "2" }, { detail: { old_source: "1" } });
    expect(lines("Change")).toEqual(["-|1", "+|2"]);
    expect(screen.getByText("Cell")).toBeTruthy();
  });
});

describe("a search", () => {
  test("for files lists them", () => {
    unfolded(
      "Grep",
      { pattern: "x", path: "/work" },
      { detail: { mode: "files_with_matches", filenames: ["a.py", "b\u202e.py"] } },
    );
    expect(screen.getAllByRole("listitem").map((row) => row.textContent)).toEqual(["a.py", "b⟨U+202E⟩.py"]);
    expect(screen.getByText("2 files")).toBeTruthy();
  });

  test("for lines shows them, and says where nothing was found", () => {
    const { unmount } = unfolded(
      "Grep",
      { pattern: "x" },
      { result: "a.py:1:x\n", detail: { mode: "content", filenames: [] } },
    );
    expect(screen.getByText("1 line")).toBeTruthy();
    unmount();
    unfolded("Glob", { pattern: "x" }, { result: "No files found", detail: { filenames: [] } });
    expect(screen.getByText("Nothing was found.")).toBeTruthy();
  });

  test("in the web names the pages and what was said of them", () => {
    const results: Json = [{ content: [{ title: "A page", url: "https://a.example/" }] }, "**Some** words"];
    unfolded("WebSearch", { query: "a" }, { detail: { query: "a", results } });
    expect(screen.getByText("https://a.example/")).toBeTruthy();
    expect(screen.getByText("Some").tagName).toBe("STRONG");
    expect(screen.queryByRole("link")).toBeNull();
  });
});

test("a page that was fetched shows its address, its status and the answer as markdown", () => {
  const detail = { code: 200, codeText: "OK", result: "# What is new", url: "https://a.example/" };
  unfolded("WebFetch", { url: "https://a.example/", prompt: "What is new?" }, { detail });
  expect(screen.getByText("Answer, 200 OK")).toBeTruthy();
  expect(screen.getByRole("heading", { name: "What is new" })).toBeTruthy();
  expect(screen.getByText("https://a.example/")).toBeTruthy();
});

test("a plan reads as one, and a question with its answer", () => {
  const { unmount } = unfolded("ExitPlanMode", { plan: "# Tidy up" });
  expect(screen.getByRole("heading", { name: "Tidy up" })).toBeTruthy();
  unmount();
  const questions: Json = [{ question: "Which?" }, { question: "And?" }];
  unfolded("AskUserQuestion", { questions }, { detail: { answers: { "Which?": "Red" } } });
  expect(screen.getAllByRole("definition").map((answer) => answer.textContent)).toEqual(["Red", "No answer"]);
});

test("a command shows also what it was called with beside its words", () => {
  unfolded("Bash", { command: "ls", run_in_background: true, something_new: [1] });
  expect(screen.getByText("In the background").nextSibling?.textContent).toBe("yes");
  expect(screen.getByText("something_new")).toBeTruthy();
});

test("a list that an older server did not fold is shown from the call", () => {
  unfolded("TodoWrite", {
    todos: [
      { content: "A", status: "completed" },
      { content: "B", status: "pending" },
    ],
  });
  expect(screen.getByText("1 of 2 done")).toBeTruthy();
});

test("what a search found twice is shown twice, in the order in which it was found", () => {
  const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
  const content = ["a", "b", "a"].map((name) => ({ title: name, url: `https://${name}.example` }));
  unfolded("WebSearch", { query: "a" }, { detail: { query: "a", results: [{ content }] } });
  unfolded("Grep", { pattern: "x" }, { detail: { mode: "files_with_matches", filenames: ["a.py", "a.py"] } });
  expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual([
    "ahttps://a.example",
    "bhttps://b.example",
    "ahttps://a.example",
    "a.py",
    "a.py",
  ]);
  expect(complaints).not.toHaveBeenCalled();
});
