import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { memo, useCallback, useMemo } from "react";
import { useAgents, usePendingRequests, useSessions } from "../live/hooks";
import { useStartSession } from "../sessions/start-session";
import { TopBar } from "../shell/shell";
import { Button } from "../ui/button";
import { cx } from "../ui/cx";
import { cost } from "../ui/format";
import { useTitle } from "../ui/title";
import { useCostsToday } from "./costs";
import { Filters } from "./filters";
import { arranged, glance, isLookedFor, oldestRequests, shownOf } from "./groups";
import { Machines } from "./machine-list";
import { GROUPS, type Group, type OverviewSearch } from "./search";
import { Sessions } from "./session-list";

const route = getRouteApi("/shell/");

/** All machines and all sessions at a glance: how each stands, what it waits for and since when, what it cost today. */
export function Overview() {
  useTitle("Overview");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (changes: OverviewSearch) => void navigate({ search: (before) => ({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  const found = useGlances(search);
  const costs = useCostsToday(useSessions());
  const isOfMachines = search.view === "machines";
  return (
    <>
      <Bar todayUsd={costs.total} project={search.project} agent={search.agent} />
      <Filters search={search} counts={found.counts} onChange={change} />
      <ViewSwitch isOfMachines={isOfMachines} onChange={change} />
      <div className="flex min-h-0 flex-1">
        <section
          aria-label="Sessions"
          className={cx("flex min-h-0 min-w-0 flex-1 flex-col", isOfMachines && "max-xl:hidden")}
        >
          <Sessions search={search} glances={found.shown} costs={costs.of} />
        </section>
        <aside
          aria-label="Machines"
          className={cx(
            "flex min-h-0 flex-col border-line xl:w-84 xl:shrink-0 xl:border-l",
            isOfMachines ? "min-w-0 flex-1 xl:flex-none" : "max-xl:hidden",
          )}
        >
          <Machines search={search} onChange={change} />
        </aside>
      </div>
    </>
  );
}

// What is above the lists is drawn for its own changes: sessions change many times a second.

const Bar = memo(function Bar({
  todayUsd,
  project,
  agent,
}: {
  todayUsd: number;
  project: string | undefined;
  agent: string | undefined;
}) {
  const start = useStartSession();
  return (
    <TopBar title="Overview">
      {todayUsd > 0 && (
        <span className="text-xs text-ink-2 tabular-nums" title="What all sessions cost since midnight">
          {cost(todayUsd)} today
        </span>
      )}
      <Button
        className="max-md:hidden"
        icon={<Plus aria-hidden className="size-4" />}
        onClick={() => start({ ...(project && { projectId: project }), ...(agent && { agentId: agent }) })}
      >
        New session
      </Button>
    </TopBar>
  );
});

/** On a screen that does not hold both: sessions, or machines. */
const ViewSwitch = memo(function ViewSwitch({
  isOfMachines,
  onChange,
}: {
  isOfMachines: boolean;
  onChange: (to: OverviewSearch) => void;
}) {
  const agents = useAgents();
  const online = agents.filter((agent) => agent.online).length;
  const tab = (isChosen: boolean) =>
    cx(
      "h-9 flex-1 border-b-2 text-xs font-medium touch:h-11",
      isChosen ? "border-ink text-ink" : "border-transparent text-ink-3 hover:text-ink",
    );
  return (
    <fieldset className="flex shrink-0 border-b border-line xl:hidden">
      <legend className="sr-only">View</legend>
      <button
        type="button"
        aria-pressed={!isOfMachines}
        className={tab(!isOfMachines)}
        onClick={() => onChange({ view: undefined })}
      >
        Sessions
      </button>
      <button
        type="button"
        aria-pressed={isOfMachines}
        className={tab(isOfMachines)}
        onClick={() => onChange({ view: "machines" })}
      >
        Machines{" "}
        <span className="text-ink-3 tabular-nums">
          {online}/{agents.length}
          <span className="sr-only"> online</span>
        </span>
      </button>
    </fieldset>
  );
});

/** What is looked for, at a glance, and how much of it is in each group; only the chosen state is shown. */
function useGlances(search: OverviewSearch) {
  const sessions = useSessions();
  const agents = useAgents();
  const pending = usePendingRequests();
  return useMemo(() => {
    const requests = oldestRequests(pending);
    const byId = new Map(agents.map((agent) => [agent.id, agent]));
    const groups = arranged(
      sessions
        .filter((session) => isLookedFor(session, search))
        .map((session) => glance(session, requests.get(session.id), byId.get(session.agent_id))),
    );
    const shown = shownOf(groups, search.state);
    const counts = Object.fromEntries(GROUPS.map((group) => [group, groups[group].length])) as Record<Group, number>;
    return { shown, counts };
  }, [sessions, agents, pending, search]);
}
