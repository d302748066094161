import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ScopeChoices } from "../projects/scope-choices";
import { cx } from "../ui/cx";
import { inputClass } from "../ui/field";
import { count } from "../ui/format";
import { type Group, MOST_TYPED, type OverviewSearch } from "./search";

const TYPED_MS = 150;
const STATES: readonly { value: Group | "archived" | undefined; label: string }[] = [
  { value: undefined, label: "All" },
  { value: "waiting", label: "Waiting" },
  { value: "working", label: "Working" },
  { value: "idle", label: "Idle" },
  { value: "unknown", label: "Unknown" },
  { value: "ended", label: "Ended" },
  { value: "archived", label: "Archived" },
];
const COUNTED: ReadonlySet<Group | "archived" | undefined> = new Set(["waiting", "working", "idle", "unknown"]);

/** What of all sessions and machines is shown. It is kept in the address, so that it can be shared and gone back to. */
export function Filters({
  search,
  counts,
  onChange,
}: {
  search: OverviewSearch;
  counts: Record<Group, number>;
  onChange: (changes: OverviewSearch) => void;
}) {
  return (
    <div className="no-scrollbar flex shrink-0 items-center gap-2 overflow-x-auto border-b border-line px-3 py-2 md:px-5">
      <fieldset className="flex shrink-0 rounded-lg bg-hover p-0.5">
        <legend className="sr-only">State</legend>
        {STATES.map(({ value, label }) => {
          const isChosen = search.state === value;
          const number = COUNTED.has(value) ? counts[value as Group] : 0;
          return (
            <button
              key={label}
              type="button"
              aria-pressed={isChosen}
              onClick={() => onChange({ state: value })}
              className={cx(
                "flex h-7 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium touch:h-9",
                isChosen ? "bg-surface text-ink shadow-sm dark:bg-line-strong" : "text-ink-2 hover:text-ink",
              )}
            >
              {label}
              {number > 0 && (
                <span className={cx("tabular-nums", value === "waiting" ? "text-warn" : "text-ink-3")}>
                  {count(number)}
                </span>
              )}
            </button>
          );
        })}
      </fieldset>
      <TextFilter text={search.text ?? ""} onChange={(text) => onChange({ text: text === "" ? undefined : text })} />
      <ScopeChoices project={search.project} agent={search.agent} onChange={onChange} />
    </div>
  );
}

/** The text is looked for once one pauses; the address may also change it, as going back does. */
function TextFilter({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const told = useRef(text);
  useEffect(() => {
    if (text === told.current) return;
    told.current = text;
    setTyped(text);
  }, [text]);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === told.current) return;
    const timer = setTimeout(() => {
      told.current = wanted;
      change.current(wanted);
    }, TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div className="relative w-44 shrink-0">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3"
      />
      <input
        type="search"
        aria-label="Text in sessions and machines"
        placeholder="Filter"
        maxLength={MOST_TYPED}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        className={cx(inputClass, "h-8 pl-8 touch:h-10")}
      />
    </div>
  );
}
