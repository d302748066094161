import { expect, test } from "vitest";
import { session, unsent } from "../testing/samples";
import { wayFor } from "./way";

const ended = session({ state: "ended", reason: "exited" });

test("the first prompt for a session that has ended resumes it, and the second goes to what is resumed", () => {
  expect(wayFor(ended, false, undefined, [])).toBe("resume");
  expect(wayFor(ended, false, undefined, [unsent({ way: "resume" })])).toBe("command");
  expect(wayFor(ended, false, undefined, [unsent({ way: "resume", sessionId: "another" })])).toBe("resume");
  expect(wayFor(ended, false, undefined, [unsent({ way: "resume", isHeld: true })])).toBe("resume");
  expect(wayFor(ended, false, undefined, [unsent({ way: "command" })])).toBe("resume");
});

test("a prompt waits while Claude is at work, unless it is to be sent at once", () => {
  const working = session({ state: "running", activity: "working" });
  expect(wayFor(working, false, undefined, [])).toBe("queue");
  expect(wayFor(working, true, undefined, [])).toBe("command");
  expect(wayFor(session({ state: "running", activity: "idle" }), false, undefined, [])).toBe("command");
  expect(wayFor(session({ state: "starting", activity: null }), false, undefined, [])).toBe("command");
});
