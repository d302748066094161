import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox as InboxIcon } from "lucide-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { explain } from "../api/http";
import { projectsQuery } from "../api/resources";
import type { Request } from "../api/types";
import { useLive, usePendingRequests, useSession } from "../live/hooks";
import { requestsInto } from "../live/queries";
import { RequestCard } from "../session/requests/card";
import { useSettling } from "../session/requests/settling";
import { TopBar } from "../shell/shell";
import { Button } from "../ui/button";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { Ago } from "../ui/time";
import { useTitle } from "../ui/title";
import { visible } from "../ui/visible";
import { type Group, grouped } from "./groups";
import { TerminalCard } from "./terminal-card";
import { useWaitingTerminals } from "./waiting";

/** Everything that waits for a person, of all sessions on all machines, the oldest first. */
export function Inbox() {
  const { store } = useLive();
  const pending = usePendingRequests();
  const terminals = useWaitingTerminals();
  const { isPending, error, refetch } = useQuery(requestsInto(store));
  const [apart, setApart] = useState<ReadonlySet<string>>(new Set());
  const groups = grouped(pending, (key) => apart.has(key));
  const isSettling = useSettling(
    groups.flatMap(({ requests }) => requests.map((one) => `${one.session_id}/${one.id}`)),
  );
  const list = useRef<HTMLDivElement>(null);
  const waiting = pending.length + terminals.length;
  useTitle(waiting === 0 ? "Inbox" : `(${waiting}) Inbox`);
  const onKeyDown = useMoving(list, [...groups.map(({ key }) => key), ...terminals.map(({ id }) => id)].join());
  return (
    <>
      <TopBar title="Inbox">
        {groups.length > 0 && (
          <p className="text-xs text-ink-3 max-md:hidden">
            <Key>J</Key> <Key>K</Key> move · <Key>A</Key> allow · <Key>D</Key> deny
          </p>
        )}
      </TopBar>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move between what can be focused anyway */}
      <div ref={list} onKeyDown={onKeyDown} className="thin-scroll min-h-0 flex-1 overflow-y-auto px-3 py-4 md:px-5">
        {waiting === 0 && isPending && <Skeleton />}
        {groups.length === 0 && error !== null && (
          <Failure
            title="The inbox could not be loaded"
            message={explain(error)}
            action={<Button onClick={() => void refetch()}>Try again</Button>}
          />
        )}
        {waiting === 0 && !isPending && error === null && (
          <Empty icon={<InboxIcon aria-hidden />} title="Nothing waits for you">
            What Claude asks in any session, on any machine, stands here until somebody has answered it.
          </Empty>
        )}
        <div className="mx-auto flex max-w-3xl flex-col gap-4">
          {groups.map((group) => (
            <Asked
              key={group.key}
              group={group}
              isSettling={isSettling}
              onSplit={() => setApart(new Set([...apart, group.key]))}
            />
          ))}
          {terminals.map((session) => (
            <TerminalCard key={session.id} session={session} />
          ))}
        </div>
      </div>
    </>
  );
}

function Asked({ group, isSettling, onSplit }: { group: Group; isSettling: boolean; onSplit: () => void }) {
  const { requests } = group;
  const [first] = requests;
  const mayAnswer = useMayAnswer(first);
  return (
    <RequestCard
      requests={requests}
      mayAnswer={mayAnswer}
      isSettling={isSettling}
      frame="article"
      label={`${visible(first.session_title) || "Untitled session"} asks: ${visible(first.title)}`}
      className="max-h-144 rounded-xl border border-line-strong focus-visible:outline-2"
      header={
        <header className="flex items-center gap-3 border-b border-line px-4 py-2 text-xs text-ink-3">
          {requests.length === 1 ? (
            <Where request={first} />
          ) : (
            <details className="min-w-0 flex-1">
              <summary className="cursor-default font-medium text-ink-2">
                {requests.length} sessions ask the same
              </summary>
              <ul className="mt-1.5 flex flex-col gap-1">
                {requests.map((request) => (
                  <li key={`${request.session_id}/${request.id}`} className="flex gap-3">
                    <Where request={request} />
                  </li>
                ))}
              </ul>
            </details>
          )}
          {requests.length > 1 && (
            <button
              type="button"
              onClick={onSplit}
              className="text-accent underline-offset-2 hover:underline touch:py-2"
            >
              One by one
            </button>
          )}
          <Ago ms={first.created_ms} className="tabular-nums" />
        </header>
      }
    />
  );
}

function Where({ request }: { request: Request }) {
  return (
    <span className="flex min-w-0 flex-1 items-baseline gap-2">
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: request.session_id }}
        className="truncate font-medium text-ink underline-offset-2 hover:underline"
      >
        {visible(request.session_title) || "Untitled session"}
      </Link>
      <span className="shrink-0">{request.agent_name}</span>
    </span>
  );
}

function Key({ children }: { children: string }) {
  return <kbd className="rounded border border-line-strong bg-surface px-1 font-mono text-2xs">{children}</kbd>;
}

/** Viewers of a project read its requests; only the page's knowledge decides here, the server decides in the end. */
function useMayAnswer(request: Request): boolean {
  const { data: projects } = useQuery(projectsQuery);
  const session = useSession(request.session_id);
  return projects?.find(({ id }) => id === session?.project_id)?.role !== "viewer";
}

/**
 * Move between requests with J and K or the arrows; when the one in focus is answered, go on with the next, but not while one
 * writes: the rest of the words would answer that.
 */
function useMoving(list: React.RefObject<HTMLDivElement | null>, keys: string) {
  const place = useRef(-1);
  const articles = () => [...(list.current?.querySelectorAll("article") ?? [])];
  // biome-ignore lint/correctness/useExhaustiveDependencies: one looks again whenever requests have come or gone
  useLayoutEffect(() => {
    if (place.current < 0 || document.activeElement !== document.body) return;
    const left = articles();
    left[Math.min(place.current, left.length - 1)]?.focus();
  }, [keys]);
  return (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    const at = articles().findIndex((article) => article.contains(target));
    const isWriting = target.matches("input, textarea, select");
    place.current = isWriting && event.key !== "Enter" ? -1 : at;
    const step = STEPS[event.key];
    if (step === undefined || isWriting || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    articles()[Math.max(0, at + step)]?.focus();
  };
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
