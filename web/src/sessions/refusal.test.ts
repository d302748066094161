import { expect, test } from "vitest";
import { refusalOf } from "./refusal";

test("says who has refused, and that Claude was not reached only where it was not", () => {
  expect(refusalOf({ kind: "command", state: "refused" })).toBe("The machine refused it");
  expect(refusalOf({ kind: "command", state: "unknown" })).toBe("It is not known whether Claude got it");
  expect(refusalOf({ kind: "command", state: "session_lost" })).toBe("Claude was not reached");
  expect(refusalOf({ kind: "terminate_session", state: "refused" })).toBe("The session was not terminated");
});
