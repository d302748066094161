import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "../testing/page";
import { session } from "../testing/samples";
import { Confirm } from "../ui/dialog";
import { tell } from "../ui/toast";
import { isInterruptible, useInterruptByKey } from "./interrupt";

test("Claude is interrupted while it works, in a chat: in a terminal Esc is a key like any other", () => {
  expect(isInterruptible(session({ activity: "working" }))).toBe(true);
  expect(isInterruptible(session({ activity: "idle" }))).toBe(false);
  expect(isInterruptible(session({ activity: "working", mode: "terminal" }))).toBe(false);
});

function Working({ interrupt, isAsking = false }: { interrupt: () => void; isAsking?: boolean }) {
  useInterruptByKey(true, interrupt);
  return (
    <Confirm title="Sure?" action="Yes" isOpen={isAsking} onClose={() => {}} onConfirm={async () => {}}>
      Nothing follows.
    </Confirm>
  );
}

test("Esc twice interrupts Claude also while a message is shown", async () => {
  const interrupt = vi.fn();
  show(<Working interrupt={interrupt} />);
  act(() => tell("The prompt is withdrawn.", () => {}));
  await screen.findByText("The prompt is withdrawn.");
  await userEvent.keyboard("{Escape}{Escape}");
  expect(interrupt).toHaveBeenCalledTimes(1);
});

test("Esc that closes a dialog interrupts nobody", async () => {
  const interrupt = vi.fn();
  show(<Working interrupt={interrupt} isAsking />);
  await screen.findByRole("alertdialog");
  await userEvent.keyboard("{Escape}{Escape}");
  expect(interrupt).not.toHaveBeenCalled();
});
