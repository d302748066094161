import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import type { Request } from "../../api/types";
import { answerCalls, faults, quietLive, show } from "../../testing/page";
import { request, SESSION_ID } from "../../testing/samples";
import { RequestDock } from "./dock";

const ANSWER = `POST /sessions/${SESSION_ID}/requests/r1/answer`;
const QUESTION: Request["input"] = {
  questions: [
    { question: "Which colour?", header: "Colour", multiSelect: false, options: [{ label: "Red" }, { label: "Blue" }] },
    { question: "Which sizes?", header: "Size", multiSelect: true, options: [{ label: "S" }, { label: "L" }] },
  ],
};

function ask(changes: Partial<Request> = {}) {
  const live = quietLive();
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

describe("a plan", () => {
  test("is read as markdown and approved", async () => {
    const { asked } = ask({ kind: "plan", tool_name: "ExitPlanMode", input: { plan: "# The plan\n\n1. Begin" } });
    expect(screen.getByRole("heading", { name: "The plan" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(asked).toEqual([[ANSWER, { behavior: "allow" }]]);
  });

  test("goes back with comments", async () => {
    const { asked } = ask({ kind: "plan", tool_name: "ExitPlanMode", input: {} });
    await userEvent.click(screen.getByRole("button", { name: "Keep planning" }));
    await userEvent.type(screen.getByRole("textbox"), "Add tests{Enter}");
    expect(asked).toEqual([[ANSWER, { behavior: "deny", message: "Add tests" }]]);
  });
});
