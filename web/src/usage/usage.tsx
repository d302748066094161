import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { keys, projectsQuery, type UsageFilter, usageQuery } from "../api/resources";
import type { Amounts } from "../api/types";
import { useSessions } from "../live/hooks";
import { useFreshSums } from "../live/sums";
import { TopBar } from "../shell/shell";
import { Choice } from "../ui/choice";
import { useTitle } from "../ui/title";
import { UsageChart } from "./charts";
import { dayBefore, MEANINGS } from "./measures";
import { DAYS, type Days, MEASURES, type Measure, type UsageSearch } from "./search";

const ALL = "all";
const SPANS = DAYS.map((days) => ({ value: `${days}`, label: days === 365 ? "A year" : `${days} days` }));
const MEASURED = MEASURES.map((value) => ({ value, label: MEANINGS[value].label }));
const PARTS = [
  ["project", "By project"],
  ["agent", "By machine"],
  ["model", "By model"],
  ["person", "By person"],
] as const;

const route = getRouteApi("/shell/usage");

/** What was used, by day and by everything else it can be told apart by. */
export function UsageView() {
  useTitle("Usage");
  const { days = 30, measure = "cost", project } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: projects = [] } = useQuery(projectsQuery);
  const now = new Date();
  const filter: UsageFilter = {
    since: dayBefore(now, days - 1),
    until: dayBefore(now, 0),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    project_id: project,
  };
  const seen = useSessions().reduce((sum, { cost_usd, output_tokens }) => sum + (cost_usd ?? 0) + output_tokens, 0);
  useFreshSums(keys.usage, seen);
  const { data: byDay } = useQuery(usageQuery("day", filter));
  const look = (change: UsageSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <>
      <TopBar title="Usage" />
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-5xl flex-col gap-4 px-3 py-4 md:px-5">
          <div className="flex flex-wrap gap-2">
            <Choice
              isCompact
              label="Time"
              value={`${days}`}
              options={SPANS}
              onChange={(value) => look({ days: Number(value) as Days })}
            />
            <Choice
              isCompact
              label="Measure"
              value={measure}
              options={MEASURED}
              onChange={(value: Measure) => look({ measure: value })}
            />
            <Choice
              isCompact
              label="Project"
              value={project ?? ALL}
              options={[
                { value: ALL, label: "All projects" },
                ...projects.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              onChange={(value) => look({ project: value === ALL ? undefined : value })}
            />
          </div>
          <Totals total={byDay?.total} />
          <UsageChart by="day" title="By day" filter={filter} measure={measure} />
          <div className="grid gap-4 md:grid-cols-2">
            {PARTS.map(([by, title]) => (
              <UsageChart key={by} by={by} title={title} filter={filter} measure={measure} />
            ))}
          </div>
          <p className="text-xs text-ink-3">
            Counted are turns in chats: a session in a terminal does not report what it used.
          </p>
        </div>
      </div>
    </>
  );
}

function Totals({ total }: { total: Amounts | undefined }) {
  return (
    <dl className="grid grid-cols-2 gap-2 sm:grid-cols-4">
      {MEASURES.map((measure) => {
        const { label, of, words } = MEANINGS[measure];
        return (
          <div key={measure} className="rounded-xl border border-line bg-surface px-4 py-3">
            <dt className="text-xs text-ink-3">{label}</dt>
            <dd className="mt-0.5 text-lg font-semibold tabular-nums">
              {total === undefined ? "–" : words(of(total))}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
