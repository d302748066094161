import type { Request } from "../../api/types";
import { visible } from "../../ui/visible";
import { summarize } from "../tools/summary";

/** What a request waits for, in a few words; what only has a tool's name is said otherwise. */
export function askedFor({ kind, tool_name, title, input }: Request): string {
  if (kind === "plan") return "A plan to approve";
  const { verb, subject } = summarize(tool_name, input);
  if (subject !== "") return `${verb} ${subject}`;
  if (kind === "question") return "An answer";
  return title === "" || title === tool_name ? verb : visible(title);
}
