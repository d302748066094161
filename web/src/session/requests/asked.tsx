import type { ReactNode } from "react";
import type { JsonObject, Request } from "../../api/types";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { languageOf } from "../markdown/highlight-names";
import { EditDiff, EditDiffs } from "../tools/bodies";
import { Diff } from "../tools/diff";
import { InputRows, Rows } from "../tools/rows";
import { summarize, text } from "../tools/summary";

/** Exactly what a permission is asked for: all of the tool's input, and why Claude may not do it unasked. */
export function Asked({ requests }: { requests: readonly [Request, ...Request[]] }) {
  const [request] = requests;
  const Known = KNOWN[request.tool_name];
  return (
    <>
      {Known === undefined ? <AnyInput request={request} /> : <Known request={request} />}
      <Rows
        rows={CIRCUMSTANCES.map(({ field, label, isCode }) => ({ label, isCode, value: differing(requests, field) }))}
      />
    </>
  );
}

const CIRCUMSTANCES = [
  { field: "reason", label: "Why you are asked", isCode: false },
  { field: "blocked_path", label: "About the path", isCode: true },
  { field: "subagent", label: "For the subagent", isCode: false },
  { field: "mcp_server", label: "MCP server", isCode: true },
] as const;

/** Equal requests may come about in different circumstances: all of them are shown. */
function differing(requests: readonly Request[], field: (typeof CIRCUMSTANCES)[number]["field"]): string | null {
  const told = new Set(requests.map((request) => request[field]).filter((value) => value !== null));
  return told.size === 0 ? null : visible([...told].join("\n"));
}

type Shown = (props: { request: Request }) => ReactNode;

const KNOWN: Record<string, Shown> = {
  Bash: ({ request: { input, description } }) => (
    <>
      <Code code={text(input.command)} language="bash" label="Command" isWrapped />
      <InputRows input={input} shown={["command", ...(input.description === description ? ["description"] : [])]} />
    </>
  ),
  Write: ({ request: { input } }) => (
    <>
      <FileName input={input} field="file_path" />
      <Diff before="" after={text(input.content)} label="Content to write" />
      <InputRows input={input} shown={["file_path", "content"]} />
    </>
  ),
  Edit: ({ request: { input } }) => (
    <>
      <FileName input={input} field="file_path" />
      <EditDiff input={input} />
      <InputRows input={input} shown={["file_path", "old_string", "new_string"]} />
    </>
  ),
  MultiEdit: ({ request: { input } }) => (
    <>
      <FileName input={input} field="file_path" />
      <EditDiffs edits={input.edits} />
      <InputRows input={without(input, "edits")} shown={["file_path"]} />
    </>
  ),
  NotebookEdit: ({ request: { input } }) => (
    <>
      <FileName input={input} field="notebook_path" />
      <Diff before="" after={text(input.new_source)} label="New content of the cell" />
      <InputRows input={input} shown={["notebook_path", "new_source"]} />
    </>
  ),
  Read: ({ request: { input } }) => (
    <>
      <FileName input={input} field="file_path" />
      <InputRows input={input} shown={["file_path"]} />
    </>
  ),
  WebFetch: ({ request: { input } }) => <InputRows input={input} shown={[]} />,
  WebSearch: ({ request: { input } }) => <InputRows input={input} shown={[]} />,
};

function AnyInput({ request: { tool_name, input } }: { request: Request }) {
  if (Object.keys(input).length > 0) {
    return <Code code={JSON.stringify(input, null, 2)} language={languageOf("input.json")} label="Input" />;
  }
  const { verb, subject } = summarize(tool_name, input);
  return <p className="px-3 py-2 text-sm">{`${verb} ${subject}`}</p>;
}

/** A path in full: a shortened one could be taken for another. */
function FileName({ input, field }: { input: JsonObject; field: string }) {
  const name = text(input[field]);
  if (name === "") return null;
  return (
    <p className="border-b border-line px-3 py-1.5 font-mono text-xs [overflow-wrap:anywhere] last:border-0">
      {visible(name)}
    </p>
  );
}

function without(input: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== key));
}
