import { useQuery } from "@tanstack/react-query";
import { Download, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { explain } from "../api/http";
import { type UsageFilter, usageCsv, usageQuery } from "../api/resources";
import type { By, UsageRow } from "../api/types";
import { Button, buttonClass } from "../ui/button";
import { Failure, Skeleton } from "../ui/empty";
import { compact, cost, count, duration } from "../ui/format";
import { visible } from "../ui/visible";
import { ceiling, MEANINGS, shortDay } from "./measures";
import type { Measure } from "./search";

const SHOWN = 12;
const COLUMNS = ["Turns", "Time", "In", "Out", "Cache read", "Cache written", "Cost"] as const;

interface ChartProps {
  by: By;
  title: string;
  filter: UsageFilter;
  measure: Measure;
}

/** What was used by one thing, as a chart, with its table and as CSV. */
export function UsageChart({ by, title, filter, measure }: ChartProps) {
  const headingId = useId();
  const [isTable, setTable] = useState(false);
  const { data, error, refetch } = useQuery(usageQuery(by, filter));
  let content: ReactNode = <Skeleton rows={3} />;
  if (data !== undefined && isTable) content = <UsageTable of={title} by={by} rows={data.rows} />;
  else if (data !== undefined && by === "day") content = <Columns rows={data.rows} measure={measure} />;
  else if (data !== undefined) content = <Bars rows={data.rows} measure={measure} />;
  else if (error !== null)
    content = (
      <Failure
        title="This could not be loaded"
        message={explain(error)}
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      />
    );
  return (
    <section aria-labelledby={headingId} className="min-w-0 rounded-xl border border-line bg-surface p-4">
      <div className="mb-3 flex items-center gap-2">
        <h2 id={headingId} className="flex-1 text-sm font-semibold">
          {title}
        </h2>
        <Button
          size="small"
          aria-pressed={isTable}
          aria-label={`${title} as a table`}
          className="aria-pressed:bg-hover"
          icon={<Table2 aria-hidden className="size-3.5" />}
          onClick={() => setTable(!isTable)}
        >
          Table
        </Button>
        <a
          href={usageCsv(by, filter)}
          download
          aria-label={`${title} as CSV`}
          className={buttonClass("secondary", "small")}
        >
          <Download aria-hidden className="size-3.5" />
          CSV
        </a>
      </div>
      {content}
    </section>
  );
}

/** Days side by side, the newest on the right. */
function Columns({ rows, measure }: { rows: readonly UsageRow[]; measure: Measure }) {
  const { label, of, words, axis = words } = MEANINGS[measure];
  const top = ceiling(Math.max(...rows.map(of)));
  const first = rows[0];
  const middle = rows[Math.floor(rows.length / 2)];
  const last = rows.at(-1);
  if (first === undefined || last === undefined || middle === undefined) return null;
  const highest = rows.reduce((most, row) => (of(row) > of(most) ? row : most), first);
  const summary = `${label} of each day from ${shortDay(first.key)} to ${shortDay(last.key)}. The most was ${words(of(highest))} on ${shortDay(highest.key)}.`;
  return (
    <figure>
      <div className="flex gap-2">
        <div aria-hidden className="flex h-44 flex-col justify-between text-right text-2xs text-ink-3 tabular-nums">
          <span className="-translate-y-1/2">{axis(top)}</span>
          <span>{axis(top / 2)}</span>
          <span className="translate-y-1/2">0</span>
        </div>
        <div
          role="img"
          aria-label={summary}
          className="relative flex h-44 min-w-0 flex-1 items-end gap-px border-y border-line bg-[linear-gradient(var(--line),var(--line))] bg-size-[100%_1px] bg-center bg-no-repeat"
        >
          {rows.map((row) => (
            <span
              key={row.key}
              title={`${shortDay(row.key)}: ${words(of(row))}`}
              className="group flex h-full min-w-0 flex-1 items-end hover:bg-hover"
            >
              <span
                className="w-full max-w-10 rounded-t-sm bg-accent group-hover:opacity-80"
                style={{ height: `${(100 * of(row)) / top}%`, minHeight: of(row) > 0 ? 2 : 0 }}
              />
            </span>
          ))}
        </div>
      </div>
      <div aria-hidden className="mt-1.5 ml-10 flex justify-between text-2xs text-ink-3">
        <span>{shortDay(first.key)}</span>
        {rows.length > 2 && <span>{shortDay(middle.key)}</span>}
        <span>{shortDay(last.key)}</span>
      </div>
    </figure>
  );
}

/** Names below each other, what used the most first. */
function Bars({ rows, measure }: { rows: readonly UsageRow[]; measure: Measure }) {
  const { of, words } = MEANINGS[measure];
  const used = rows.filter((row) => of(row) > 0).sort((one, other) => of(other) - of(one));
  const top = used[0];
  if (top === undefined) return <p className="py-6 text-center text-sm text-ink-3">Nothing was used in this time.</p>;
  return (
    <>
      <ul className="flex flex-col gap-2.5">
        {used.slice(0, SHOWN).map((row) => (
          <li key={row.key} className="text-xs">
            <span className="flex gap-2">
              <span className="min-w-0 flex-1 truncate text-ink-2">{nameOf(row)}</span>
              <span className="shrink-0 font-medium tabular-nums">{words(of(row))}</span>
            </span>
            <span aria-hidden className="mt-1 block h-2 overflow-hidden rounded-full bg-sunken">
              <span
                className="block h-full rounded-full bg-accent"
                style={{ width: `${(100 * of(row)) / of(top)}%`, minWidth: 2 }}
              />
            </span>
          </li>
        ))}
      </ul>
      {used.length > SHOWN && (
        <p className="mt-3 text-xs text-ink-3">And {count(used.length - SHOWN)} more, in the table.</p>
      )}
    </>
  );
}

function UsageTable({ of, by, rows }: { of: string; by: By; rows: readonly UsageRow[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <section aria-label={`${of}, table`} tabIndex={0} className="thin-scroll max-h-96 overflow-auto">
      <table className="w-full text-right text-xs whitespace-nowrap tabular-nums">
        <thead className="sticky top-0 bg-surface text-ink-3">
          <tr>
            <th scope="col" className="py-1.5 pr-3 text-left font-medium">
              {by === "day" ? "Day" : "Name"}
            </th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className="py-1.5 pl-3 font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className="border-t border-line">
              <th scope="row" className="max-w-48 truncate py-1.5 pr-3 text-left font-normal">
                {nameOf(row)}
              </th>
              <td className="pl-3">{count(row.turns)}</td>
              <td className="pl-3">{duration(row.duration_ms)}</td>
              <td className="pl-3">{compact(row.input_tokens)}</td>
              <td className="pl-3">{compact(row.output_tokens)}</td>
              <td className="pl-3">{compact(row.cache_read_tokens)}</td>
              <td className="pl-3">{compact(row.cache_write_tokens)}</td>
              <td className="pl-3">{cost(row.cost_usd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const nameOf = (row: UsageRow): string => visible(row.name.trim()) || "unnamed";
