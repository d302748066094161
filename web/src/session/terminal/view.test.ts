import { expect, test } from "vitest";
import { session } from "../../testing/samples";
import { standing } from "./view";

test("a terminal that is not to be seen any more says so, instead of connecting for ever", () => {
  expect(standing(session(), { state: null, isGone: false })).toBe("Connecting …");
  expect(standing(session(), { state: null, isGone: true })).toMatch(/not to be seen any more/);
});
