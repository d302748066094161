import type { Instruction } from "../api/types";

/** What became of something other than a prompt that did not work, in a few words. */
export function refusalOf({ kind, state }: Pick<Instruction, "kind" | "state">): string {
  if (kind === "terminate_session") return "The session was not terminated";
  if (state === "refused") return "The machine refused it";
  if (state === "unknown") return "It is not known whether Claude got it";
  return "Claude was not reached";
}
