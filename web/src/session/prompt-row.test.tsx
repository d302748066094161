import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { sessions } from "../api/resources";
import type { Instruction } from "../api/types";
import type { Prompt } from "../live/outbox";
import { answerCalls, faults, show } from "../testing/page";
import { instruction, SESSION_ID, session, unsent } from "../testing/samples";
import { draftKey } from "./draft";
import { PromptRow, wordsFor } from "./prompt-row";

function prompt(changes: Partial<Prompt> = {}): Prompt {
  return {
    id: "c1",
    inputId: "c1",
    text: "hello",
    images: 0,
    attached: [],
    state: "queued",
    message: null,
    createdMs: 1,
    isAwaited: true,
    ...changes,
  };
}

function row(changes: Partial<Prompt> = {}, mayCommand = true) {
  return show(<PromptRow sessionId={SESSION_ID} prompt={prompt(changes)} mayCommand={mayCommand} />);
}

const answering = (name: "edit" | "withdraw" | "retry" | "drop", answer: Partial<Instruction>) =>
  vi.spyOn(sessions, name).mockResolvedValue(instruction(answer));

const button = (name: string) => screen.queryByRole("button", { name });

describe("a prompt that is not in the transcript yet", () => {
  test("says where it is, and for whom it waits", () => {
    const away = session({ agent_online: false, agent_name: "desk" });
    expect(wordsFor(prompt(), away)).toBe("Waits for desk to come back");
    expect(wordsFor(prompt({ state: "sent" }), away)).toMatch(/whether it arrived is known/);
    expect(wordsFor(prompt({ state: "taken" }), session({ agent_name: "desk" }))).toBe("Taken by desk");
    expect(wordsFor(prompt({ state: "unknown", message: "The agent restarted." }), session())).toBe(
      "It is not known whether Claude got this. The agent restarted.",
    );
    expect(wordsFor(prompt({ state: "sent" }), session({ state: "queued" }))).toBe("Waits for the session to start");
  });

  test("can be withdrawn while it waits", async () => {
    const withdraw = answering("withdraw", { state: "withdrawn" });
    row();
    await userEvent.click(screen.getByRole("button", { name: "Withdraw" }));
    expect(withdraw).toHaveBeenCalledExactlyOnceWith(SESSION_ID, "c1");
  });

  test("can be edited while it waits, in the place of what one saw", async () => {
    const edit = answering("edit", { text: "hello there" });
    row();
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Waiting prompt" }), " there");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(edit).toHaveBeenCalledExactlyOnceWith(SESSION_ID, "c1", "hello there", "hello");
    expect(screen.queryByRole("textbox")).toBeNull();
  });

  test("that is sent while it is edited leaves the edit to the composer", async () => {
    const { live, unmount } = row();
    live.store.takeInstruction(instruction());
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Waiting prompt" }), " there");
    live.store.takeInstruction(instruction({ state: "sent" }));
    unmount(); // it may stand in the transcript by the time that this page draws again
    expect(localStorage.getItem(draftKey(SESSION_ID))).toBe("hello there");
  });

  test("is out of reach once it may be on the machine", () => {
    for (const state of ["sent", "taken", "done"] as const) {
      const { unmount } = row({ state });
      expect(screen.queryByRole("button")).toBeNull();
      unmount();
    }
  });

  test("can be sent again or dropped where nobody knows what became of it", async () => {
    const retry = answering("retry", { id: "c2", input_id: "c1", state: "sent" });
    const drop = answering("drop", { state: "dropped" });
    row({ state: "unknown" });
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(retry).toHaveBeenCalledExactlyOnceWith(SESSION_ID, "c1");
    await userEvent.click(screen.getByRole("button", { name: "Drop" }));
    expect(drop).toHaveBeenCalledExactlyOnceWith(SESSION_ID, "c1");
  });

  test("that never reached the server is sent anew under its own id, or dismissed", async () => {
    const { live } = row({ state: "unsent" });
    const again = vi.spyOn(live.unsent, "again");
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(again).toHaveBeenCalledExactlyOnceWith("c1");
    answerCalls(() => new Promise(() => {}));
    live.unsent.add(unsent({ id: "c1", createdMs: Date.now() }));
    await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(live.unsent.all).toEqual([]);
    expect(await screen.findByText(/It was on its way: it may have arrived/)).toBeTruthy();
  });

  test("offers a viewer nothing but the words", () => {
    row({}, false);
    expect(button("Withdraw")).toBeNull();
    expect(screen.getByText("hello")).toBeTruthy();
  });

  test("can be edited and sent anew where the server would not have it", async () => {
    const { live } = row({ state: "unsent", message: "This session has ended." });
    const refusal = { error: { code: "conflict", message: "This session has ended." } };
    answerCalls(() => Response.json(refusal, { status: 409 }));
    live.unsent.add(unsent({ createdMs: Date.now() }));
    await userEvent.click(await screen.findByRole("button", { name: "Edit" }));
    const asked = answerCalls(() => new Promise(() => {}));
    await userEvent.type(screen.getByRole("textbox", { name: "Unsent prompt" }), " there");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    expect(live.unsent.all).toMatchObject([{ text: "hello there", isHeld: false }]);
    expect(live.unsent.all[0]?.id).not.toBe("c1"); // the first may be known under its own
    expect(asked).toMatchObject([[`POST /sessions/${SESSION_ID}/commands`, { text: "hello there" }]]);
  });

  test("lets go of what one may not send any more", async () => {
    const { live } = row({ state: "unsent", message: "You may only read this session." }, false);
    answerCalls(() => new Promise(() => {}));
    live.unsent.add(unsent({ createdMs: Date.now() }));
    await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(live.unsent.all).toEqual([]);
  });

  test("has nothing that axe minds", async () => {
    const { container } = row();
    expect(await faults(container)).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    expect(await faults(container)).toEqual([]);
  });
});
