import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import type { Item } from "../../api/types";
import { faults, quietLive, show } from "../../testing/page";
import { message, prompt, SESSION_ID, session } from "../../testing/samples";
import { OpenStates } from "../open-state";
import { ItemRow } from "./item";

const shape = { no: 1, created_seq: 1, updated_seq: 1, at_ms: 1_000, parent: null };
const bash = (changes: Partial<Extract<Item, { kind: "tool" }>["body"]> = {}): Item => ({
  ...shape,
  kind: "tool",
  body: {
    tool_use_id: "t1",
    name: "Bash",
    input: { command: "make test" },
    input_text: "",
    streaming: false,
    state: "done",
    result: "\u001b[32mok\u001b[0m",
    result_truncated: false,
    detail: null,
    ...changes,
  },
});

const asked = (state: "pending" | "answered"): Item => ({
  ...shape,
  no: 2,
  kind: "request",
  body: {
    request_id: "r1",
    tool_use_id: "t1",
    kind: "permission",
    tool_name: "Bash",
    state,
    answer: state === "answered" ? "deny" : null,
    answered_by: state === "answered" ? "grace" : null,
    input: {},
  },
});

/** What a box of code says, whether its highlighting has been loaded or not. */
function code(): string {
  return screen.getByRole("group", { name: "Code" }).textContent ?? "";
}

function row(item: Item) {
  const live = quietLive();
  live.store.receive({
    type: "items",
    session_id: SESSION_ID,
    items: [item],
    position: 1,
    has_earlier: false,
    reset: true,
    session: session(),
    requests: [],
  });
  return show(
    <OpenStates>
      <ItemRow sessionId={SESSION_ID} no={item.no} />
    </OpenStates>,
    live,
  );
}

describe("an item", () => {
  test("that is a tool call says in one line what happened, and unfolds", async () => {
    const { container } = row(bash());
    const line = screen.getByRole("button", { name: /Run make test Done/ });
    expect(screen.queryByText("ok")).toBeNull();
    await userEvent.click(line);
    expect(screen.getByText("ok")).toBeTruthy();
    expect(await faults(container)).toEqual([]);
  });

  test("that waits for permission does not claim to run", () => {
    const { live } = row(bash({ state: "running", result: null }));
    live.store.receive({
      type: "patch",
      session_id: SESSION_ID,
      position: 2,
      changes: [{ op: "upsert", item: asked("pending") }],
    });
    act(() => live.store.topics.flush());
    expect(screen.getByTitle("Waiting for you")).toBeTruthy();
  });

  test("grows in place while it streams", async () => {
    const { live } = row(message(1, "Hel", { streaming: true }));
    live.store.receive({
      type: "patch",
      session_id: SESSION_ID,
      position: 2,
      changes: [{ op: "append", no: 1, field: "text", text: "lo" }],
    });
    await act(async () => live.store.topics.flush());
    expect(screen.getByText("Hello")).toBeTruthy();
  });

  test("that is a prompt is shown as it was typed, never as markdown or HTML", () => {
    row(prompt(1, "**no** <b>markup</b>"));
    expect(screen.getByText("**no** <b>markup</b>")).toBeTruthy();
  });

  test("that is a prompt shows what hides or turns its direction", () => {
    row(prompt(1, "safe\u202egpj.exe"));
    expect(screen.getByText("safe⟨U+202E⟩gpj.exe")).toBeTruthy();
  });

  test("that is a long prompt is folded until all of it is asked for", async () => {
    row(prompt(1, `${"line\n".repeat(1_000)}the end`));
    expect(screen.queryByText(/the end/)).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Show all (5,007 characters)" }));
    expect(screen.getByText(/the end/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show less" }));
    expect(screen.queryByText(/the end/)).toBeNull();
  });

  test("that is Claude's own complaint says whose it is", () => {
    const text = "unknown model x\n";
    row({ ...shape, kind: "notice", body: { level: "warning", code: "stderr", text } });
    expect(screen.getByText(/Claude says: unknown model x/)).toBeTruthy();
  });

  test("says how a turn ended that was interrupted", () => {
    row({
      ...shape,
      kind: "turn",
      body: {
        is_error: true,
        subtype: "error_during_execution",
        terminal_reason: "aborted_streaming",
        duration_ms: 1200,
        num_turns: 1,
        cost_usd: 0.01,
        input_tokens: 1200,
        output_tokens: 30,
        result: null,
      },
    });
    expect(screen.getByText("Interrupted")).toBeTruthy();
    expect(screen.getByText("$0.0100")).toBeTruthy();
  });

  test("says in words why a turn failed", () => {
    const body = {
      is_error: true,
      subtype: "success",
      terminal_reason: "api_error",
      duration_ms: 10,
      num_turns: 1,
      cost_usd: null,
      input_tokens: null,
      output_tokens: null,
      result: "API Error: 400 on holiday",
    };
    row({ ...shape, kind: "turn", body });
    expect(screen.getByText("API Error: 400 on holiday")).toBeTruthy();
  });

  test("that shows a list shows it folded too", () => {
    const checklist = [
      { id: "1", subject: "Read", status: "in_progress", active: "Reading", owner: null },
      { id: "2", subject: "Write", status: "completed", active: null, owner: "me" },
    ];
    row(bash({ name: "TaskUpdate", input: { taskId: "1", status: "in_progress" }, checklist }));
    expect(screen.getByRole("button", { name: /Update the list #1 · in progress Done/ })).toBeTruthy();
    const entries = screen.getAllByRole("listitem").map((entry) => entry.textContent);
    expect(entries).toEqual(["in progress: Reading", "completed: Writeme"]);
    expect(screen.getByText("1 of 2 done")).toBeTruthy();
  });

  test("that is a summary unfolds", async () => {
    row({ ...shape, kind: "notice", body: { level: "info", code: "summary", text: "# It went well" } });
    expect(screen.queryByRole("heading")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Summary of the conversation so far" }));
    expect(screen.getByRole("heading", { name: "It went well" })).toBeTruthy();
  });

  test("that tells of a limit says when it is reset", () => {
    const resets_ms = Date.now() + 100 * 60_000;
    row({ ...shape, kind: "notice", body: { level: "warning", code: "rate_limit", text: "Reached.", resets_ms } });
    expect(screen.getByText(/It is reset at \d\d:\d\d, in 2 h\./)).toBeTruthy();
  });

  test("that the server does not know is readable JSON", async () => {
    row({ ...shape, kind: "raw", body: { type: "brand_new", json: '{"depth":{"of":3}}' } });
    await userEvent.click(screen.getByRole("button", { name: "brand_new" }));
    expect(code()).toContain('{\n  "depth": {\n    "of": 3');
  });

  test("says who answered a request", () => {
    row(asked("answered"));
    expect(screen.getByText("Denied by grace")).toBeTruthy();
  });

  test("of a kind this page has never heard of shows as what it is", async () => {
    row({ ...shape, kind: "hologram", body: { depth: 3 } } as unknown as Item);
    await userEvent.click(screen.getByRole("button", { name: "hologram" }));
    expect(code()).toContain('"depth": 3');
  });
});
