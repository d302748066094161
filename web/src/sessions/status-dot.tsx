import type { Session } from "../api/types";
import { cx } from "../ui/cx";
import { STATUS_WORDS, type Status, statusOf } from "./status";

// Told apart by shape as well as by colour: filled, ringed, hollow, flat, square.
const LOOKS: Record<Status, string> = {
  working: "bg-info-dot working-dot",
  waiting: "bg-warn-dot ring-3 ring-warn-dot/25",
  idle: "bg-ok-dot",
  starting: "border-2 border-info-dot working-dot",
  queued: "border-2 border-ink-3 border-dotted",
  ending: "border-[1.5px] border-ink-3 working-dot",
  offline: "h-0.75! bg-ink-3",
  ended: "border-[1.5px] border-ink-3",
  failed: "bg-bad-dot rounded-[2px]!",
  lost: "border-2 border-bad-dot rounded-[2px]!",
};

/** A session's state at a glance; the words are there for those who do not see it. */
export function StatusDot({ session, isDecorative }: { session: Session; isDecorative?: boolean }) {
  const status = statusOf(session);
  const look = cx("inline-block size-2 shrink-0 rounded-full", LOOKS[status]);
  if (isDecorative) return <span aria-hidden className={look} />;
  return <span role="img" aria-label={STATUS_WORDS[status]} title={STATUS_WORDS[status]} className={look} />;
}

const TONES: Record<Status, string> = {
  working: "text-info",
  waiting: "text-warn",
  idle: "text-ok",
  starting: "text-info",
  queued: "text-ink-2",
  ending: "text-ink-2",
  offline: "text-ink-2",
  ended: "text-ink-3",
  failed: "text-bad",
  lost: "text-bad",
};

export function StatusWords({ session, withoutDot }: { session: Session; withoutDot?: boolean }) {
  const status = statusOf(session);
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-xs font-medium whitespace-nowrap", TONES[status])}>
      {!withoutDot && <StatusDot session={session} isDecorative />}
      {STATUS_WORDS[status]}
    </span>
  );
}
