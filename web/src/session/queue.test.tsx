import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { answerCalls, show } from "../testing/page";
import { instruction, SESSION_ID, session } from "../testing/samples";
import { Composer } from "./composer";
import { QueueDock } from "./queue";

const WAITING = { id: "c1", text: "hello", created_by: "ada", created_ms: 1, images: 0 };

beforeEach(() => void answerCalls(() => ({ commands: [], models: [] })));

/** The queue with one prompt in it that is being edited, above the composer. */
async function editing() {
  const composer = (
    <Composer
      session={session()}
      mayCommand
      onSend={() => {}}
      onInterrupt={() => {}}
      isInterruptArmed={false}
      examples={[]}
    />
  );
  const { live } = show(
    <>
      <QueueDock session={session()} mayCommand />
      {composer}
    </>,
  );
  const { store } = live;
  act(() => store.putQueue({ session_id: SESSION_ID, version: 1, prompts: [WAITING] }));
  await userEvent.click(await screen.findByRole("button", { name: "Edit" }));
  const leave = () => act(() => store.putQueue({ session_id: SESSION_ID, version: 2, prompts: [] }));
  return { store, leave, editor: screen.getByRole("textbox", { name: "Waiting prompt" }) };
}

const draft = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: /^Prompt for/ });

describe("a waiting prompt that is being edited", () => {
  test("goes on in the composer when it is withdrawn, below what is written there", async () => {
    const { leave, editor } = await editing();
    await userEvent.type(draft(), "mine");
    await userEvent.type(editor, " there");
    leave();
    expect(await screen.findByText("The prompt was withdrawn. Your edit is in the composer now.")).toBeTruthy();
    expect(draft().value).toBe("mine\n\nhello there");
    expect(document.activeElement).toBe(draft());
  });

  test("goes on in the composer when it is sent", async () => {
    const { store, leave, editor } = await editing();
    await userEvent.type(editor, " there");
    act(() => store.takeInstruction(instruction({ state: "sent" })));
    leave();
    expect(await screen.findByText("The prompt was already sent. Your edit is in the composer now.")).toBeTruthy();
    expect(draft().value).toBe("hello there");
  });

  test("leaves the composer alone when nothing was changed, or the edit is what was sent", async () => {
    const { store, leave, editor } = await editing();
    await userEvent.type(editor, " there");
    act(() => store.takeInstruction(instruction({ state: "sent", text: "hello there" })));
    leave();
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Waiting prompt" })).toBeNull());
    expect(draft().value).toBe("");
    const other = { ...WAITING, id: "c2" };
    act(() => store.putQueue({ session_id: SESSION_ID, version: 3, prompts: [other] }));
    await userEvent.click(await screen.findByRole("button", { name: "Edit" }));
    act(() => store.putQueue({ session_id: SESSION_ID, version: 4, prompts: [] }));
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Waiting prompt" })).toBeNull());
    expect(draft().value).toBe("");
  });
});
