import { diffLines } from "diff";
import { memo } from "react";
import { cx } from "../../ui/cx";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";

const CONTEXT = 3;
const LARGEST = 200_000;

type Row = { sign: "+" | "-" | " "; text: string } | { skipped: number };

/** What an edit takes away and puts in, line by line, with a few lines around. */
export const Diff = memo(function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  return (
    <Scrollable label={label} className="max-h-96 py-1.5 font-mono text-xs leading-5 [tab-size:4]">
      <div className="w-max min-w-full">
        {rows(before, after).map((row, at) =>
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
              <span className="w-4 shrink-0 select-none">{row.sign}</span>
              <span>{visible(row.text) || " "}</span>
            </div>
          ),
        )}
      </div>
    </Scrollable>
  );
});

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

function lines(text: string, sign: "+" | "-" | " "): Row[] {
  if (text === "") return [];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ({ sign, text: line }));
}
