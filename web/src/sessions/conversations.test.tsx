import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Agent, Conversation } from "../api/types";
import { answerCalls, faults, show } from "../testing/page";
import { agent, session } from "../testing/samples";
import { Conversations, listsConversations } from "./conversations";

const held = (id: string, changes: Partial<Conversation> = {}): Conversation => ({
  id,
  directory: "/work",
  title: `About ${id}`,
  modified_ms: 1_000,
  size: 10,
  is_running: false,
  ...changes,
});

function list() {
  const onImported = vi.fn();
  const onClose = vi.fn();
  show(<Conversations agent={agent()} isOpen onClose={onClose} onImported={onImported} />);
  return { onImported, onClose };
}

test("one that is chosen goes on as a session", async () => {
  const asked = answerCalls((method) =>
    method === "POST"
      ? session({ imported_from: "c2" })
      : { conversations: [held("c1"), held("c2", { is_running: true })], next_skip: null, is_cut: false },
  );
  const { onImported, onClose } = list();
  const wanted = await screen.findByRole("button", { name: /About c2/ });
  expect(wanted.textContent).toMatch(/open/);
  expect(await faults(document.body)).toEqual([]);
  await userEvent.click(wanted);
  await vi.waitFor(() => expect(onImported).toHaveBeenCalledWith(expect.objectContaining({ imported_from: "c2" })));
  expect(onClose).toHaveBeenCalled();
  expect(asked).toContainEqual(["POST /agents/a1/conversations/c2/import", {}]);
});

test("older ones are asked for where there are more, and it is said when there is none", async () => {
  answerCalls((_, path) =>
    path.includes("skip=50")
      ? { conversations: [held("old", { title: "" })], next_skip: null, is_cut: true }
      : { conversations: [], next_skip: 50, is_cut: false },
  );
  list();
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  await screen.findByRole("button", { name: /Untitled conversation/ });
  expect(screen.getByText(/too many for all to be shown/)).toBeTruthy();
  expect(screen.queryByText(/There is none/)).toBeNull();
});

test("one that has moved to a later page meanwhile is shown once", async () => {
  answerCalls((_, path) => ({
    conversations: path.includes("skip=50") ? [held("c1"), held("c2")] : [held("c1")],
    next_skip: path.includes("skip=50") ? null : 50,
    is_cut: false,
  }));
  list();
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  await screen.findByRole("button", { name: /About c2/ });
  expect(screen.getAllByRole("button", { name: /About c1/ })).toHaveLength(1);
});

test("why it cannot be done is said, and another can be chosen", async () => {
  answerCalls((method) =>
    method === "POST"
      ? Response.json({ error: { code: "not_found", message: "It is not there." } }, { status: 404 })
      : { conversations: [held("c1")], next_skip: null, is_cut: false },
  );
  const { onImported } = list();
  const wanted = await screen.findByRole<HTMLButtonElement>("button", { name: /About c1/ });
  await userEvent.click(wanted);
  await screen.findByText("It is not there.");
  expect(wanted.disabled).toBe(false);
  expect(onImported).not.toHaveBeenCalled();
});

test("an agent that knows no conversations, or is away, is not asked for them", () => {
  const machine = { answers: ["list_conversations"] } as Agent["machine"];
  expect(listsConversations(agent({ machine }))).toBe(true);
  expect(listsConversations(agent({ machine, online: false }))).toBe(false);
  expect(listsConversations(agent({ machine: { ...machine, answers: ["list_directory"] } as Agent["machine"] }))).toBe(
    false,
  );
  expect(listsConversations(agent())).toBe(false);
});
