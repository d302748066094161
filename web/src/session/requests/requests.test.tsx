import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import type { Agent, Request } from "../../api/types";
import { noteEntered } from "../../live/person";
import { answerCalls, faults, quietLive, show } from "../../testing/page";
import { agent, request, SESSION_ID, session } from "../../testing/samples";
import { RequestDock } from "./dock";

const ANSWER = `POST /sessions/${SESSION_ID}/requests/r1/answer`;
const QUESTION: Request["input"] = {
  questions: [
    { question: "Which colour?", header: "Colour", multiSelect: false, options: [{ label: "Red" }, { label: "Blue" }] },
    { question: "Which sizes?", header: "Size", multiSelect: true, options: [{ label: "S" }, { label: "L" }] },
  ],
};

const TAKES_EDITS = { permission_modes: ["default", "plan", "acceptEdits"] } as Agent["machine"];

function ask(changes: Partial<Request> = {}) {
  const live = quietLive();
  live.store.putAgent(agent({ machine: TAKES_EDITS }));
  live.store.putSession(session());
  live.store.putRequest(request(changes));
  const asked = answerCalls(() => request({ ...changes, state: "answered", answer: "allow", answered_by: "ada" }));
  return { ...show(<RequestDock sessionId={SESSION_ID} mayAnswer />, live), asked };
}

