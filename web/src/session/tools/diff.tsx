import { diffLines } from "diff";
import { memo } from "react";
import type { Json } from "../../api/types";
import { cx } from "../../ui/cx";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import { isObject } from "./summary";

const CONTEXT = 3;
const LARGEST = 200_000;

export type Row =
  | { sign: "+" | "-" | " "; text: string; was?: number | undefined; is?: number | undefined }
  | { skipped: number };

/** What an edit takes away and puts in, line by line, with a few lines around. */
export const Diff = memo(function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  return <DiffRows rows={rows(before, after)} label={label} />;
});

/** The lines of a change, with their numbers before and after where those are known. */
export const DiffRows = memo(function DiffRows({ rows, label }: { rows: readonly Row[]; label: string }) {
  const isNumbered = rows.some((row) => "sign" in row && (row.was ?? row.is) !== undefined);
  return (
    <Scrollable label={label} className="max-h-96 py-1.5 font-mono text-xs leading-5 [tab-size:4]">
      <div className="w-max min-w-full">
        {rows.map((row, at) =>
          "skipped" in row ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line's place is what it is
            <div key={at} className="px-3 text-ink-3 select-none">
              ⋯ {row.skipped} unchanged
            </div>
          ) : (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: a line's place is what it is
              key={at}
              className={cx(
                "flex px-3 whitespace-pre",
                row.sign === "+" && "bg-ok-soft text-ok",
                row.sign === "-" && "bg-bad-soft text-bad",
              )}
            >
              {isNumbered && (
                <span className="mr-3 w-[4ch] shrink-0 text-right tabular-nums select-none">{row.is ?? row.was}</span>
              )}
              <span className="w-4 shrink-0 select-none">{row.sign}</span>
              <span>{visible(row.text) || " "}</span>
            </div>
          ),
        )}
      </div>
    </Scrollable>
  );
});

/** The lines of a patch as the CLI gives it with a result; null where it gives none. */
export function patchRows(patch: Json | undefined): Row[] | null {
  if (!Array.isArray(patch) || patch.length === 0) return null;
  let end = 1;
  return patch.filter(isObject).flatMap((hunk): Row[] => {
    let was = number(hunk.oldStart);
    let is = number(hunk.newStart);
    const skipped = was - end;
    const changed = (Array.isArray(hunk.lines) ? hunk.lines : []).flatMap((line): Row[] => {
      const [sign, text] = [String(line).slice(0, 1), String(line).slice(1)];
      if (sign === "+") return [{ sign, text, is: is++ }];
      if (sign === "-") return [{ sign, text, was: was++ }];
      return sign === " " ? [{ sign, text, was: was++, is: is++ }] : [{ sign: " ", text: String(line) }];
    });
    end = was;
    return skipped > 0 ? [{ skipped }, ...changed] : changed;
  });
}

/** The lines of a new file. */
export function newRows(content: string): Row[] {
  return lines(content, "+").map((row, at) => ({ ...row, is: at + 1 }));
}

function number(value: Json | undefined): number {
  return typeof value === "number" ? value : 1;
}

/** The lines of a diff; long unchanged stretches are left out. */
export function rows(before: string, after: string): Row[] {
  if (before.length + after.length > LARGEST) return [...lines(before, "-"), ...lines(after, "+")];
  const parts = diffLines(ended(before), ended(after));
  return parts.flatMap((part, at): Row[] => {
    if (part.added) return lines(part.value, "+");
    if (part.removed) return lines(part.value, "-");
    const same = lines(part.value, " ");
    const head = at === 0 ? 0 : CONTEXT;
    const tail = at === parts.length - 1 ? 0 : CONTEXT;
    if (same.length <= head + tail + 1) return same;
    return [...same.slice(0, head), { skipped: same.length - head - tail }, ...(tail === 0 ? [] : same.slice(-tail))];
  });
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function lines(text: string, sign: "+" | "-" | " "): Exclude<Row, { skipped: number }>[] {
  if (text === "") return [];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ({ sign, text: line }));
}
