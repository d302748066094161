import { type ReactNode, useMemo } from "react";
import type { ChecklistEntry, Json, JsonObject, ToolItem } from "../../api/types";
import { Code } from "../markdown/code";
import { languageOf } from "../markdown/highlight-names";
import { Plan, Questions } from "./answers";
import { Checklist } from "./checklist";
import { Diff, DiffRows, newRows, patchRows } from "./diff";
import { detailOf, FailedResult, list, Part, Result, Shown } from "./parts";
import { InputRows } from "./rows";
import { Fetched, Found, Searched } from "./searches";
import { text } from "./summary";

type Body = (props: { item: ToolItem }) => ReactNode;

/** What an unfolded tool card shows. A tool that is not named here shows its input and result as they are. */
export function ToolBody({ item }: { item: ToolItem }) {
  const Known = BODIES[item.body.name] ?? Generic;
  return <Known item={item} />;
}

const BODIES: Record<string, Body> = {
  AskUserQuestion: ({ item }) => <Questions item={item} />,
  Bash: ({ item }) => (
    <>
      <Part name="Command">
        <Code code={text(item.body.input.command)} language="bash" label="Command" className="max-h-60" isWrapped />
      </Part>
      <InputRows input={item.body.input} shown={["command"]} />
      <CommandOutput item={item} />
    </>
  ),
  Edit: ({ item }) => (
    <>
      <Changed item={item}>
        <EditDiff input={item.body.input} />
      </Changed>
      <InputRows input={item.body.input} shown={["file_path", "old_string", "new_string"]} />
      <FailedResult item={item} />
    </>
  ),
  ExitPlanMode: ({ item }) => <Plan item={item} />,
  Glob: ({ item }) => <Found item={item} />,
  Grep: ({ item }) => <Found item={item} />,
  MultiEdit: ({ item }) => (
    <>
      <Changed item={item}>
        <EditDiffs edits={item.body.input.edits} />
      </Changed>
      <FailedResult item={item} />
    </>
  ),
  NotebookEdit: ({ item }) => <CellChanged item={item} />,
  Read: ({ item }) => (
    <>
      <InputRows input={item.body.input} shown={["file_path"]} />
      <Result item={item} language={languageOf(text(item.body.input.file_path))} withoutLineNumbers />
    </>
  ),
  // The list itself stands below the card.
  TaskCreate: ({ item }) => <Listed item={item} shown={["subject"]} />,
  TaskList: ({ item }) => <Listed item={item} shown={[]} />,
  TaskUpdate: ({ item }) => <Listed item={item} shown={[]} />,
  TodoWrite: ({ item }) => (
    <>
      {!item.body.checklist && <Checklist entries={todos(item.body.input.todos)} />}
      <FailedResult item={item} />
    </>
  ),
  WebFetch: ({ item }) => <Fetched item={item} />,
  WebSearch: ({ item }) => <Searched item={item} />,
  Write: ({ item }) => (
    <>
      <Changed item={item}>
        <Written item={item} />
      </Changed>
      <FailedResult item={item} />
    </>
  ),
};

/** A list as one call wrote it, where a newer call shows the list. */
function todos(written: Json | undefined): ChecklistEntry[] {
  return list(written).map(({ content, status, activeForm }, at) => ({
    id: String(at),
    subject: text(content),
    status: text(status),
    active: text(activeForm) || null,
    owner: null,
  }));
}

/** The change an edit's input asks for. */
export function EditDiff({ input }: { input: JsonObject }) {
  return <Diff before={text(input.old_string)} after={text(input.new_string)} label="Change" />;
}

/** The changes that several edits of one file ask for, each with what it says beside. */
export function EditDiffs({ edits }: { edits: Json | undefined }) {
  return list(edits).map((edit, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the edits of one call keep their places
    <div key={at}>
      <EditDiff input={edit} />
      <InputRows input={edit} shown={["old_string", "new_string"]} />
    </div>
  ));
}

/** What became of a file, by the result; what was asked for, as long as there is none. */
function Changed({ item, children }: { item: ToolItem; children: ReactNode }) {
  const { structuredPatch } = detailOf(item);
  const rows = useMemo(() => patchRows(structuredPatch), [structuredPatch]);
  return rows === null ? children : <DiffRows rows={rows} label="Change" />;
}

/** The content of a file that was written: new, the same as before, or not known yet which. */
function Written({ item }: { item: ToolItem }) {
  const { type, originalFile } = detailOf(item);
  const content = text(item.body.input.content);
  const rows = useMemo(() => newRows(content), [content]);
  if (type === "update" && originalFile === content) {
    return <p className="px-3 py-2 text-xs text-ink-3">Nothing changed: the file had this content.</p>;
  }
  return <DiffRows rows={rows} label="Content written" />;
}

function CellChanged({ item }: { item: ToolItem }) {
  const { input } = item.body;
  const before = text(detailOf(item).old_source);
  return (
    <>
      <Diff before={before} after={input.edit_mode === "delete" ? "" : text(input.new_source)} label="Change" />
      <InputRows input={input} shown={["notebook_path", "new_source"]} />
      <FailedResult item={item} />
    </>
  );
}

function Listed({ item, shown }: { item: ToolItem; shown: readonly string[] }) {
  return (
    <>
      <InputRows input={item.body.input} shown={shown} />
      <Result item={item} />
    </>
  );
}

function Generic({ item }: { item: ToolItem }) {
  const { input, input_text, streaming } = item.body;
  const isEmpty = Object.keys(input).length === 0;
  const shown = streaming && isEmpty ? input_text : JSON.stringify(input, null, 2);
  return (
    <>
      {!(isEmpty && shown === "{}") && (
        <Part name="Input">
          <Code code={shown} language={streaming ? null : "json"} label="Input" className="max-h-72" />
        </Part>
      )}
      <Result item={item} />
    </>
  );
}

const EXIT_CODE = /^Exit code (\d+)\n?/;

/** What a command wrote, what of it to its error output, and with which code it ended. */
function CommandOutput({ item }: { item: ToolItem }) {
  const { result, state, detail } = item.body;
  if (result === null) return null;
  const code = EXIT_CODE.exec(result)?.[1];
  const told = detailOf(item);
  const errors = text(told.stderr);
  const ending = code !== undefined ? `exit code ${code}` : state === "done" && detail !== null ? "exit code 0" : null;
  return (
    <>
      <Part name={ending === null ? "Output" : `Output, ${ending}`}>
        <Shown
          output={errors !== "" ? text(told.stdout) : result.replace(EXIT_CODE, "")}
          isCut={item.body.result_truncated}
        />
      </Part>
      {errors !== "" && (
        <Part name="Error output">
          <Shown output={errors} isCut={false} />
        </Part>
      )}
    </>
  );
}
