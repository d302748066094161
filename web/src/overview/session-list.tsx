import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { explain } from "../api/http";
import { projectsQuery, type SessionFilter } from "../api/resources";
import type { Session } from "../api/types";
import { useLive, useStanding } from "../live/hooks";
import { livingInto, type PageEnd, sessionsInto } from "../live/queries";
import { setArchived } from "../sessions/archive";
import { Button } from "../ui/button";
import { Failure, Skeleton } from "../ui/empty";
import { count } from "../ui/format";
import { attempt } from "../ui/toast";
import { isTouched } from "../ui/touch";
import { useIsWide } from "../ui/wide";
import { type Glance, GROUP_WORDS } from "./groups";
import { NothingHere } from "./nothing";
import { Rows } from "./rows";
import type { Group, OverviewSearch } from "./search";
import { SessionRow } from "./session-row";
import { SwipeRow } from "./swipe-row";

const HEADING_PX = 40;
const SESSION_PX = 60;
const SESSION_OF_PHONE_PX = 79;
const OLDER_PX = 64;
const OLDER = "older";

interface SessionsProps {
  search: OverviewSearch;
  glances: readonly { group: Group; glances: readonly Glance[] }[];
  costs: ReadonlyMap<string, number>;
}

/** The sessions in their groups, and more of those that have ended where there are more. */
export function Sessions({ search, glances, costs }: SessionsProps) {
  const { store } = useLive();
  const filter = {
    project_id: search.project,
    agent_id: search.agent,
    text: search.text,
    is_ended: true,
    is_archived: search.state === "archived",
  };
  const living = useQuery(livingInto(store));
  const ended = useEnded(filter);
  const archive = useArchiving();
  const heightPx = useIsWide() ? SESSION_PX : SESSION_OF_PHONE_PX;
  const heightPxOf = useCallback(
    (line: Line) => (typeof line !== "string" ? heightPx : line === OLDER ? OLDER_PX : HEADING_PX),
    [heightPx],
  );
  const failed = living.error === null ? ended : living;
  const hasOlder = search.state === undefined || search.state === "ended" || search.state === "archived";
  const loadOlder = hasOlder ? ended.loadOlder : undefined;
  const hasMore = loadOlder !== undefined;
  const lines = useMemo(() => linesOf(glances, hasMore), [glances, hasMore]);
  if (glances.every((each) => each.glances.length === 0)) {
    if (failed.error !== null)
      return (
        <Failure
          title="The sessions could not be loaded"
          message={explain(failed.error)}
          action={<Button onClick={() => void failed.refetch()}>Try again</Button>}
        />
      );
    return living.isPending || ended.isPending ? <Skeleton /> : <NothingHere search={search} />;
  }
  return (
    <Rows label="Sessions" rows={lines} keyOf={keyOf} heightPxOf={heightPxOf}>
      {(line) => {
        if (line === OLDER)
          return (
            <div className="flex justify-center py-4">
              <Button needsServer isBusy={ended.isLoading} onClick={loadOlder}>
                Show older sessions
              </Button>
            </div>
          );
        if (typeof line === "string")
          return (
            <Heading
              words={search.state === "archived" ? "Archived" : GROUP_WORDS[line]}
              number={line === "ended" ? null : (glances.find(({ group }) => group === line)?.glances.length ?? 0)}
            />
          );
        const { session, waitsFor, sinceMs } = line;
        const row = (
          <SessionRow session={session} waitsFor={waitsFor} sinceMs={sinceMs} todayUsd={costs.get(session.id)} />
        );
        const onSwipe = session.state === "ended" ? archive(session) : null;
        if (onSwipe === null) return row;
        return (
          <SwipeRow isArchived={session.archived_ms !== null} onSwipe={onSwipe}>
            {row}
          </SwipeRow>
        );
      }}
    </Rows>
  );
}

/** The heading of a group, one of its sessions, or what loads more. There are thousands: nothing is made for each. */
type Line = Group | Glance | typeof OLDER;

function linesOf(groups: SessionsProps["glances"], hasMore: boolean): Line[] {
  let lines: Line[] = [];
  for (const { group, glances } of groups) if (glances.length > 0) lines = lines.concat(group, glances);
  return hasMore && lines.length > 0 ? lines.concat(OLDER) : lines;
}

function keyOf(line: Line): string {
  return typeof line === "string" ? line : line.session.id;
}

/** What a swipe on a row does; null for who may only look, without touch, and while the server cannot be asked. */
function useArchiving(): (session: Session) => (() => void) | null {
  const { store } = useLive();
  const { isCutOff } = useStanding();
  const { data: projects } = useQuery(projectsQuery);
  const isOn = !isCutOff && isTouched();
  const mayArchive = ({ project_id }: Session) => projects?.find(({ id }) => id === project_id)?.role !== "viewer";
  return (session) =>
    isOn && mayArchive(session) ? () => void setArchived(store, session, session.archived_ms === null) : null;
}

function Heading({ words, number }: { words: string; number: number | null }) {
  return (
    <h2 className="border-b border-line px-3 pt-4 pb-1.5 text-xs font-medium text-ink-3 md:px-5">
      {words} {number !== null && <span className="tabular-nums">{count(number)}</span>}
    </h2>
  );
}

/** What has ended, page by page: `loadOlder` is there where there is more. */
function useEnded(filter: SessionFilter) {
  const { store } = useLive();
  const client = useQueryClient();
  const { data, error, isPending, refetch } = useQuery(sessionsInto(store, filter));
  const [isLoading, setLoading] = useState(false);
  const of = JSON.stringify(filter);
  const [last, setLast] = useState<{ of: string; end: PageEnd | null } | null>(null);
  const end = last?.of === of ? last.end : data;
  const loadOlder = async (after: PageEnd) => {
    setLoading(true);
    await attempt("The older sessions could not be loaded", async () => {
      setLast({ of, end: await client.fetchQuery(sessionsInto(store, { ...filter, ...after })) });
    });
    setLoading(false);
  };
  const older = end ? () => void loadOlder(end) : undefined;
  return { error, isPending, refetch, isLoading, loadOlder: older };
}
