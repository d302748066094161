import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answerCalls } from "../testing/page";
import { call } from "./http";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server that hangs: it lets go of a call only when the call lets go of it. */
function hang(): void {
  globalThis.fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
}

describe("a call of the API", () => {
  test("ends when nothing is answered, and says what to do", async () => {
    hang();
    const asked = expect(call("GET", "/sessions")).rejects.toMatchObject({
      code: "timeout",
      message: "The server does not answer. Check the network, and try again.",
    });
    const done = expect(call("POST", "/sessions", {})).rejects.toMatchObject({
      code: "timeout",
      message: "The server does not answer. Look whether it was done all the same, then try again.",
    });
    await vi.advanceTimersByTimeAsync(31_000);
    await Promise.all([asked, done]);
  });

  test("waits longer for what takes long to carry", async () => {
    hang();
    const failed = vi.fn();
    const large = call("POST", "/sessions", { images: ["x".repeat(2_000_000)] }).catch(failed);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(failed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(31_000);
    await large;
    expect(failed).toHaveBeenCalledTimes(1);
  });

  test("that is let go of is no failure of the server", async () => {
    hang();
    const letGo = new AbortController();
    const asked = expect(call("GET", "/sessions", undefined, letGo.signal)).rejects.toThrow("aborted");
    letGo.abort();
    await asked;
  });

  test("tells a refusal from a server that is away", async () => {
    answerCalls(() => Response.json({ error: { code: "conflict", message: "Too late." } }, { status: 409 }));
    await expect(call("POST", "/x", {})).rejects.toMatchObject({ status: 409, code: "conflict", message: "Too late." });
    answerCalls(() => {
      throw new TypeError("Failed to fetch");
    });
    await expect(call("POST", "/x", {})).rejects.toMatchObject({ status: 0, code: "unreachable" });
  });

  test("tells the server's refusal from that of a proxy in its place", async () => {
    answerCalls(() => Response.json({ error: { code: "not_found", message: "Gone." } }, { status: 404 }));
    await expect(call("POST", "/x", {})).rejects.toMatchObject({ code: "not_found", isOfServer: true });
    for (const body of ["404 page not found", '{"error": "no such host"}', "{}"]) {
      answerCalls(() => new Response(body, { status: 404 }));
      await expect(call("POST", "/x", {})).rejects.toMatchObject({ status: 404, code: "error", isOfServer: false });
    }
  });
});
