import { Circle, CircleCheck, CircleDot } from "lucide-react";
import type { ChecklistEntry } from "../../api/types";
import { cx } from "../../ui/cx";
import { visible } from "../../ui/visible";

/** What Claude means to do: what of it is done, and what it is at. */
export function Checklist({ entries }: { entries: readonly ChecklistEntry[] }) {
  const done = entries.filter(({ status }) => status === "completed").length;
  return (
    <div className="border-t border-line px-3 py-2.5">
      <p className="text-2xs font-medium text-ink-3">
        {entries.length === 0 ? "Nothing is left on the list." : `${done} of ${entries.length} done`}
      </p>
      <ul aria-label="Checklist" className="mt-1 flex flex-col gap-1 text-sm">
        {entries.map(({ id, subject, status, active, owner }) => (
          <li key={id} className="flex items-start gap-2">
            <Mark status={status} />
            <span className="sr-only">{status.replace("_", " ")}: </span>
            <span
              className={cx(
                "min-w-0 [overflow-wrap:anywhere]",
                status === "completed" && "text-ink-3 line-through",
                status === "in_progress" && "font-medium",
              )}
            >
              {visible(status === "in_progress" && active !== null ? active : subject)}
              {owner !== null && <span className="ml-2 text-xs text-ink-3">{visible(owner)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Mark({ status }: { status: string }) {
  const look = "mt-0.5 size-4 shrink-0";
  if (status === "completed") return <CircleCheck aria-hidden className={cx(look, "text-ok")} />;
  if (status === "in_progress") return <CircleDot aria-hidden className={cx(look, "text-info")} />;
  return <Circle aria-hidden className={cx(look, "text-ink-3")} />;
}
