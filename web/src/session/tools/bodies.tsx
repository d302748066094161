import type { ReactNode } from "react";
import type { Json, JsonObject, ToolItem } from "../../api/types";
import { plural } from "../../ui/format";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { languageOf } from "../markdown/highlight-names";
import { plainText } from "./ansi";
import { Diff } from "./diff";
import { isObject, text } from "./summary";

type Body = (props: { item: ToolItem }) => ReactNode;

/** What an unfolded tool card shows. A tool that is not named here shows its input and result as they are. */
export function ToolBody({ item }: { item: ToolItem }) {
  const Known = BODIES[item.body.name] ?? Generic;
  return <Known item={item} />;
}

const BODIES: Record<string, Body> = {
  Bash: ({ item }) => (
    <>
      <Part name="Command">
        <Code code={text(item.body.input.command)} language="bash" label="Command" className="max-h-60" isWrapped />
      </Part>
      <CommandOutput item={item} />
    </>
  ),
  Edit: ({ item }) => (
    <>
      <EditDiff input={item.body.input} />
      <FailedResult item={item} />
    </>
  ),
  MultiEdit: ({ item }) => (
    <>
      {list(item.body.input.edits).map((edit, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the edits of one call keep their places
        <EditDiff key={at} input={edit} />
      ))}
      <FailedResult item={item} />
    </>
  ),
  Write: ({ item }) => (
    <>
      <Diff before="" after={text(item.body.input.content)} label="Content written" />
      <FailedResult item={item} />
    </>
  ),
  Glob: ({ item }) => <Found item={item} />,
  Grep: ({ item }) => <Found item={item} />,
  Read: ({ item }) => <Result item={item} language={languageOf(text(item.body.input.file_path))} withoutLineNumbers />,
  TodoWrite: ({ item }) => <Todos todos={list(item.body.input.todos)} />,
};

/** The change an edit's input asks for. */
export function EditDiff({ input }: { input: JsonObject }) {
  return <Diff before={text(input.old_string)} after={text(input.new_string)} label="Change" />;
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
  const errors = isObject(detail) ? text(detail.stderr) : "";
  const isApart = errors !== "" && isObject(detail);
  const written = isApart ? text(detail.stdout) : result.replace(EXIT_CODE, "");
  const ending = code !== undefined ? `exit code ${code}` : state === "done" && isObject(detail) ? "exit code 0" : null;
  return (
    <>
      <Part name={ending === null ? "Output" : `Output, ${ending}`}>
        <Shown output={written} isCut={item.body.result_truncated} />
      </Part>
      {isApart && (
        <Part name="Error output">
          <Shown output={errors} isCut={false} />
        </Part>
      )}
    </>
  );
}

/** What a search has found: how much, and each line of it. */
function Found({ item }: { item: ToolItem }) {
  const { input, result, state } = item.body;
  const lines = (result ?? "").split("\n").filter((line) => line.trim() !== "");
  const isList = state === "done" && result !== null && !/^No (files|matches) found/.test(result);
  const where = text(input.path) || text(input.glob);
  return (
    <>
      {where !== "" && <p className="px-3 pt-2 font-mono text-xs text-ink-3">in {visible(where)}</p>}
      {isList ? (
        <Part name={plural(lines.length, "line")}>
          <Shown output={lines.join("\n")} isCut={item.body.result_truncated} />
        </Part>
      ) : (
        <Result item={item} />
      )}
    </>
  );
}

function Result({
  item,
  language = null,
  withoutLineNumbers,
}: {
  item: ToolItem;
  language?: string | null;
  withoutLineNumbers?: boolean;
}) {
  const { result, result_truncated, state } = item.body;
  if (result === null) return null;
  return (
    <Part name={state === "failed" ? "Error" : "Result"}>
      <Shown
        output={withoutLineNumbers ? result.replace(/^ *\d+[→\t]/gm, "") : result}
        isCut={result_truncated}
        language={language}
      />
    </Part>
  );
}

function Shown({ output, isCut, language = null }: { output: string; isCut: boolean; language?: string | null }) {
  const shown = plainText(output);
  return (
    <>
      {shown.trim() === "" ? (
        <p className="px-3 py-2 text-xs text-ink-3">No output.</p>
      ) : (
        <Code code={shown} language={language} label="Result" className="max-h-96" />
      )}
      {isCut && (
        <p className="border-t border-line px-3 py-1.5 text-xs text-ink-3">
          Shortened here; the whole output is in the session's log.
        </p>
      )}
    </>
  );
}

function FailedResult({ item }: { item: ToolItem }) {
  return item.body.state === "failed" || item.body.state === "denied" ? <Result item={item} /> : null;
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="border-t border-line first:border-0">
      <p className="px-3 pt-2 text-2xs font-medium text-ink-3">{name}</p>
      {children}
    </section>
  );
}

const BOXES: Record<string, string> = { completed: "☑", in_progress: "◐", pending: "☐" };

function Todos({ todos }: { todos: readonly JsonObject[] }) {
  return (
    <ul className="flex flex-col gap-1 px-3 py-2.5 text-sm">
      {todos.map((todo, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is written anew as a whole each time
        <li key={at} className={todo.status === "completed" ? "text-ink-3 line-through" : undefined}>
          <span aria-hidden>{BOXES[text(todo.status)] ?? "☐"} </span>
          <span className="sr-only">{text(todo.status).replace("_", " ")}: </span>
          {text(todo.content)}
        </li>
      ))}
    </ul>
  );
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
