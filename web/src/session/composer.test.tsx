import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { Session } from "../api/types";
import { faults, show } from "../testing/page";
import { session } from "../testing/samples";
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

describe("the composer", () => {
  test("sends on Enter and begins a new line on Shift+Enter", async () => {
    const { onSend } = compose();
    await userEvent.type(field(), "one{Shift>}{Enter}{/Shift}two{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("one\ntwo");
    expect(field().value).toBe("");
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
    expect(onSend).toHaveBeenCalledExactlyOnceWith("short");
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

  test("resumes an ended session, with a prompt or without", async () => {
    const { onSend } = compose({ state: "ended", reason: "exited", activity: null });
    await userEvent.click(screen.getByRole("button", { name: "Resume" }));
    expect(onSend).toHaveBeenCalledWith("");
    await userEvent.type(field(), "go on{Enter}");
    expect(onSend).toHaveBeenLastCalledWith("go on");
  });

  test("has nothing that axe minds", async () => {
    const { container } = compose({ activity: "working" });
    expect(await faults(container)).toEqual([]);
  });
});