describe("a permission request", () => {
  test("shows exactly what is asked, and goes once it is allowed", async () => {
    const { asked, container } = ask({ input: { command: "rm -r build" } });
    expect(screen.getByText("rm -r build")).toBeTruthy();
    expect(await faults(container)).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Allow" }));
    expect(asked).toEqual([[ANSWER, { behavior: "allow" }]]);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Allow" })).toBeNull());
  });

  test("never reorders or hides what is to be approved", () => {
    ask({ input: { command: "rm \u202efdp.txt\u200b -rf" } });
    expect(screen.getByText("rm ⟨U+202E⟩fdp.txt⟨U+200B⟩ -rf")).toBeTruthy();
  });

  test("shows every part of what is asked, and why, about which path and for whom", async () => {
    const input = {
      command: "ls",
      description: "List",
      dangerouslyDisableSandbox: true,
      timeout: 90_000,
      allowed: ["a"],
    };
    const { container } = ask({
      description: "List",
      input,
      reason: "Path is outside",
      blocked_path: "/etc/\u202ex",
      subagent: "Look for it",
      mcp_server: "calc",
    });
    const rows = [...container.querySelectorAll("dt")].map((label) => [
      label.textContent,
      label.nextSibling?.textContent,
    ]);
    expect(rows).toEqual([
      ["Outside the sandbox", "yes"],
      ["Time limit", "1 min 30 s"],
      ["allowed", '[\n  "a"\n]'],
      ["Why you are asked", "Path is outside"],
      ["About the path", "/etc/⟨U+202E⟩x"],
      ["For the subagent", "Look for it"],
      ["MCP server", "calc"],
    ]);
    expect(screen.getAllByText("List")).toHaveLength(1);
    expect(await faults(container)).toEqual([]);
  });

  test("shows another description than its own, and a command that is no text", () => {
    ask({ description: "Harmless", input: { command: ["rm", "-r"], description: "Remove all" } });
    expect(screen.getByText("Remove all")).toBeTruthy();
    expect(screen.getByText(/"-r"/)).toBeTruthy();
  });

  test("to change every occurrence says so, with the path in full", () => {
    const input = { file_path: "/home/ada/a.py", old_string: "a", new_string: "b", replace_all: true };
    ask({ tool_name: "Edit", input });
    expect(screen.getByText("Every occurrence").nextSibling?.textContent).toBe("yes");
    expect(screen.getByText("/home/ada/a.py")).toBeTruthy();
  });

  test("is denied with the reason that Claude reads", async () => {
    const { asked } = ask();
    await userEvent.click(screen.getByRole("button", { name: "Deny with a reason" }));
    await userEvent.type(screen.getByRole("textbox"), "Use make instead{Enter}");
    expect(asked).toEqual([[ANSWER, { behavior: "deny", message: "Use make instead" }]]);
  });

  test("is denied and the turn stopped", async () => {
    const { asked } = ask();
    await userEvent.click(screen.getByRole("button", { name: "Deny with a reason" }));
    await userEvent.click(screen.getByRole("button", { name: "Deny and stop" }));
    expect(asked).toEqual([[ANSWER, { behavior: "deny", interrupt: true }]]);
  });

  test("is allowed always by the suggestion that was named", async () => {
    const { asked } = ask({ suggestions: [{ label: "Bash(make test) for this session" }, { label: "Accept edits" }] });
    await userEvent.click(screen.getByRole("button", { name: "Allow always" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Accept edits" }));
    expect(asked).toEqual([[ANSWER, { behavior: "allow", suggestions: [1] }]]);
  });

  test("is allowed with another command, the rest of its input unchanged", async () => {
    const { asked, container } = ask({ input: { command: "make test", description: "Run the tests" } });
    await userEvent.click(screen.getByRole("button", { name: "Change" }));
    const field = screen.getByRole("textbox", { name: "Command" });
    await userEvent.clear(field);
    await userEvent.type(field, "make check");
    expect(await faults(container)).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Allow this" }));
    const updated_input = { command: "make check", description: "Run the tests" };
    expect(asked).toEqual([[ANSWER, { behavior: "allow", updated_input }]]);
  });

  test("of an unknown tool is changed as JSON, and not while that is none", async () => {
    const { asked } = ask({ tool_name: "mcp__calc__add", input: { a: 1 } });
    await userEvent.click(screen.getByRole("button", { name: "Change" }));
    const field = screen.getByRole("textbox", { name: "Input, as JSON" });
    await userEvent.clear(field);
    await userEvent.type(field, "[[1]");
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Allow this" }).disabled).toBe(true);
    await userEvent.clear(field);
    await userEvent.type(field, '{{"a": 2}');
    await userEvent.click(screen.getByRole("button", { name: "Allow this" }));
    expect(asked).toEqual([[ANSWER, { behavior: "allow", updated_input: { a: 2 } }]]);
  });

  test("that was shortened for showing cannot be changed: the tool would get the shortened one", () => {
    ask({ input: { command: "echo a… [70000 more characters]" } });
    expect(screen.queryByRole("button", { name: "Change" })).toBeNull();
  });

  test("that is asked again under its id can be answered again", async () => {
    ask();
    const asked = answerCalls(() => request()); // the machine had lost the answer, and asks anew
    await userEvent.click(screen.getByRole("button", { name: "Allow" }));
    expect(asked).toHaveLength(1);
    await waitFor(() => expect(screen.getByRole("button", { name: "Allow" })).toHaveProperty("disabled", false));
  });

  test("is answered by one key where the focus is, and not while one writes", async () => {
    const { asked } = ask();
    await userEvent.click(screen.getByRole("button", { name: "Deny with a reason" }));
    await userEvent.type(screen.getByRole("textbox"), "a bad idea");
    expect(asked).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    screen.getByRole("button", { name: "Allow" }).focus();
    await userEvent.keyboard("d");
    expect(asked).toEqual([[ANSWER, { behavior: "deny" }]]);
  });

  test("answered elsewhere says by whom, and can be tried again until it closes", async () => {
    ask();
    answerCalls(() =>
      Response.json({ error: { code: "conflict", message: "grace has answered already." } }, { status: 409 }),
    );
    await userEvent.click(screen.getByRole("button", { name: "Allow" }));
    expect(await screen.findByText("grace has answered already.")).toBeTruthy();
  });

  test("to change a file shows the change", () => {
    ask({ tool_name: "Edit", input: { file_path: "/work/a.py", old_string: "a = 1", new_string: "a = 2" } });
    expect(screen.getByText("/work/a.py")).toBeTruthy();
    expect(screen.getByText("a = 1")).toBeTruthy();
    expect(screen.getByText("a = 2")).toBeTruthy();
  });
});

test("a request that comes where another was is not answered by the second half of a double tap", async () => {
  const { live, asked } = ask();
  act(() => live.store.putRequest(request({ id: "r2", created_ms: 9e12 })));
  await userEvent.dblClick(screen.getByRole("button", { name: "Allow" }));
  await waitFor(() => expect(screen.queryByText("1 of 2 that wait for you")).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Allow" }));
  expect(asked).toHaveLength(1);
  await waitFor(() => expect(screen.getByRole("button", { name: "Allow" })).toHaveProperty("disabled", false));
});

describe("what one has begun to answer", () => {
  test("is there again after a reload, and takes the focus from nobody", async () => {
    const first = ask();
    await userEvent.click(screen.getByRole("button", { name: "Deny with a reason" }));
    await userEvent.type(screen.getByRole("textbox"), "Not on a Friday");
    first.unmount();

    const { asked } = ask();
    const reason = screen.getByRole("textbox", { name: "Why not? Claude reads this." });
    expect(reason).toHaveProperty("value", "Not on a Friday");
    expect(document.activeElement).toBe(document.body);
    await userEvent.click(screen.getByRole("button", { name: "Deny" }));
    expect(asked).toEqual([[ANSWER, { behavior: "deny", message: "Not on a Friday" }]]);
  });

  test("is not passed over by a key that answers", async () => {
    const first = ask({ input: { command: "rm -r build" } });
    await userEvent.click(screen.getByRole("button", { name: "Change" }));
    await userEvent.type(screen.getByRole("textbox"), "/tmp");
    first.unmount();
    const { asked } = ask({ input: { command: "rm -r build" } });
    screen.getByRole("button", { name: "Back" }).focus();
    await userEvent.keyboard("ad");
    expect(asked).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Discard edits" }));
    expect(screen.getByRole("textbox")).toHaveProperty("value", "rm -r build");
  });

  test("is of this request, and of who has begun it", async () => {
    noteEntered("ada");
    const question: Partial<Request> = { kind: "question", tool_name: "AskUserQuestion", input: QUESTION };
    const first = ask(question);
    await userEvent.click(screen.getByRole("radio", { name: "Blue" }));
    first.unmount();
    const isChosen = () => screen.getByRole<HTMLInputElement>("radio", { name: "Blue" }).checked;

    const other = ask({ ...question, id: "r2" });
    expect(isChosen()).toBe(false);
    other.unmount();
    noteEntered("grace");
    const hers = ask(question);
    expect(isChosen()).toBe(false);
    hers.unmount();
    noteEntered("ada");
    ask(question);
    expect(isChosen()).toBe(true);
  });
});

describe("a question", () => {
  test("is answered by choice, by several, and in words of one's own", async () => {
    const { asked, container } = ask({ kind: "question", tool_name: "AskUserQuestion", input: QUESTION });
    expect(await faults(container)).toEqual([]);
    const submit = screen.getByRole<HTMLButtonElement>("button", { name: "Answer" });
    expect(submit.disabled).toBe(true);
    await userEvent.click(screen.getByRole("radio", { name: "Blue" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "S" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "L" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Another answer to: Which sizes?" }), "XL");
    await userEvent.click(submit);
    expect(asked).toEqual([
      [ANSWER, { behavior: "allow", answers: { "Which colour?": "Blue", "Which sizes?": "S, L, XL" } }],
    ]);
  });
});

test("a question shows its header and what its options look like, and hides nothing", () => {
  const options = [
    { label: "Rows", description: "a\u202eb", preview: "+--+" },
    { label: "Columns", description: "", preview: "" },
  ];
  const questions = [{ question: "Which\u200b layout?", header: "Layout", options }];
  ask({ kind: "question", tool_name: "AskUserQuestion", input: { questions } });
  expect(screen.getByText("Layout")).toBeTruthy();
  expect(screen.getByText("Which⟨U+200B⟩ layout?")).toBeTruthy();
  expect(screen.getByText("a⟨U+202E⟩b")).toBeTruthy();
  expect(screen.getByRole("group", { name: "Preview of Rows" }).textContent).toBe("+--+");
  expect(screen.queryByRole("group", { name: "Preview of Columns" })).toBeNull();
});

describe("a plan", () => {
  test("is read as markdown and approved", async () => {
    const { asked } = ask({ kind: "plan", tool_name: "ExitPlanMode", input: { plan: "# The plan\n\n1. Begin" } });
    expect(screen.getByRole("heading", { name: "The plan" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(asked).toEqual([[ANSWER, { behavior: "allow" }]]);
  });

  test("is edited and approved in another mode", async () => {
    const { asked } = ask({ kind: "plan", tool_name: "ExitPlanMode", input: { plan: "1. Begin", planFilePath: "/p" } });
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    await userEvent.type(screen.getByRole("textbox", { name: "The plan that Claude carries out" }), " slowly");
    await userEvent.click(screen.getByRole("button", { name: "Approve in mode" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: /^Accept edits/ }));
    const updated_input = { plan: "1. Begin slowly", planFilePath: "/p" };
    expect(asked).toEqual([[ANSWER, { behavior: "allow", updated_input, permission_mode: "acceptEdits" }]]);
  });

  test("is approved only in modes that the machine allows", async () => {
    ask({ kind: "plan", tool_name: "ExitPlanMode", input: { plan: "1. Begin" } });
    await userEvent.click(screen.getByRole("button", { name: "Approve in mode" }));
    const offered = await screen.findAllByRole("menuitem");
    expect(offered.map(({ textContent }) => textContent)).toEqual([
      expect.stringMatching(/^Ask/),
      expect.stringMatching(/^Accept edits/),
    ]);
  });

  test("keeps what was edited when the machine refuses the answer", async () => {
    const changes: Partial<Request> = { kind: "plan", tool_name: "ExitPlanMode", input: { plan: "1. Begin" } };
    const { asked, live } = ask(changes);
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    await userEvent.type(screen.getByRole("textbox"), " slowly");
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    await waitFor(() => expect(screen.queryByRole("region")).toBeNull());
    act(() => live.store.putRequest(request(changes))); // the answer was refused
    expect(await screen.findByRole("textbox")).toHaveProperty("value", "1. Begin slowly");
    await waitFor(() => expect(screen.getByRole("button", { name: "Approve" })).toHaveProperty("disabled", false));
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    const edited = [ANSWER, { behavior: "allow", updated_input: { plan: "1. Begin slowly" } }];
    expect(asked).toEqual([edited, edited]);
  });

  test("goes back with comments", async () => {
    const { asked } = ask({ kind: "plan", tool_name: "ExitPlanMode", input: {} });
    await userEvent.click(screen.getByRole("button", { name: "Keep planning" }));
    await userEvent.type(screen.getByRole("textbox"), "Add tests{Enter}");
    expect(asked).toEqual([[ANSWER, { behavior: "deny", message: "Add tests" }]]);
  });
});
