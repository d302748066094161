import type { LimitWindow, PlanLimits } from "../api/types";
import { cx } from "../ui/cx";
import { fullTime, percent, until } from "../ui/format";
import { useNow } from "../ui/time";
import { limitName, usedNow, when } from "./words";

const MUCH = 0.75;

/** How much of each limit of the account is used, and when what is nearly used up resets, in one line. */
export function LimitsLine({ limits, className }: { limits: PlanLimits; className?: string }) {
  const now = useNow();
  return (
    <p
      className={cx("flex items-center gap-x-2.5 text-xs text-ink-3", className)}
      title={`As of ${fullTime(limits.at_ms)}`}
    >
      {known(limits).map((window) => (
        <span key={window.kind} className={cx("truncate", look(usedNow(window, now)))}>
          {capital(limitName(window.kind)).replace(" limit", "")} {percent(usedNow(window, now) ?? 0)}
          {(usedNow(window, now) ?? 0) >= MUCH &&
            window.resets_ms !== null &&
            `, resets ${when(window.resets_ms, now)}`}
        </span>
      ))}
    </p>
  );
}

/** Each limit of the account of a session's machine: how much is used, and when it resets. */
export function LimitsList({ limits }: { limits: PlanLimits }) {
  const now = useNow();
  return (
    <ul>
      {known(limits).map((window) => (
        <li key={window.kind}>
          {capital(limitName(window.kind))}:{" "}
          <span className={look(usedNow(window, now))}>{percent(usedNow(window, now) ?? 0)} used</span>
          {window.resets_ms !== null && window.resets_ms > now && (
            <span className="text-ink-3" title={fullTime(window.resets_ms)}>
              , resets {when(window.resets_ms, now)} ({until(window.resets_ms, now)})
            </span>
          )}
        </li>
      ))}
      <li className="text-xs text-ink-3">
        {limits.uses_credits && "Claude goes on with usage credits. "}As Claude said {when(limits.at_ms, now)}.
      </li>
    </ul>
  );
}

/** Whether anything is known of an account that people can use. */
export function hasLimits(limits: PlanLimits | null): limits is PlanLimits {
  return limits !== null && known(limits).length > 0;
}

function known(limits: PlanLimits): readonly LimitWindow[] {
  return limits.windows.filter(({ used }) => used !== null);
}

function look(used: number | null): string {
  if (used === null || used < MUCH) return "";
  return used >= 1 ? "text-bad" : "text-warn";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
