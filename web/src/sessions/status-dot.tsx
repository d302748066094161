import type { Session } from "../api/types";
import { cx } from "../ui/cx";
import { STATUS_WORDS, type Status, statusOf } from "./status";

// Told apart by shape as well as by colour: half filled, ringed, filled, hollow, dotted, dashed, flat, square.
const LOOKS: Record<Status, string> = {
  working: "border-[1.5px] border-info-dot bg-linear-to-r from-info-dot from-50% to-transparent to-50%",
  waiting: "bg-warn-dot ring-3 ring-warn-dot/25",
  idle: "bg-ok-dot",
  starting: "border-2 border-info-dot",
  queued: "border-2 border-ink-3 border-dotted",
  ending: "border-[1.5px] border-ink-3 border-dashed",
  offline: "h-0.75! bg-ink-3",
  ended: "border-[1.5px] border-ink-3",
  failed: "bg-bad-dot rounded-[2px]!",
  lost: "border-2 border-bad-dot rounded-[2px]!",
};

const UNDER_WAY = new Set<Status>(["working", "starting", "ending"]);

/**
 * A session's state at a glance; the words are there for those who do not see it. One that `beats` moves while something
 * is under way: not in lists, where every dot that moves makes each frame dearer.
 */
export function StatusDot({
  session,
  isDecorative,
  beats,
}: {
  session: Session;
  isDecorative?: boolean;
  beats?: boolean;
}) {
  const status = statusOf(session);
  const isMoving = beats && UNDER_WAY.has(status);
  const look = cx("inline-block size-2 shrink-0 rounded-full", LOOKS[status], isMoving && "working-dot");
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
      {!withoutDot && <StatusDot session={session} isDecorative beats />}
      {STATUS_WORDS[status]}
    </span>
  );
}
