import type { ReactNode } from "react";
import type { Json, JsonObject } from "../../api/types";
import { cx } from "../../ui/cx";
import { duration } from "../../ui/format";
import { visible } from "../../ui/visible";

/** Labelled rows: what a thing is called, and what it is. Rows without a value are left out. */
export function Rows({ rows }: { rows: readonly Row[] }) {
  const told = rows.filter(({ value }) => value !== null);
  if (told.length === 0) return null;
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 border-t border-line px-3 py-2 text-xs first:border-0">
      {told.map(({ label, value, isWarning, isCode }) => (
        <div key={label} className="contents">
          <dt className="text-ink-3">{label}</dt>
          <dd
            className={cx(
              "whitespace-pre-wrap [overflow-wrap:anywhere]",
              isCode && "font-mono",
              isWarning ? "font-medium text-warn" : "text-ink",
            )}
          >
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export interface Row {
  label: string;
  value: ReactNode | null;
  isWarning?: boolean;
  isCode?: boolean;
}

/** Every part of a tool's input that is not shown otherwise: `shown` names those that are. */
export function InputRows({ input, shown }: { input: JsonObject; shown: readonly string[] }) {
  return <Rows rows={inputRows(input, shown)} />;
}

/** The rows of an input but for the keys that are shown elsewhere; a key whose value is no text is never shown elsewhere. */
export function inputRows(input: JsonObject, shown: readonly string[]): Row[] {
  return Object.entries(input)
    .filter(([key, value]) => !(shown.includes(key) && typeof value === "string"))
    .map(([key, value]) => ({
      label: LABELS[key] ?? visible(key),
      value: spoken(key, value),
      isWarning: key === "dangerouslyDisableSandbox" && value !== false,
      isCode: typeof value !== "boolean" && !PROSE.includes(key),
    }));
}

const LABELS: Record<string, string> = {
  cell_id: "Cell",
  dangerouslyDisableSandbox: "Outside the sandbox",
  description: "Description",
  edit_mode: "Kind of change",
  file_path: "File",
  glob: "In files like",
  limit: "Lines",
  offset: "From line",
  path: "In",
  prompt: "To find out",
  query: "Search for",
  replace_all: "Every occurrence",
  run_in_background: "In the background",
  timeout: "Time limit",
  url: "Address",
};
const PROSE = ["description", "prompt", "query"];

function spoken(key: string, value: Json): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (key === "timeout" && typeof value === "number") return duration(value);
  return visible(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}
