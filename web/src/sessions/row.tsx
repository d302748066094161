import { Link } from "@tanstack/react-router";
import type { Session } from "../api/types";
import { DemoBadge } from "../ui/badge";
import { compact, cost } from "../ui/format";
import { Ago } from "../ui/time";
import { statusOf, titleOf } from "./status";
import { StatusDot, StatusWords } from "./status-dot";

/** One session in the list: what it is, how it stands, what it said last. */
export function SessionRow({ session }: { session: Session }) {
  const tokens = session.input_tokens + session.output_tokens;
  const isQuiet = session.state === "ended";
  return (
    <li className="border-b border-line last:border-0">
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: session.id }}
        className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 px-3 py-2.5 -outline-offset-2 hover:bg-hover/60 md:grid-cols-[auto_minmax(0,1fr)_11rem_7.5rem_4.5rem] md:px-5"
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
            <span className="max-md:hidden">
              {!isQuiet && statusOf(session) !== "idle" && <StatusWords session={session} withoutDot />}
            </span>
          </span>
          <span className="block truncate text-xs text-ink-3">
            {session.last_text || session.directory || "Nothing was said yet"}
          </span>
          <span className="mt-0.5 block truncate text-xs text-ink-3 md:hidden">
            {session.agent_name} · {session.project_name}
          </span>
        </span>
        <span className="min-w-0 text-xs max-md:hidden">
          <span className="block truncate text-ink-2">{session.agent_name}</span>
          <span className="block truncate text-ink-3">{session.project_name}</span>
        </span>
        <span className="text-right text-xs text-ink-3 tabular-nums max-md:hidden">
          {session.cost_usd !== null && <span className="block text-ink-2">{cost(session.cost_usd)}</span>}
          {tokens > 0 && <span className="block">{compact(tokens)} tokens</span>}
        </span>
        <Ago ms={session.updated_ms} className="self-start text-right text-xs text-ink-3 tabular-nums md:self-center" />
      </Link>
    </li>
  );
}
