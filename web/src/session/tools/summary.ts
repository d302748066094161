import type { Json, JsonObject } from "../../api/types";
import { visible } from "../../ui/visible";

/** One line that says what a tool call does: a verb, what it is done to, and whether that is code. */
export interface Summary {
  verb: string;
  subject: string;
  isCode: boolean;
}

const LONGEST = 300;

/** Say in one line what a call of a tool does, from its name and input; never fails on an unknown shape. */
export function summarize(name: string, input: JsonObject): Summary {
  const known = SUMMARIES[name];
  const summary = known === undefined ? generic(name, input) : known(input);
  return { ...summary, subject: visible(firstLine(summary.subject).slice(0, LONGEST)) };
}

const code = (verb: string, subject: string): Summary => ({ verb, subject, isCode: true });
const words = (verb: string, subject: string): Summary => ({ verb, subject, isCode: false });

const SUMMARIES: Record<string, (input: JsonObject) => Summary> = {
  Bash: (input) => code("Run", text(input.command)),
  BashOutput: (input) => code("Read output of", text(input.bash_id) || text(input.task_id)),
  Read: (input) => code("Read", path(input.file_path)),
  Write: (input) => code("Write", path(input.file_path)),
  Edit: (input) => code("Edit", path(input.file_path)),
  MultiEdit: (input) => code("Edit", path(input.file_path)),
  NotebookEdit: (input) => code("Edit", path(input.notebook_path)),
  Glob: (input) => code("Find", text(input.pattern)),
  Grep: (input) => code("Search", text(input.pattern)),
  LS: (input) => code("List", path(input.path)),
  WebFetch: (input) => code("Fetch", text(input.url)),
  WebSearch: (input) => words("Search the web for", text(input.query)),
  Task: (input) => words("Delegate", text(input.description)),
  Agent: (input) => words("Delegate", text(input.description)),
  TodoWrite: (input) => words("Update the list", todoCount(input.todos)),
  TaskCreate: (input) => words("Add to the list", text(input.subject)),
  TaskGet: (input) => words("Look at the list", `#${text(input.taskId)}`),
  TaskList: () => words("Look at the list", ""),
  TaskUpdate: (input) => words("Update the list", taskChange(input)),
  Skill: (input) => words("Use skill", text(input.skill)),
  AskUserQuestion: (input) => words("Ask", firstQuestion(input.questions)),
  EnterPlanMode: () => words("Begin planning", ""),
  ExitPlanMode: () => words("Propose a plan", ""),
};

function generic(name: string, input: JsonObject): Summary {
  const verb = name.startsWith("mcp__") ? name.split("__").slice(1).join(" · ") : name;
  const subject = Object.values(input).find((value): value is string => typeof value === "string" && value !== "");
  return words(verb, subject ?? "");
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A path without the part that is the same everywhere on its machine. */
export function path(value: Json | undefined): string {
  return text(value).replace(/^\/(?:home|Users)\/[^/]+\//, "~/");
}

function taskChange({ taskId, subject, status }: JsonObject): string {
  return [`#${text(taskId)}`, text(subject), text(status).replace("_", " ")].filter((part) => part !== "").join(" · ");
}

function todoCount(todos: Json | undefined): string {
  if (!Array.isArray(todos)) return "";
  const done = todos.filter((todo) => isObject(todo) && todo.status === "completed").length;
  return `${done} of ${todos.length} done`;
}

function firstQuestion(questions: Json | undefined): string {
  const first = Array.isArray(questions) ? questions[0] : undefined;
  return isObject(first) ? text(first.question) : "";
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstLine(value: string): string {
  const [line = "", ...more] = value.trim().split("\n");
  return more.length === 0 ? line : `${line} …`;
}
