import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ListTree, Plus } from "lucide-react";
import { useState } from "react";
import { explain } from "../api/http";
import { projectsQuery } from "../api/resources";
import type { Session } from "../api/types";
import { useAgents, useLive, useSessions } from "../live/hooks";
import { PAGE_OF_SESSIONS, sessionsInto } from "../live/queries";
import { TopBar } from "../shell/shell";
import { Button, buttonClass } from "../ui/button";
import { Choice } from "../ui/choice";
import { cx } from "../ui/cx";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { useTitle } from "../ui/title";
import { SessionRow } from "./row";
import { useStartSession } from "./start-session";
import { byUrgency, statusOf } from "./status";

export interface ListSearch {
  state?: "waiting" | "active" | "ended" | undefined;
  project?: string | undefined;
  agent?: string | undefined;
}

const STATES = [
  { value: "all", label: "All" },
  { value: "waiting", label: "Waiting" },
  { value: "active", label: "Active" },
  { value: "ended", label: "Ended" },
] as const;

const route = getRouteApi("/shell/");

/** All sessions one may see, those that need a person first. */
export function SessionList() {
  useTitle("Sessions");
  const search = route.useSearch();
  const { store } = useLive();
  const filter = {
    project_id: search.project,
    agent_id: search.agent,
    state: search.state === "ended" ? ("ended" as const) : undefined,
  };
  const { error, isPending, data: found, refetch } = useQuery(sessionsInto(store, filter));
  const matching = useSessions().filter((session) => matches(session, search));
  const start = useStartSession();
  const live = matching.filter((session) => session.state !== "ended").sort(byUrgency);
  const ended = matching.filter((session) => session.state === "ended");
  const isEmpty = matching.length === 0;
  return (
    <>
      <TopBar title="Sessions">
        <Button
          className="max-md:hidden"
          icon={<Plus aria-hidden className="size-4" />}
          onClick={() =>
            start({
              ...(search.project && { projectId: search.project }),
              ...(search.agent && { agentId: search.agent }),
            })
          }
        >
          New session
        </Button>
      </TopBar>
      <Filters search={search} />
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto pb-6">
        {isEmpty && isPending && <Skeleton />}
        {isEmpty && error !== null && (
          <Failure
            title="The sessions could not be loaded"
            message={explain(error)}
            action={<Button onClick={() => void refetch()}>Try again</Button>}
          />
        )}
        {isEmpty && !isPending && error === null && <NothingHere search={search} />}
        <Section title="Live" sessions={live} />
        <Section title="Ended" sessions={ended} />
        {found !== undefined && <Older filter={filter} found={found} oldest={matching.at(-1)} />}
      </div>
    </>
  );
}

function Section({ title, sessions }: { title: string; sessions: readonly Session[] }) {
  if (sessions.length === 0) return null;
  return (
    <section aria-label={`${title} sessions`} className="not-first:mt-6">
      <h2 className="sticky top-0 z-10 border-b border-line bg-canvas/95 px-3 py-1.5 text-xs font-medium text-ink-3 backdrop-blur md:px-5">
        {title} <span className="tabular-nums">{sessions.length}</span>
      </h2>
      <ul>
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
    </section>
  );
}

function Filters({ search }: { search: ListSearch }) {
  const navigate = route.useNavigate();
  const { data: projects } = useQuery(projectsQuery);
  const agents = useAgents().filter(({ project_id }) => search.project === undefined || project_id === search.project);
  const change = (changes: ListSearch) => void navigate({ search: { ...search, ...changes }, replace: true });
  return (
    <div className="no-scrollbar flex shrink-0 items-center gap-2 overflow-x-auto border-b border-line px-3 py-2 md:px-5">
      <fieldset className="flex shrink-0 rounded-lg bg-hover p-0.5">
        <legend className="sr-only">State</legend>
        {STATES.map(({ value, label }) => {
          const isChosen = (search.state ?? "all") === value;
          return (
            <button
              key={value}
              type="button"
              aria-pressed={isChosen}
              onClick={() => change({ state: value === "all" ? undefined : value })}
              className={cx(
                "h-7 rounded-md px-2.5 text-xs font-medium touch:h-9",
                isChosen ? "bg-surface text-ink shadow-sm dark:bg-line-strong" : "text-ink-2 hover:text-ink",
              )}
            >
              {label}
            </button>
          );
        })}
      </fieldset>
      <Choice
        isCompact
        label="Project"
        value={search.project ?? "all"}
        options={[
          { value: "all", label: "All projects" },
          ...(projects ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(id) => change({ project: id === "all" ? undefined : id, agent: undefined })}
      />
      <Choice
        isCompact
        label="Agent"
        value={search.agent ?? "all"}
        options={[{ value: "all", label: "All agents" }, ...agents.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={(id) => change({ agent: id === "all" ? undefined : id })}
      />
    </div>
  );
}

function NothingHere({ search }: { search: ListSearch }) {
  const start = useStartSession();
  const agents = useAgents();
  const { data: projects } = useQuery(projectsQuery);
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  if (isFiltered)
    return (
      <Empty
        icon={<ListTree aria-hidden />}
        title={search.state === "waiting" ? "Nothing waits for you" : "No session matches"}
        action={
          <Link to="/" search={{}} className={buttonClass()}>
            Show all sessions
          </Link>
        }
      >
        {search.state === "waiting"
          ? "Permission requests and questions of all sessions appear here."
          : "Change the filters above."}
      </Empty>
    );
  if (projects !== undefined && agents.length === 0)
    return (
      <Empty
        icon={<ListTree aria-hidden />}
        title={projects.length === 0 ? "Welcome to ClaudiOS" : "No agent yet"}
        action={
          <Link to="/projects" className={buttonClass("primary")}>
            {projects.length === 0 ? "Create a project" : "Create an agent"}
          </Link>
        }
      >
        {projects.length === 0
          ? "Begin with a project: it holds agents, the machines Claude runs on, and the people who may use them."
          : "An agent is the small program that runs Claude on a machine of yours. Create one in a project, start it there, and sessions can begin."}
      </Empty>
    );
  return (
    <Empty
      icon={<ListTree aria-hidden />}
      title="No session yet"
      action={
        <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => start({})}>
          New session
        </Button>
      }
    >
      A session is one Claude at work in one directory. Start one, watch it, and come back to it from any device.
    </Empty>
  );
}

function Older({
  filter,
  found,
  oldest,
}: {
  filter: Parameters<typeof sessionsInto>[1];
  found: number;
  oldest: Session | undefined;
}) {
  const { store } = useLive();
  const client = useQueryClient();
  const [lastFound, setLastFound] = useState(found);
  const [isBusy, setBusy] = useState(false);
  if (lastFound < PAGE_OF_SESSIONS || oldest === undefined) return null;
  const load = async () => {
    setBusy(true);
    setLastFound(await client.fetchQuery(sessionsInto(store, { ...filter, before_ms: oldest.created_ms })));
    setBusy(false);
  };
  return (
    <div className="flex justify-center py-4">
      <Button isBusy={isBusy} onClick={() => void load()}>
        Show older sessions
      </Button>
    </div>
  );
}

function matches(session: Session, search: ListSearch): boolean {
  if (search.project !== undefined && session.project_id !== search.project) return false;
  if (search.agent !== undefined && session.agent_id !== search.agent) return false;
  switch (search.state) {
    case undefined:
      return true;
    case "waiting":
      return statusOf(session) === "waiting";
    case "active":
      return session.state !== "ended";
    case "ended":
      return session.state === "ended";
  }
}
