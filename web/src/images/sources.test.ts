import { expect, test, vi } from "vitest";
import { promptImages } from "./sources";

test("an image of a prompt that never comes does not keep the prompt from being let go of", async () => {
  const patience = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  globalThis.fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const asked = expect(promptImages("s1", "c1", 1)).rejects.toThrow("too long");
  expect(timeout).toHaveBeenCalledExactlyOnceWith(30_000);
  patience.abort(new Error("too long"));
  await asked;
});
