import type { ReactNode } from "react";
import type { Notified } from "../api/types";
import { Badge } from "../ui/badge";
import { Ago } from "../ui/time";

const STATES: Record<Notified["state"], string> = {
  pending: "on its way",
  sent: "sent",
  withdrawn: "not needed",
  failed: "failed",
};

/** What was sent lately, and how it went. */
export function NotifiedList({
  notified,
  action,
}: {
  notified: readonly Notified[];
  action?: (one: Notified) => ReactNode;
}) {
  return (
    <ul className="mt-2 divide-y divide-line rounded-xl border border-line bg-surface">
      {notified.map((one) => (
        <li key={one.id} className="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2 text-sm">
          <span className="min-w-0 flex-1 basis-48">
            <span className="block truncate">
              {one.title} <span className="text-ink-3">· {one.text.replaceAll("\n", " ")}</span>
            </span>
            <span className="block text-xs text-ink-3">
              {one.channel_name} · <Ago ms={one.created_ms} />
              {one.attempts > 1 && ` · ${one.attempts} attempts`}
              {one.status !== null && ` · answered ${one.status}`}
            </span>
            {one.problem !== null && (
              <span className="block text-xs text-bad [overflow-wrap:anywhere]">{one.problem}</span>
            )}
          </span>
          <Badge title={STATES[one.state]}>{STATES[one.state]}</Badge>
          {action?.(one)}
        </li>
      ))}
    </ul>
  );
}
