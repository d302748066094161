import { cx } from "../ui/cx";

/** Whether an agent is connected: filled or hollow. */
export function OnlineDot({ isOnline, withWords }: { isOnline: boolean; withWords?: boolean }) {
  const words = isOnline ? "Online" : "Offline";
  const dot = cx("inline-block size-2 shrink-0 rounded-full", isOnline ? "bg-ok-dot" : "border-2 border-ink-3");
  if (!withWords) return <span role="img" aria-label={words} title={words} className={dot} />;
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-xs font-medium", isOnline ? "text-ok" : "text-ink-3")}>
      <span aria-hidden className={dot} />
      {words}
    </span>
  );
}
