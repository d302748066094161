import { useNavigate } from "@tanstack/react-router";
import { Hand } from "lucide-react";
import { type MouseEvent, memo } from "react";
import type { Session } from "../api/types";
import { statusOf, titleOf } from "../sessions/status";
import { StatusDot, StatusWords } from "../sessions/status-dot";
import { DemoBadge } from "../ui/badge";
import { cost } from "../ui/format";
import { Ago } from "../ui/time";

/** One session: how it stands and since when, what it waits for or said last, where it runs, and what it cost. */
export const SessionRow = memo(function SessionRow({
  session,
  waitsFor,
  sinceMs,
  todayUsd,
}: {
  session: Session;
  waitsFor: string | null;
  sinceMs: number;
  todayUsd: number | undefined;
}) {
  const status = statusOf(session);
  const isQuiet = session.state === "ended";
  const navigate = useNavigate();
  const open = (event: MouseEvent) => {
    const isElsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || isElsewhere) return;
    event.preventDefault();
    void navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } });
  };
  return (
    <a
      href={`/sessions/${session.id}`} // a router's link costs far more to draw, and one scrolls through thousands
      onClick={open}
      className="grid h-full grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 border-b border-line px-3 py-2.5 -outline-offset-2 hover:bg-hover/60 md:grid-cols-[auto_minmax(0,1fr)_10rem_5.5rem_4rem] md:px-5"
    >
      <span className="flex h-5.5 w-3 items-center justify-center self-start">
        <StatusDot session={session} />
      </span>
      <span className="min-w-0">
        <span className="flex items-center gap-2">
          <span className={isQuiet ? "truncate font-medium text-ink-2" : "truncate font-medium"}>
            {titleOf(session)}
          </span>
          {session.demo && <DemoBadge />}
          {status !== "idle" && status !== "ended" && (
            <span className="max-md:hidden">
              <StatusWords session={session} withoutDot />
            </span>
          )}
        </span>
        {waitsFor !== null ? (
          <span className={`flex items-center gap-1 text-xs ${status === "waiting" ? "text-warn" : "text-ink-3"}`}>
            <Hand aria-hidden className="size-3 shrink-0" />
            <span className="sr-only">Waits for: </span>
            <span className="truncate">{waitsFor}</span>
          </span>
        ) : (
          <span className="block truncate text-xs text-ink-3">
            {session.last_text || session.directory || "Nothing was said yet"}
          </span>
        )}
        <span className="mt-0.5 block truncate text-xs text-ink-3 md:hidden">
          {status !== "idle" && status !== "ended" && (
            <span className="mr-1.5">
              <StatusWords session={session} withoutDot />
            </span>
          )}
          {session.agent_name} · {session.project_name}
        </span>
      </span>
      <span className="min-w-0 text-xs max-md:hidden">
        <span className="block truncate text-ink-2">{session.agent_name}</span>
        <span className="block truncate text-ink-3">{session.project_name}</span>
      </span>
      <span className="text-right text-xs text-ink-3 tabular-nums max-md:hidden">
        {todayUsd !== undefined && <span className="block text-ink-2">{cost(todayUsd)} today</span>}
        {session.cost_usd !== null && (todayUsd === undefined || todayUsd < session.cost_usd) && (
          <span className="block">{cost(session.cost_usd)} in all</span>
        )}
      </span>
      <span className="self-start text-right text-xs text-ink-3 tabular-nums md:self-center">
        <Ago ms={sinceMs} />
        {todayUsd !== undefined && <span className="mt-0.5 block md:hidden">{cost(todayUsd)}</span>}
      </span>
    </a>
  );
});
