import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Agent, PermissionMode, Session } from "../api/types";
import { answerCalls, faults, show } from "../testing/page";
import { agent, instruction, prompt, SESSION_ID, session } from "../testing/samples";
import { Composer } from "./composer";

function compose(changes: Partial<Session> = {}, mayCommand = true) {
  const onSend = vi.fn();
  const onInterrupt = vi.fn();
  const composer = (
    <Composer
      session={session(changes)}
      mayCommand={mayCommand}
      onSend={onSend}
      onInterrupt={onInterrupt}
      isInterruptArmed={false}
      examples={[]}
    />
  );
  return { ...show(composer), composer, onSend, onInterrupt };
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox");

beforeEach(() => void answerCalls(() => ({ commands: [], models: [] })));

describe("the composer", () => {
  test("sends on Enter and begins a new line on Shift+Enter", async () => {
    const { onSend } = compose();
    await userEvent.type(field(), "one{Shift>}{Enter}{/Shift}two{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("one\ntwo", false, []);
    expect(field().value).toBe("");
  });

  test("completes slash commands from what Claude reports", async () => {
    const commands = ["compact", "context", "clear"].map((name) => ({ name, description: "", argument_hint: "" }));
    answerCalls(() => ({ commands, models: [] }));
    const { onSend, container } = compose();
    await userEvent.type(field(), "/co");
    expect((await screen.findAllByRole("option")).map(({ textContent }) => textContent)).toEqual([
      "/compact",
      "/context",
    ]);
    expect(await faults(container)).toEqual([]);
    await userEvent.keyboard("{ArrowDown}{Enter}");
    expect(field().value).toBe("/context ");
    expect(screen.queryByRole("listbox")).toBeNull();
    await userEvent.keyboard("{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("/context", false, []);
  });

  test("keeps the option that is chosen in sight", async () => {
    const commands = ["clear", "compact", "context"].map((name) => ({ name, description: "", argument_hint: "" }));
    answerCalls(() => ({ commands, models: [] }));
    const shown = vi.spyOn(Element.prototype, "scrollIntoView");
    compose();
    await userEvent.type(field(), "/c");
    await screen.findByRole("listbox");
    await userEvent.keyboard("{ArrowUp}");
    expect((shown.mock.contexts.at(-1) as Element).textContent).toBe("/context");
    expect(shown).toHaveBeenLastCalledWith({ block: "nearest" });
  });

  test("says nothing of a path that is no longer what is typed", async () => {
    answerCalls((_, path) => {
      if (!path.includes("/paths")) return { commands: [], models: [] };
      return path.includes("no") ? { paths: [], is_cut: false, problem: null } : new Promise(() => {});
    });
    compose();
    await userEvent.type(field(), "@no");
    expect(await screen.findByText("No such path here.")).toBeTruthy();
    await userEvent.type(field(), "{Backspace}{Backspace}src");
    expect(screen.queryByText("No such path here.")).toBeNull();
  });

  test("a list of commands that was closed stays closed, and Enter sends", async () => {
    answerCalls(() => ({ commands: [{ name: "compact", description: "", argument_hint: "" }], models: [] }));
    const { onSend } = compose();
    await userEvent.type(field(), "/c");
    await screen.findByRole("listbox");
    await userEvent.keyboard("{Escape}{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("/c", false, []);
  });

  test("brings back what was written before, and leaves what one is writing alone", async () => {
    const { live } = compose();
    const items = [prompt(1, "first", "u1"), prompt(2, "second", "u2"), prompt(3, "second", "u3")];
    live.store.receive({
      type: "items",
      session_id: SESSION_ID,
      items,
      position: 3,
      has_earlier: false,
      reset: true,
      session: session(),
      requests: [],
    });
    field().focus();
    await userEvent.keyboard("{ArrowUp}");
    expect(field().value).toBe("second");
    await userEvent.keyboard("{ArrowUp}{ArrowUp}");
    expect(field().value).toBe("first");
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(field().value).toBe("");
    await userEvent.keyboard("my own{ArrowUp}");
    expect(field().value).toBe("my own");
  });

  test("shows what Claude works with, and changes it while it runs", async () => {
    const model = { name: "Haiku", value: "haiku", resolved: "claude-haiku", description: "fast", efforts: ["low"] };
    const asked = answerCalls((method) => (method === "GET" ? { commands: [], models: [model] } : instruction()));
    const { live } = compose({ model: "claude-haiku", permission_mode: "plan", effort: "low" });
    const permission_modes: PermissionMode[] = ["default", "acceptEdits", "plan"];
    act(() => live.store.putAgent(agent({ machine: { permission_modes } as Agent["machine"] })));
    expect(await screen.findByRole("button", { name: "Model: Haiku" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Effort: Low" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Permissions: Plan first" }));
    const accept = await screen.findByRole("menuitem", { name: /^Accept edits/ });
    expect(screen.queryByRole("menuitem", { name: /^Allow everything/ })).toBeNull(); // the machine forbids it
    await userEvent.click(accept);
    expect(asked.at(-1)).toEqual([
      `POST /sessions/${SESSION_ID}/settings`,
      { setting: "permission_mode", value: "acceptEdits" },
    ]);
  });

  test("sends at once on Ctrl+Enter, whatever Claude does", async () => {
    const { onSend } = compose({ activity: "working" });
    await userEvent.type(field(), "stop that{Control>}{Enter}{/Control}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("stop that", true, []);
  });

  test("on a touch screen, Enter begins a new line, and no hint speaks of keys", async () => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      (query) => ({ matches: query === "(hover: none)" }) as MediaQueryList,
    );
    const { onSend, container, unmount } = compose({ activity: "working" });
    await userEvent.type(field(), "one{Enter}two");
    expect(field().value).toBe("one\ntwo");
    expect(container.textContent).toMatch(/What you send waits until it is done/);
    expect(container.textContent).not.toMatch(/Enter|Esc/);
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    expect(onSend).toHaveBeenCalledExactlyOnceWith("one\ntwo", false, []);
    await userEvent.type(field(), "three{Control>}{Enter}{/Control}"); // a keyboard can be beside it
    expect(onSend).toHaveBeenLastCalledWith("three", true, []);
    unmount();
    for (const changes of [{ activity: "idle" }, { activity: "waiting", pending_requests: 1 }] as const) {
      const { container, unmount } = compose(changes);
      expect(container.textContent).not.toMatch(/Enter|Esc/);
      unmount();
    }
  });

  test("does not send emptiness", async () => {
    const { onSend } = compose();
    await userEvent.type(field(), "  {Enter}");
    expect(onSend).not.toHaveBeenCalled();
  });

  test("does not send what is too long, and says how long it is and may be", async () => {
    const { onSend } = compose();
    fireEvent.change(field(), { target: { value: "é".repeat(300_000) } });
    expect(screen.getByRole("alert").textContent).toMatch(/600,000 bytes long, and 500,000 is the most/);
    await userEvent.type(field(), "{Enter}");
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.change(field(), { target: { value: "short" } });
    await userEvent.type(field(), "{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("short", false, []);
  });

  test("sends although a file could not be added, and then says no more of it", async () => {
    const { onSend } = compose();
    const notes = new File(["words"], "notes.txt", { type: "text/plain" });
    fireEvent.change(screen.getByLabelText("Images"), { target: { files: [notes] } });
    expect((await screen.findByRole("alert")).textContent).toBe("notes.txt is no image that this browser can read.");
    await userEvent.type(field(), "go on{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("go on", false, []);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("keeps a draft over a reload, for its own session only", async () => {
    const first = compose();
    await userEvent.type(field(), "half a thought");
    first.unmount();
    const again = compose();
    expect(field().value).toBe("half a thought");
    again.unmount();
    compose({ id: "another" });
    expect(field().value).toBe("");
  });

  test("offers to interrupt while Claude works, and only then", async () => {
    const { onInterrupt, unmount } = compose({ activity: "working" });
    await userEvent.click(screen.getByRole("button", { name: "Interrupt" }));
    expect(onInterrupt).toHaveBeenCalledTimes(1);
    unmount();
    compose({ activity: "idle" });
    expect(screen.queryByRole("button", { name: "Interrupt" })).toBeNull();
  });

  test("says why it is of no use to a viewer", () => {
    compose({}, false);
    expect(field().disabled).toBe(true);
    expect(screen.getByText(/needs the role operator/)).toBeTruthy();
  });

  test("says that a session whose output was removed cannot be resumed", () => {
    compose({ state: "ended", reason: "exited", activity: null, removed_ms: 5 });
    expect(screen.getByText(/Its output was removed, so it cannot be resumed/)).toBeTruthy();
  });

  test("says that a session whose worktree was removed cannot be resumed", () => {
    const worktree = { repository: "/work", branch: "a", base: "main", removed_ms: 5 };
    compose({ state: "ended", reason: "exited", activity: null, worktree });
    expect(screen.getByText(/Its worktree was removed, so it cannot be resumed/)).toBeTruthy();
  });

  test("resumes an ended session, with a prompt or without", async () => {
    const { onSend } = compose({ state: "ended", reason: "exited", activity: null });
    await userEvent.click(screen.getByRole("button", { name: "Resume" }));
    expect(onSend).toHaveBeenCalledWith("", false, []);
    await userEvent.type(field(), "go on{Enter}");
    expect(onSend).toHaveBeenLastCalledWith("go on", false, []);
  });

  test("has nothing that axe minds", async () => {
    const { container } = compose({ activity: "working" });
    expect(await faults(container)).toEqual([]);
  });
});
