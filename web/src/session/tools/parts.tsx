import type { ReactNode } from "react";
import type { Json, JsonObject, ToolItem } from "../../api/types";
import { Code } from "../markdown/code";
import { plainText } from "./ansi";
import { isObject } from "./summary";

/** A part of an unfolded tool card, under its name. */
export function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="border-t border-line first:border-0">
      <p className="px-3 pt-2 text-2xs font-medium text-ink-3">{name}</p>
      {children}
    </section>
  );
}

/** What a tool has returned, as text. */
export function Result({
  item,
  language = null,
  withoutLineNumbers,
}: {
  item: ToolItem;
  language?: string | null;
  withoutLineNumbers?: boolean;
}) {
  const { result, result_truncated, state, pictures = [] } = item.body;
  if (result === null || (result === "" && pictures.length > 0)) return null;
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

/** What a tool has returned, where that is why nothing came of it. */
export function FailedResult({ item }: { item: ToolItem }) {
  return hasFailed(item) ? <Result item={item} /> : null;
}

export function hasFailed({ body: { state } }: ToolItem): boolean {
  return state === "failed" || state === "denied";
}

/** A program's output. */
export function Shown({
  output,
  isCut,
  language = null,
}: {
  output: string;
  isCut: boolean;
  language?: string | null;
}) {
  const shown = plainText(output);
  return (
    <>
      {shown.trim() === "" ? (
        <p className="px-3 py-2 text-xs text-ink-3">No output.</p>
      ) : (
        <Code code={shown} language={language} label="Result" className="max-h-96" />
      )}
      {isCut && <Cut />}
    </>
  );
}

export function Cut() {
  return (
    <p className="border-t border-line px-3 py-1.5 text-xs text-ink-3">
      Shortened here; the whole output is in the session's log.
    </p>
  );
}

/** The objects of a list, whatever else is in it. */
export function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What the CLI tells of a result beside its text; empty where it tells nothing. */
export function detailOf({ body: { detail } }: ToolItem): JsonObject {
  return isObject(detail) ? detail : {};
}
