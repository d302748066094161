import { type ReactNode, useState } from "react";
import { cx } from "../../ui/cx";
import { plural } from "../../ui/format";
import { visible } from "../../ui/visible";

const OPEN_LEVELS = 2;
const MOST_SHOWN = 200;
const TONES = { string: "text-ok", number: "text-accent", boolean: "text-info", null: "text-ink-3" } as const;

/** A JSON value, each object and list of which folds. */
export function JsonTree({ value, name, level = 0 }: { value: unknown; name?: string | undefined; level?: number }) {
  const label = name === undefined ? null : <span className="text-ink-2">{visible(name)}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div className="pl-4 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {label}
        <Leaf value={value} />
      </div>
    );
  return <Folding value={value} label={label} level={level} />;
}

/** An object or a list. What is in it is there only while it is unfolded: it may be thousands of levels deep. */
function Folding({ value, label, level }: { value: object; label: ReactNode; level: number }) {
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = isList ? "[]" : "{}";
  if (entries.length === 0)
    return (
      <div className="pl-4">
        {label}
        {open}
        {close}
      </div>
    );
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)} className="group/json">
      <summary className="cursor-default rounded py-0.5 pl-4 -indent-3.5 marker:text-ink-3 hover:bg-hover touch:py-1.5">
        {label}
        {open}
        <span className="text-ink-3 group-open/json:hidden">
          {isList ? plural(entries.length, "entry", "entries") : plural(entries.length, "key")}
          {close}
        </span>
      </summary>
      {isOpen && (
        <Entries>
          {entries.slice(0, MOST_SHOWN).map(([key, each]) => (
            <JsonTree key={key} value={each} name={isList ? undefined : key} level={level + 1} />
          ))}
          {entries.length > MOST_SHOWN && (
            <p className="pl-4 text-ink-3">
              {plural(entries.length - MOST_SHOWN, "more entry", "more entries")} not shown.
            </p>
          )}
        </Entries>
      )}
      <div className="pl-4">{close}</div>
    </details>
  );
}

function Entries({ children }: { children: ReactNode }) {
  return <div className="ml-1.5 border-l border-line pl-1.5">{children}</div>;
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? "null" : typeof value;
  const tone = kind in TONES ? TONES[kind as keyof typeof TONES] : "";
  return <span className={cx(tone)}>{visible(JSON.stringify(value) ?? String(value))}</span>;
}
