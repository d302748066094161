import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartColumn, Folder, Inbox, LayoutList, Plus, Search } from "lucide-react";
import { memo, useMemo, useState } from "react";
import { projectsQuery, serverQuery } from "../api/resources";
import type { Session } from "../api/types";
import { useWaitingCount } from "../inbox/waiting";
import { useAgents, useSessions } from "../live/hooks";
import { PaletteField } from "../palette/provider";
import { CreateProject } from "../projects/create-project";
import { useStartSession } from "../sessions/start-session";
import { mostUrgentFirst, titleOf } from "../sessions/status";
import { StatusDot } from "../sessions/status-dot";
import { DEMO_MEANING, DemoBadge } from "../ui/badge";
import { Button, IconButton } from "../ui/button";
import { count, plural } from "../ui/format";
import { ConnectionPill } from "./connection";
import { Logo } from "./logo";
import { UserMenu } from "./user-menu";

const SHOWN_LIVING = 20;
const SHOWN_ENDED = 5;
const ROW =
  "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-ink touch:h-11";

/** Where one is, what runs, and what waits. */
export function Sidebar() {
  const start = useStartSession();
  const { data: server } = useQuery(serverQuery);
  return (
    <div className="flex h-full flex-col bg-sunken">
      <div className="flex h-12 shrink-0 items-center gap-2.5 px-4">
        <Logo className="size-5.5" />
        <span className="flex-1 font-semibold tracking-tight">ClaudiOS</span>
        <ConnectionPill />
      </div>
      <div className="flex flex-col gap-2 px-3 pt-1 pb-2">
        <Button
          look="primary"
          className="w-full"
          icon={<Plus aria-hidden className="size-4" />}
          onClick={() => start({})}
        >
          New session
        </Button>
        <PaletteField />
      </div>
      <nav aria-label="Main" className="thin-scroll flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-3 py-2">
        <SessionsNav />
        <ProjectsNav />
      </nav>
      {server?.demo && (
        <p title={DEMO_MEANING} className="mx-3 mb-2 rounded-lg border border-line px-2.5 py-2 text-xs text-ink-2">
          <DemoBadge /> Claude answers from a script on this machine; no account is used.
        </p>
      )}
      <div className="flex shrink-0 items-center border-t border-line p-2">
        <UserMenu />
      </div>
    </div>
  );
}

function SessionsNav() {
  const sessions = useSessions();
  const { living, ended } = useMemo(
    () => ({
      living: mostUrgentFirst(sessions.filter((session) => session.state !== "ended")),
      ended: sessions.filter(({ state, archived_ms }) => state === "ended" && archived_ms === null),
    }),
    [sessions],
  );
  const hidden = Math.max(0, living.length - SHOWN_LIVING);
  return (
    <div className="flex flex-col gap-0.5">
      <Places />
      {[...living.slice(0, SHOWN_LIVING), ...(hidden > 0 ? [] : ended.slice(0, SHOWN_ENDED))].map((session) => (
        <SessionLink key={session.id} session={session} />
      ))}
      {hidden > 0 && <More number={hidden} />}
    </div>
  );
}

// Sessions change many times a second; what stands around them is drawn for its own changes.

const Places = memo(function Places() {
  return (
    <>
      <Link to="/search" search={{}} activeOptions={{ includeSearch: false }} className={ROW}>
        <Search aria-hidden className="size-4 text-ink-3" />
        <span className="flex-1">Search</span>
        <kbd aria-hidden className="rounded border border-line px-1 font-sans text-2xs text-ink-3 touch:hidden">
          /
        </kbd>
      </Link>
      <InboxLink />
      <Link to="/" search={{}} activeOptions={{ exact: true, includeSearch: false }} className={ROW}>
        <LayoutList aria-hidden className="size-4 text-ink-3" />
        <span className="flex-1">Overview</span>
      </Link>
      <Link to="/usage" search={{}} activeOptions={{ includeSearch: false }} className={ROW}>
        <ChartColumn aria-hidden className="size-4 text-ink-3" />
        <span className="flex-1">Usage</span>
      </Link>
    </>
  );
});

const More = memo(function More({ number }: { number: number }) {
  return (
    <Link to="/" search={{}} activeProps={{ "aria-current": undefined }} className={ROW}>
      <span className="pl-6.5 text-ink-3">{count(number)} more</span>
    </Link>
  );
});

function InboxLink() {
  const waiting = useWaitingCount();
  return (
    <Link to="/inbox" className={ROW}>
      <Inbox aria-hidden className="size-4 text-ink-3" />
      <span className="flex-1">Inbox</span>
      {waiting > 0 && (
        <span
          title={`${waiting} waiting for you`}
          className="rounded-full bg-warn-soft px-1.5 text-2xs font-semibold text-warn"
        >
          {waiting}
          <span className="sr-only"> waiting for you</span>
        </span>
      )}
    </Link>
  );
}

const SessionLink = memo(function SessionLink({ session }: { session: Session }) {
  return (
    <Link to="/sessions/$sessionId" params={{ sessionId: session.id }} className={ROW} title={titleOf(session)}>
      <span className="flex w-4 shrink-0 justify-center">
        <StatusDot session={session} />
      </span>
      <span className={session.state === "ended" ? "truncate text-ink-3" : "truncate"}>{titleOf(session)}</span>
    </Link>
  );
});

function ProjectsNav() {
  const { data: projects } = useQuery(projectsQuery);
  const agents = useAgents();
  const [isCreating, setCreating] = useState(false);
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex h-7 items-center pr-0.5 pl-2">
        <Link to="/projects" className="flex-1 text-xs font-medium text-ink-3 hover:text-ink">
          Projects
        </Link>
        <IconButton label="New project" needsServer className="size-6" onClick={() => setCreating(true)}>
          <Plus aria-hidden />
        </IconButton>
      </div>
      {projects?.map((project) => {
        const online = agents.filter((agent) => agent.project_id === project.id && agent.online).length;
        return (
          <Link key={project.id} to="/projects/$projectId" params={{ projectId: project.id }} className={ROW}>
            <Folder aria-hidden className="size-4 shrink-0 text-ink-3" />
            <span className="flex-1 truncate">{project.name}</span>
            <span className="text-2xs text-ink-3" title={`${online} of ${plural(project.agents, "agent")} online`}>
              {online}/{project.agents}
              <span className="sr-only"> agents online</span>
            </span>
          </Link>
        );
      })}
      <CreateProject isOpen={isCreating} onClose={() => setCreating(false)} />
    </div>
  );
}
