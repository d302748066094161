import { render, screen } from "@testing-library/react";
import { beforeAll, expect, test } from "vitest";
import { ToastProvider, tell, tellFailure } from "./toast";

beforeAll(() => import("./toast-list")); // however long a busy machine takes for it

test("what is told before there is anything to show it, and by a page that has just begun, is shown", async () => {
  tell("Before the page.");
  const { unmount } = render(<ToastProvider>the page</ToastProvider>);
  tellFailure("This did not work", new Error("No reason."));
  expect(await screen.findByText("Before the page.")).toBeDefined();
  expect(await screen.findAllByText("This did not work")).not.toEqual([]); // it is also read out at once
  tell("And later.");
  expect(await screen.findByText("And later.")).toBeDefined();
  unmount();
});

test("what failed is told in plain text, without the marks around code", async () => {
  render(<ToastProvider>the page</ToastProvider>);
  tellFailure("This did not work", "Change `permissionModes` there.");
  expect(await screen.findAllByText("Change permissionModes there.")).not.toEqual([]);
});
